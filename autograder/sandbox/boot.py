"""A zygote's first lines: find our own package without putting the folder it lies in on the path.

Run as a script, in an empty environment: python -P -s -B boot.py SOCKET_FD
"""

from __future__ import annotations

import importlib.util
import os
import sys


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
    load_package(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from autograder.sandbox.zygote import main

    main(int(sys.argv[1]))
