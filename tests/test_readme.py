"""The README's commands do what it says: its assignment is typed in, and its console blocks are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from autograder import course
from autograder.model import Limits

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`([\w./]+)`[^\n]*\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def sessions() -> list[list[tuple[str, str]]]:
    """The console blocks: for each its commands with what they print."""
    found = []
    for block in CONSOLE.findall(README):
        parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
        found.append(list(zip(parts[::2], parts[1::2], strict=True)))
    return found


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    programs = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def typed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    for name, text in FILE.findall(README):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_whole_assignment_is_there(typed_in: Path) -> None:
    assert len(list(typed_in.rglob("*.*"))) == 6


def test_its_commands_print_what_the_readme_says(typed_in: Path) -> None:
    (session,) = (s for s in sessions() if s[0][0] == "autograder skeletons")
    for command, printed in session:
        done = run(command, typed_in)
        assert (done.returncode, done.stdout) == (0, printed), done.stderr


def test_the_data_sets_are_listed_as_the_readme_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
    [(command, printed)] = (s[0] for s in sessions() if s[0][0] == "autograder data list")
    done = run(command, tmp_path)
    assert (done.returncode, done.stdout) == (0, printed), done.stderr


def test_the_table_of_assignments_is_what_they_declare() -> None:
    told = re.findall(
        r"^\| `(a\d\w+)` \| [^|]+ \| (\d+) \| ([\d +]+) \| ([\d.]+) \| ([\d.]+) \|$", README, re.MULTILINE
    )
    declared = [
        (
            assignment.id,
            str(len(assignment.questions)),
            f"{assignment.max_score:g}" + f" + {assignment.bonus:g}" * bool(assignment.bonus),
            f"{sum(q.auto for q in assignment.questions):g}",
            f"{sum(q.manual for q in assignment.questions):g}",
        )
        for assignment in course.find(ROOT).values()
    ]
    assert told == declared


def test_the_limits_are_named_with_their_defaults() -> None:
    for name, default in asdict(Limits()).items():
        assert f"`{name}` ({default:g})" in README.replace("\n", " "), name


def test_every_make_target_named_exists() -> None:
    listed = run("make help", ROOT).stdout
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)):
        assert re.search(rf"^  make {target} ", listed, re.MULTILINE), f"the README names make {target}"


def test_every_name_in_the_table_of_checks_exists() -> None:
    import autograder.checks

    table = README.split("from `autograder.checks`:")[1].split("Handing out")[0]
    for line in re.findall(r"^\| (`.*?) \| ", table, re.MULTILINE):
        for name in re.findall(r"`(\w+)", line):
            assert hasattr(autograder.checks, name), f"the README names {name}"


def test_every_file_and_folder_named_exists() -> None:
    for name in re.findall(r"`((?:tests|demo|benchmarks|autograder)/[\w./]*)`", README):
        assert (ROOT / name).exists(), f"the README names {name}"
