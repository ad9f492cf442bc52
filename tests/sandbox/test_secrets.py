"""Student code can't open, list or find in its own memory what it must not see; without the mounts it could."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, discoveries, less
from plain import as_plain_user
from talk import SMALL, ask, is_root

from autograder.sandbox.box import Box, Zygote
from autograder.sandbox.isolation import Isolation

FILES = {f"{how} the {name}" for how in ("opened", "listed") for name in House(Path()).secrets}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place:
        Path(place).chmod(0o755)
        yield House(Path(place))


@pytest.fixture(scope="module")
def submission(house: House) -> Path:
    return house.build()


def test_nothing_is_found(house: House, submission: Path, isolation: Isolation) -> None:
    assert discoveries(house, submission, isolation) == set()


def test_the_mounts_alone_hide_all_of_it(house: House, submission: Path, isolation: Isolation) -> None:
    assert discoveries(house, submission, less(isolation)["mounts"]) == set()


def test_without_the_mounts_every_file_is_found(house: House, submission: Path, isolation: Isolation) -> None:
    assert discoveries(house, submission, less(isolation)["none"]) >= FILES


def test_without_any_wall_memory_is_read_too(house: House, submission: Path, isolation: Isolation) -> None:
    bare = isolation.of(())
    found = discoveries(house, submission, bare)
    assert found >= FILES
    # as root this shows that the attack on memory works at all; what a plain user may trace is for the machine to say
    assert "read the grader's memory" in found or not is_root()
    assert "found it in its own memory" not in found, "a zygote that is exec'ed has none of it, walls or no walls"


def test_a_plain_user_finds_nothing_either() -> None:
    said = json.loads(as_plain_user("secrets"))
    assert said["uid"] != 0
    assert (said["all"], said["mounts"]) == ([], [])
    assert set(said["none"]) >= FILES


def test_no_name_of_the_house_can_be_listed_from_the_root_down(house: House, zygote: Zygote, submission: Path) -> None:
    wanted = ["attacks.py", "submissions", "bob-7351", "gradebook.db", "checks_hidden.py", house.place.name]
    with zygote.open(submission, SMALL) as box:
        assert ask(box, "seek", "/", wanted, seconds=30) == ["attacks.py"]


def test_of_the_repository_only_the_package_is_there(zygote: Zygote, submission: Path) -> None:
    import autograder

    package = Path(autograder.__file__).parent
    with zygote.open(submission, SMALL) as box:
        beside = set(ask(box, "listing", str(package.parent)))
    assert package.name in beside
    assert not beside & {"tests", "assignments", "solutions", ".git", "pyproject.toml"}


def test_a_worker_sees_a_world_of_its_own(box: Box) -> None:
    here = ask(box, "where_am_i")
    assert (here["uid"], here["pid"], here["processes"]) == (1000, 1, [1])
    assert {"sub", "tmp", "usr"} <= set(here["root"])
    assert not {"boot", "media", "sys"} & set(here["root"])


def test_a_shielded_grader_is_not_dumpable() -> None:
    code = (
        "import ctypes; from autograder.sandbox.box import shield; libc = ctypes.CDLL(None);"
        "before = libc.prctl(3); shield(); print(before, libc.prctl(3))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=os.getcwd())
    assert done.stdout.split() == ["1", "0"]


def test_a_shield_keeps_others_of_the_same_user_out() -> None:
    assert json.loads(as_plain_user("shield"))["readable"] == [True, False]
