"""Looks through a student zip, down to the wheel inside it, for anything of the solution."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.course import notebooks, regions, skeletons
from autograder.course.archive import EPOCH
from autograder.course.assignment import checks, contents, solution_of
from autograder.course.toml import CourseError
from autograder.model import Assignment

# What editors, Python, git and graders leave behind, some of it with whole files inside.
LEFTOVER = re.compile(
    r"\.(pyc|pyo|otter_log|ds_store|swp|orig|bak|pkl|pickle|git|egg-info|ipynb_checkpoints)$|~$|^__", re.I
)
OPAQUE = re.compile(r"\.(gz|bz2|xz|tar|tgz|7z|rar|zst)$", re.IGNORECASE)
# Written by hand: one line may by chance be the solution's as well; two of one region, or several in all, may not.
BY_HAND = re.compile(r"/(README\.md|START\.md|assignment\.toml|checks_\w+\.py)$|\.whl!")
SEVERAL = 3
# The kit knows no assignment, and speaks the same idioms: there it takes several lines of one region, or all of it.
THE_KIT = re.compile(r"\.whl!")


@dataclass(frozen=True)
class Secret:
    """The lines of one region, or of one hidden file, that say enough to be recognised."""

    where: str
    lines: frozenset[str]


@dataclass(frozen=True)
class Member:
    """A file in the zip, or in a zip within it; `name` shows the way there with an exclamation mark for each zip."""

    name: str
    data: bytes

    @property
    def text(self) -> str:
        """Its text with spaces evened out; of a notebook every string, whether source, output or metadata."""
        text = self.data.decode("utf-16" if self.data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
        if self.name.endswith(".ipynb"):
            with contextlib.suppress(ValueError, RecursionError):
                text = "\n".join(_strings(json.loads(text)))
        return "\n".join(map(_even, text.splitlines()))


def nothing_leaks(assignment: Assignment, zip: Path) -> list[str]:
    """No line of a solution region, no hidden check and no leftover is anywhere in the student zip.

    Lines that the skeletons show outside their regions are no secret, and neither are lines too short to mean anything.
    """
    solution = solution_of(assignment)
    derived = skeletons.derive(assignment)
    given = "\n".join(Member(name, data).text for name, data in derived.items())
    own = {_sha((solution / name).read_bytes()): name for name in contents(solution)}
    for data in (b"", *derived.values()):
        own.pop(_sha(data), None)
    secrets = [Secret(s.where, frozenset(line for line in s.lines if line not in given)) for s in _secrets(solution)]
    names = _hidden_checks(assignment)
    problems: list[str] = []
    for member in _members(zip.read_bytes(), zip.name, problems):
        if (sha := _sha(member.data)) in own:
            problems.append(f"{member.name}: is the file {own[sha]} of the solution.")
            continue
        text = member.text
        problems += _shown(secrets, member, text)
        for name in sorted(names & set(re.findall(r"check_\w+", text))):
            problems.append(f"{member.name}: names the hidden check {name}.")
    return problems


def _shown(secrets: list[Secret], member: Member, text: str) -> list[str]:
    """A sentence for each secret that the member shows; it quotes one line."""
    if not BY_HAND.search(member.name):
        hits = {secret: [line for line in secret.lines if line in text] for secret in secrets}
    else:
        lines = set(text.split("\n"))
        hits = {secret: sorted(secret.lines & lines) for secret in secrets}
        if THE_KIT.search(member.name):
            hits = {s: found for s, found in hits.items() if len(found) >= max(2, min(SEVERAL, len(s.lines)))}
        elif len({line for found in hits.values() for line in found}) < SEVERAL:
            hits = {secret: found for secret, found in hits.items() if len(found) > 1}
    return [
        f"{member.name}: shows “{min(found)}”{_more(found)} of the solution at {secret.where}."
        for secret, found in hits.items()
        if found
    ]


def _more(found: list[str]) -> str:
    return f" and {len(found) - 1} more" if len(found) > 1 else ""


def _members(data: bytes, name: str, problems: list[str]) -> Iterator[Member]:
    """Every file at any depth; what a zip should not carry beside its files goes into `problems`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.comment:
            problems.append(f"{name}: carries a comment, “{archive.comment[:40].decode('utf-8', 'replace')}”.")
        entries = archive.infolist()
        for info in entries:
            member = Member(f"{name}!{info.filename}", archive.read(info))
            problems += _odd(info, member)
            if zipfile.is_zipfile(io.BytesIO(member.data)):
                yield from _members(member.data, member.name, problems)
            else:
                yield member
        for twice in sorted({info.filename for info in entries if archive.NameToInfo[info.filename] is not info}):
            problems.append(f"{name}: holds {twice} twice.")


