"""A student's machine may be a Mac or run Windows: the student's side imports and works without what only Linux has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LINUX_ONLY_MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "spwd", "posix")
LINUX_ONLY_NAMES = (
    "fork",
    "setsid",
    "getuid",
    "setuid",
    "unshare",
    "pidfd_open",
    "sched_getaffinity",
    "wait4",
    "killpg",
    "memfd_create",
)

HIDE = f"""
import sys, os, importlib.abc
import numpy, torch, pytest, typer, rich.console, rich.table, rich.progress, hypothesis
import tomllib, zipfile, tempfile, subprocess, multiprocessing
HIDDEN = {LINUX_ONLY_MODULES!r}
class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in HIDDEN:
            raise ModuleNotFoundError(f"No module named {{name!r}} (hidden: only Linux has it)", name=name)
for name in HIDDEN:
    sys.modules.pop(name, None)
for name in {LINUX_ONLY_NAMES!r}:
    if hasattr(os, name):
        delattr(os, name)
sys.meta_path.insert(0, Hide())
"""

FOLDER = {
    "assignment.toml": 'id = "tiny"\ntitle = "Tiny"\nsource = "made up"\nfiles = ["work.py"]\n\n'
    '[[questions]]\nid = "q1"\ntitle = "Twice"\npoints = 2\n',
    "work.py": "def twice(x):\n    return 2 * x\n",
    "checks_work.py": "from autograder.checks import close, points\n\n\n"
    '@points(2, "q1")\ndef check_twice(student, rng):\n    """twice doubles every entry."""\n'
    '    x = rng.normal(size=(3, 2))\n    close(student.work.twice(x), 2 * x, "twice(x)")\n',
}


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def handout(tmp_path: Path, **changes: str) -> Path:
    for name, text in (FOLDER | changes).items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_students_side_imports_without_what_only_linux_has(tmp_path: Path) -> None:
    code = (
        HIDE
        + "import autograder.home, autograder.cli, autograder.intake\n"
        + "import autograder.checks.plugin, autograder.course, autograder.data\n"
    )
    done = run(code + "print('imported')", tmp_path)
    assert done.stdout.strip() == "imported", done.stderr


def test_hiding_is_real(tmp_path: Path) -> None:
    done = run(HIDE + "import fcntl", tmp_path)
    assert "hidden: only Linux has it" in done.stderr


def test_check_and_submit_work_without_what_only_linux_has(tmp_path: Path) -> None:
    folder = handout(tmp_path)
    call = "import autograder.cli as cli\nsys.argv = ['autograder', {!r}]\ncli.main()\n"
    checked = run(HIDE + call.format("check"), folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "twice doubles every entry." in checked.stdout
    submitted = run(HIDE + call.format("submit"), folder)
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    assert (folder / "tiny.zip").is_file()


def test_a_failed_check_at_home_says_why_and_exits_with_one(tmp_path: Path) -> None:
    folder = handout(tmp_path, **{"work.py": "def twice(x):\n    return -2 * x\n"})
    done = run("import sys; sys.argv = ['autograder', 'check']\nimport autograder.cli as cli\ncli.main()", folder)
    assert done.returncode == 1
    assert "sign" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_folder_that_is_no_handout_is_named(tmp_path: Path) -> None:
    done = run("import sys; sys.argv = ['autograder', 'check']\nimport autograder.cli as cli\ncli.main()", tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == f"{tmp_path}: there is no assignment.toml here; go into the folder that you unpacked"
