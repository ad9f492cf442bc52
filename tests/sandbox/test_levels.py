"""Each level on a machine that grants no more: what it is called, what it holds back, and that nothing stays."""

from __future__ import annotations

import functools
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lower
import machines
import pytest
from house import House
from machines import CLOSED, CONTAINER, OLD_CONTAINER, OLD_USER, USER, Machine
from talk import is_root

sys.path.insert(0, str(Path(__file__).parent.parent))
from means import RIGHT, WRONG, hand_in, write

NAMESPACES = {f"{name} namespace" for name in ("user", "mount", "pid", "network", "ipc", "uts")}
FILES = {f"{how} the {name}" for how in ("opened", "listed") for name in House(Path()).secrets}
TRIALS: dict[Machine, tuple[str, ...]] = {
    CONTAINER: ("rows", "secrets", "honest", "leftovers"),
    CLOSED: ("rows", "honest", "notebook"),
    OLD_CONTAINER: ("rows", "secrets", "leftovers"),
    USER: ("rows", "secrets", "honest", "leftovers", "abis", "notebook"),
    OLD_USER: ("secrets", "leftovers"),
}
ONE = ("--seed", "1", "--workers", "1")
NAMES = ("container", "container, closed interpreter", "container, no Landlock", "user", "user, no Landlock")

pytestmark = pytest.mark.skipif(not is_root(), reason="other machines can be simulated by root only")


@functools.cache
def told(machine: Machine) -> dict[str, Any]:
    return machines.told(machine, *TRIALS[machine])


def trying(trial: str) -> pytest.MarkDecorator:
    """For each machine on which it is tried."""
    tried = [machine for machine in TRIALS if trial in TRIALS[machine]]
    return pytest.mark.parametrize("machine", tried, ids=[NAMES[list(TRIALS).index(machine)] for machine in tried])


@pytest.mark.parametrize(
    ("machine", "level", "some", "lacking"),
    [
        (CONTAINER, "container", {"own uid"}, set()),
        (CLOSED, "container", {"own uid", "root of copies"}, set()),
        (OLD_CONTAINER, "container", {"own uid", "root of copies"}, {"Landlock"}),
        (USER, "landlock", set(), set()),
        (OLD_USER, "none", set(), {"Landlock"}),
    ],
    ids=NAMES,
)
def test_each_machine_has_its_level_and_says_what_it_misses(
    machine: Machine, level: str, some: set[str], lacking: set[str]
) -> None:
    said = told(machine)
    layers, missing = set(said["layers"]), {name for name in said["missing"] if ":" not in name}
    assert (said["level"], said["uid"] == 0) == (level, machine in (CONTAINER, CLOSED, OLD_CONTAINER))
    assert layers >= some | {"seccomp", "no capabilities", "rlimits", "memory watchdog", "disk watchdog"}
    assert ("root of copies" in layers) == ("root of copies" in some)
    assert any(layer.startswith("Landlock ABI") for layer in layers) != ("Landlock" in lacking)
    assert missing == NAMESPACES | lacking


def test_the_lowest_level_says_why_it_is_no_other() -> None:
    reasons = [line for line in told(OLD_USER)["missing"] if ":" in line]
    assert [line.partition(":")[0] for line in reasons] == ["ns", "container", "landlock"]
    assert "no Landlock" in reasons[2]


@trying("rows")
def test_a_layer_holds_back_what_succeeds_without_it(machine: Machine) -> None:
    rows = told(machine)["rows"]
    assert len(rows) >= 7
    assert {name: shown for name, shown in rows.items() if shown != [True, True]} == {}


def test_every_layer_is_shown_somewhere() -> None:
    shown = {row.layer for rows in lower.ROWS.values() for row in rows}
    assert shown == {"uid", "jail", "landlock", "seccomp", "capabilities", "rlimits", "watchdog", "quota"}


@trying("secrets")
def test_files_of_the_grader_are_found_only_where_no_layer_hides_them(machine: Machine) -> None:
    found = told(machine)["secrets"]
    assert set(found["all"]) == (FILES if machine is OLD_USER else set())
    assert set(found["none"]) >= FILES


@trying("secrets")
def test_that_a_file_is_there_can_be_seen_where_landlock_hides_what_is_in_it(machine: Machine) -> None:
    """The limit that the README names: Landlock mediates no stat, a root of copies has no such file."""
    sizes = told(machine)["secrets"]["sizes"]
    assert all("FileNotFoundError" in str(size) if machine is OLD_CONTAINER else size > 0 for size in sizes)