def _odd(info: zipfile.ZipInfo, member: Member) -> list[str]:
    problems = []
    if info.comment or info.extra:
        problems.append(f"{member.name}: carries a comment or an extra field in the zip.")
    if info.date_time != EPOCH:
        problems.append(f"{member.name}: carries a time, so the zip is not the same on every run.")
    for part in PurePosixPath(info.filename).parts:
        if (LEFTOVER.search(part) and part not in ("__init__.py", "__main__.py")) or part in (
            "solutions",
            *skeletons.KEPT_BACK,
        ):
            problems.append(f"{member.name}: {part} has no place in a handout.")
    if OPAQUE.search(info.filename):
        problems.append(f"{member.name}: is an archive that cannot be looked into; put its files in.")
    if info.filename.endswith(".ipynb"):
        problems += _notebook(member)
    return problems


def _notebook(member: Member) -> list[str]:
    """A notebook for students was never run."""
    try:
        book = notebooks.read(member.data.decode("utf-8", "replace"), member.name)
    except CourseError as error:
        return [str(error) + "."]
    problems = [f"{member.name}: has metadata {key}." for key in book["metadata"] if key != "kernelspec"]
    for number, cell in enumerate(book["cells"], 1):
        if cell.get("outputs") or cell.get("execution_count") or cell["metadata"]:
            problems.append(f"{member.name}: cell {number} has outputs, a count or metadata.")
    return problems


def _secrets(solution: Path) -> Iterator[Secret]:
    """The regions of every master, and the rubric."""
    for name in skeletons.masters(solution):
        text = (solution / name).read_text(encoding="utf-8-sig")
        if name.endswith(".ipynb"):
            for number, cell in enumerate(notebooks.read(text, name)["cells"], 1):
                yield from _regions(cell["source"], f"{name}, cell {number}", cell["cell_type"] == "markdown")
        else:
            yield from _regions(text, name, name.endswith(".md"))
    if (solution / "rubric.md").is_file():
        rubric = (solution / "rubric.md").read_text(encoding="utf-8-sig")
        yield Secret("rubric.md", _telling(rubric.splitlines()))


def _regions(text: str, name: str, markdown: bool) -> Iterator[Secret]:
    for region in regions.find(text, name, regions.MARKDOWN if markdown else regions.PYTHON):
        yield Secret(f"{name}:{region.first + 1}", _telling(region.inside))


def _telling(lines: tuple[str, ...] | list[str]) -> frozenset[str]:
    """Lines that could not be anyone's: at least ten characters and five words or signs."""
    even = (_even(line) for line in lines)
    return frozenset(line for line in even if len(line) >= 10 and len(re.findall(r"\w+|[^\w\s]", line)) >= 5)


def _hidden_checks(assignment: Assignment) -> set[str]:
    """Names of hidden checks that no visible check has too."""
    hidden, visible = (
        {
            node.name
            for name in checks(folder)
            for node in ast.walk(ast.parse((folder / name).read_bytes()))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
        }
        for folder in (solution_of(assignment), assignment.handout)
    )
    return hidden - visible


def _even(line: str) -> str:
    return " ".join(line.split())


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
