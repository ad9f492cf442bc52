"""Builds the zip that students get: handout, visible checks, the package as a wheel, and how to set it all up."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from email.parser import BytesParser
from pathlib import Path

from autograder.course.archive import pack
from autograder.course.assignment import contents
from autograder.course.toml import CourseError
from autograder.model import Assignment

PYTEST = """\
# Makes this folder pytest's root; the checks are found by the package's own plugin.
[pytest]
testpaths = .
"""

START = """\
# Start here

This is “{title}”. You need Python 3.11, 3.12 or 3.13, once a network for the packages, and an editor. Open a
terminal **in this folder** (`cd {id}`), then make an environment and install into it.

Linux and macOS:

    python3 -m venv .venv
    source .venv/bin/activate
    python -m pip install -r requirements.txt

Windows (PowerShell):

    py -m venv .venv
    .venv\\Scripts\\Activate.ps1
    python -m pip install -r requirements.txt

If PowerShell refuses to run the script, use the command prompt and `.venv\\Scripts\\activate.bat` instead.
From then on, after activating the environment, everything works without a network.

| to | run |
|---|---|
| read what is asked | `README.md` |
| check your work | `autograder check`, or plain `pytest` |
| check one question | `autograder check --question {question}` |
| build the zip to hand in | `autograder submit` |

You hand in {files}.

`autograder submit` says what is missing before anyone else does. The checks here are the visible ones; the grading adds
hidden ones that test the same properties on other inputs.
"""


NOTEBOOK = """
## The notebook

Open `{book}` in VS Code or in Jupyter (`python -m pip install notebook`, then `jupyter notebook`) with this
environment's Python. In a cell,

    import otter
    grader = otter.Notebook()
    grader.check("{question}")

runs the visible checks of a question on what your cells have defined so far. `autograder check` and the grading run the
saved notebook from top to bottom in a fresh session instead: try “Restart and run all” before you hand in.
"""
FOR_NOTEBOOKS = ("ipykernel", "ipython", "matplotlib", "otter-grader")
"""What a student's machine needs besides where there is a notebook."""


def build(
    assignment: Assignment,
    wheel: Path,
    out: Path,
    *,
    lock: Path | None = None,
    tests: Mapping[str, bytes] | None = None,
) -> Path:
    """Write `out`/<id>.zip, one folder <id>/; the same bytes on every run. Raises CourseError.

    `lock` pins what the wheel depends on; it is requirements.lock of the course unless said otherwise. `tests` are for
    the folder where a notebook's `grader.check` looks.
    """
    folder = assignment.handout
    lock = lock or folder.parent.parent / "requirements.lock"
    files = {
        "START.md": _start(assignment).encode(),
        "pytest.ini": PYTEST.encode(),
        "requirements.txt": requirements(wheel, lock, FOR_NOTEBOOKS if _has_notebook(assignment) else ()).encode(),
        wheel.name: wheel.read_bytes(),
        **{f"tests/{name}": text for name, text in (tests or {}).items()},
    }
    for name in contents(folder):
        if name in files:
            raise CourseError(
                f"{(folder / name).as_posix()}: is written into the student zip by itself; remove it here"
            )
        if (folder / name).is_symlink():
            raise CourseError(f"{(folder / name).as_posix()}: is a link; a handout holds files of its own")
        files[name] = (folder / name).read_bytes()
    if "README.md" not in files:
        raise CourseError(f"{folder.as_posix()}: has no README.md, so students would not know what is asked")
    return pack(out / f"{assignment.id}.zip", [(f"{assignment.id}/{name}", files[name]) for name in sorted(files)])


def requirements(wheel: Path, lock: Path, more: Sequence[str] = ()) -> str:
    """requirements.txt for a student: the wheel beside it, its dependencies and `more` as the course has locked them.

    Environment markers stay, hashes go: what is pinned here is what pip may find for any of three systems.
    """
    try:
        pinned = _pins(lock.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"{lock.as_posix()}: cannot be read: {error.strerror}") from None
    lines = [f"./{wheel.name}"]
    wanted = dict.fromkeys(more, "a notebook needs") | dict.fromkeys(_dependencies(wheel), f"{wheel.name} depends on")
    for name in (*_dependencies(wheel), *more):
        if name not in pinned:
            raise CourseError(f"{lock.as_posix()}: has no version of {name}, which {wanted[name]}")
    for name in sorted(wanted):
        lines += pinned[name]
    return "\n".join(lines) + "\n"


def _pins(lock: str) -> dict[str, list[str]]:
    """Name → its `name==version ; marker` lines."""
    pins: dict[str, list[str]] = {}
    for found in re.finditer(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[ \t]*(;[^\\\n#]*)?", lock, re.MULTILINE):
        name, version, marker = found.group(1), found.group(2), (found.group(3) or "").strip()
        pins.setdefault(_normal(name), []).append(f"{name}=={version}" + (f" {marker}" if marker else ""))
    return pins


def _dependencies(wheel: Path) -> list[str]:
    """What the wheel requires without any extra, sorted."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        required = BytesParser().parsebytes(archive.read(metadata)).get_all("Requires-Dist") or []
    return sorted({_normal(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in required if "extra ==" not in line})


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _start(assignment: Assignment) -> str:
    asked = ", ".join(f"`{name}`" for name in assignment.files)
    if assignment.optional:
        asked += ", and if you like " + ", ".join(f"`{name}`" for name in assignment.optional)
    checked = next((q for q in assignment.questions if q.auto), assignment.questions[0])
    start = START.format(title=assignment.title, id=assignment.id, question=checked.id, files=asked)
    books = [name for name in assignment.files if name.endswith(".ipynb")]
    return start + (NOTEBOOK.format(book=books[0], question=checked.id) if books else "")


def _has_notebook(assignment: Assignment) -> bool:
    return any(name.endswith(".ipynb") for name in (*assignment.files, *assignment.optional))