def test_older_kernels_have_the_same_level() -> None:
    said = told(USER)["abis"]
    assert list(said) == [str(version) for version in range(1, len(said) + 1)]
    assert len(said) >= 1
    assert [layers[0] for layers in said.values()] == [f"Landlock ABI {version}" for version in said]


@trying("leftovers")
def test_nothing_is_left(machine: Machine) -> None:
    left = told(machine)["leftovers"]
    assert left.pop("after") == []
    assert {attack: what[1:] for attack, what in left.items()} == {attack: [[], 0] for attack in left}
    assert left["closed_folder"][0] == "disk", "what a folder hides from the watchdog may be anything"
    assert left["fork_bomb"][0] == "timed_out"


@pytest.mark.parametrize("machine", [CONTAINER, USER])
def test_what_an_honest_submission_needs_works(machine: Machine) -> None:
    said = told(machine)["honest"]
    works = {"use_threads": 4, "use_files": 3, "use_shared_memory": 4096, "use_a_subprocess": "3\n"}
    assert said | works == said
    assert "encodings.punycode" in said["use_late_imports"]
    assert said["use_a_library"] == "jinja2"


def test_in_a_root_of_copies_the_standard_library_and_what_is_preloaded_can_be_imported() -> None:
    said = told(CLOSED)["honest"]
    assert {"csv", "encodings.punycode", "numpy.ma", "xml.etree.ElementTree"} <= set(said["use_late_imports"])
    assert (said["use_threads"], said["use_files"]) == (4, 3)
    assert "jinja2 is installed, but the assignment does not preload it" in said["use_a_library"]
    assert "FileNotFoundError" in said["use_a_subprocess"]


@trying("notebook")
def test_a_notebook_runs_with_its_figures_its_digits_and_its_mishaps(machine: Machine) -> None:
    assert told(machine)["notebook"] == {
        "sizes": [4000, 1000],
        "where": "cpu",
        "pictures": [[480, 640, 3]],
        "failures": [[6, "NameError"], [7, "TimeoutError"]],
    }


@pytest.fixture(scope="module")
def course() -> Iterator[Path]:
    """A course that anybody may read and a folder in it that anybody may write to: a plain user grades too."""
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place:
        root = Path(place)
        write(root)
        hand_in(root / "inbox", {"ada": RIGHT, "bob": WRONG})
        (root / "out").mkdir(mode=0o777)
        for path in (root, *root.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o644)
        yield root


def grade(machine: Machine, course: Path, *options: str) -> tuple[int, str, dict[str, Any]]:
    """(exit code, what was said to the person at the terminal, ada's record) of the command there."""
    out = course / "out" / str(len(os.listdir(course / "out")))
    code = f"import os, sys; os.chdir({str(course)!r}); from autograder.cli import main; main()"
    done = machines.on(machine, "-c", code, "grade", "means", "inbox", "--out", str(out), *ONE, *options)
    record = out / "feedback" / "ada.json"
    return done.returncode, done.stderr, json.loads(record.read_text()) if record.is_file() else {}


@pytest.mark.parametrize(
    ("machine", "begins"),
    [
        (CLOSED, ["container", "own uid", "root of copies", "Landlock ABI"]),
        (OLD_CONTAINER, ["container", "own uid", "root of copies", "seccomp"]),
        (USER, ["landlock", "Landlock ABI"]),
    ],
    ids=["container, closed interpreter", "container, no Landlock", "user"],
)
def test_the_command_grades_there_and_the_record_says_how(machine: Machine, begins: list[str], course: Path) -> None:
    code, said, record = grade(machine, course)
    assert (code, record.get("score")) == (0, 4.0), said
    assert all(layer.startswith(start) for layer, start in zip(record["isolation"], begins, strict=False))
    assert {f"no {name}" for name in NAMESPACES} <= set(record["isolation"])


def test_hidden_checks_are_not_run_without_walls_unless_that_is_said_aloud(course: Path) -> None:
    code, said, record = grade(OLD_USER, course)
    assert (code, record) == (2, {})
    assert "this machine confines nothing, so hidden checks would lie open" in said

    code, said, record = grade(OLD_USER, course, "--isolation", "none")
    assert (code, record.get("score")) == (0, 4.0), said
    assert record["isolation"][0] == "none"
    assert "no Landlock" in record["isolation"]
