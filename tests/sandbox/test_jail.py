"""A root of copies holds what Python may still import, readable for all, and not a file more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain import HOUSE
from talk import is_root

from autograder.sandbox.jail import Fence
from autograder.sandbox.sources import site_folders

BUILD = """
import json, os, sys
os.umask(0o077)
import numpy
from autograder.sandbox import jail
from autograder.sandbox.sources import site_folders
made = jail.build(sys.argv[1], site_folders(sys.path), ["json"])
print(json.dumps([made.root, sorted(made.beyond), sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], list[str]]:
    """(root, what is beyond, what was imported); built by a process of its own, as it imports much."""
    root = tmp_path_factory.mktemp("root")
    path = os.pathsep.join([str(HOUSE), *site_folders(sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(root)],
        env={"PATH": os.defpath, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    said: list[Any] = json.loads(done.stdout)
    return Path(said[0]), said[1], said[2]


def files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())


def test_every_file_is_where_it_was(built: tuple[Path, list[str], list[str]]) -> None:
    root, _, _ = built
    for original in (os.__file__, np.__file__, json.__file__, f"{os.path.dirname(os.__file__)}/encodings/idna.py"):
        assert Path(f"{root}{original}").read_bytes() == Path(original).read_bytes()


def test_all_of_it_can_be_read_by_any_user(built: tuple[Path, list[str], list[str]]) -> None:
    root, _, _ = built
    inner = [
        path for path in root.rglob("*") if not path.name.startswith(("null", "zero", "full", "random", "urandom"))
    ]
    assert len(inner) > 500
    assert [path for path in inner if path.stat().st_mode & 0o044 != 0o044 or path.stat().st_mode & 0o022] == []


def test_nothing_compiled_and_nothing_of_the_repository_is_there(built: tuple[Path, list[str], list[str]]) -> None:
    root, _, _ = built
    names = {path.name for path in files(root)}
    assert not {name for name in names if ".so" in name or name.endswith((".pyc", ".a"))}
    assert not names & {"pyproject.toml", "checks_layers_hidden.py", "slips.toml", "passwd"}
    assert os.listdir(f"{root}{HOUSE}/autograder")
    assert not os.path.exists(f"{root}{HOUSE}/solutions")
    assert sorted(path.name for path in root.iterdir() if path.name in ("usr", "etc", "proc", "sys")) in ([], ["usr"])


def test_what_is_compiled_was_imported_before(built: tuple[Path, list[str], list[str]]) -> None:
    _, beyond, loaded = built
    assert {"numpy.random._generator", "numpy.linalg._umath_linalg", "_elementtree", "_sqlite3"} <= set(loaded)
    assert {"torch", "pytest"} <= set(beyond)
    assert not {"numpy", "autograder", "numpy.random._generator", "os"} & set(beyond)


def test_devices_are_there_where_they_may_be_made(built: tuple[Path, list[str], list[str]]) -> None:
    root, _, _ = built
    made = {path.name for path in (root / "dev").iterdir()}
    assert made <= {"null", "zero", "full", "random", "urandom"}
    if is_root():
        assert (root / "dev" / "null").read_bytes() == b""


def test_the_fence_speaks_up_for_what_is_out_of_reach_only() -> None:
    fence = Fence(frozenset(["pandas"]))
    assert fence.find_spec("no_such_module") is None
    with pytest.raises(ModuleNotFoundError, match="pandas is installed, but the assignment does not preload it") as it:
        fence.find_spec("pandas")
    assert it.value.name == "pandas"
