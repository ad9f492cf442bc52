"""A zygote's first lines: find our own package without putting the folder it lies in on the path.

Run as a script, in an empty environment: python -P -s -B boot.py SOCKET_FD PACKAGE_FOLDER...
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterable


def narrow_path(sites: Iterable[str]) -> None:
    """Import from the standard library and from package folders only, whatever .pth files added."""
    library = sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")
    packages = ("site-packages", "dist-packages")
    kept = [p for p in sys.path if p.endswith(".zip") or (p.startswith(library) and not p.endswith(packages))]
    sys.path[:] = dict.fromkeys([*kept, *(p for p in sys.path if p.endswith(packages)), *sites])


def load_package(folder: str) -> None:
    """Import `autograder` from its folder. What lies beside that folder can't be imported."""
    spec = importlib.util.spec_from_file_location(
        "autograder", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["autograder"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    narrow_path(sys.argv[2:])
    load_package(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from autograder.sandbox.zygote import main

    main(int(sys.argv[1]))
