"""Which of the names in a submission are the files asked for, and what to say of the others; nothing is read."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from autograder.intake.names import BadNameError, clean, counted, is_junk, show, some
from autograder.intake.spelling import Candidate, candidates, did_you_mean
from autograder.intake.zips import Entry
from autograder.model import Assignment

AUTHORS = "authors.toml"
MAX_HELPERS = 200

_BARRED = {"conftest.py", "setup.py", "sitecustomize.py", "usercustomize.py"}
# A file of one of these names beside the others would be imported in place of the real one.
_INSTALLED = (
    "IPython PIL _pytest autograder certifi click contourpy cycler dateutil fontTools fsspec functorch hypothesis "
    "iniconfig ipykernel jinja2 joblib jupyter kiwisolver markupsafe matplotlib mlxtend mpmath nbformat networkx numpy "
    "otter packaging pandas pip pkg_resources pluggy pygments pylab pyparsing pytest pytz requests rich safetensors "
    "scipy setuptools six sklearn sympy threadpoolctl torch torchaudio torchgen torchvision tqdm traitlets triton "
    "typer typing_extensions tzdata wheel yaml"
)
_TAKEN = sys.stdlib_module_names | set(_INSTALLED.split())

Paths = dict[str, list[Entry]]


@dataclass(frozen=True)
class Kept:
    """A file to keep as `name`; more than one entry when the zip holds it twice, and then their bytes must agree."""

    name: str
    entries: list[Entry]
    asked: bool


@dataclass
class Choice:
    """What to keep, what is missing, what to say. `zips` are inner zips, `others` the paths that nobody asked for."""

    kept: list[Kept] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    zips: list[Entry] = field(default_factory=list)

    @property
    def any_asked(self) -> bool:
        return any(kept.asked for kept in self.kept)


def required(assignment: Assignment) -> tuple[str, ...]:
    """The files that cost points when missing."""
    return tuple(name for name in assignment.files if name not in assignment.optional)


def asked(assignment: Assignment) -> tuple[str, ...]:
    """Every file name and pattern of the assignment, the required ones first."""
    return tuple(dict.fromkeys((*required(assignment), *assignment.optional)))


def choose(entries: Sequence[Entry], assignment: Assignment, given: Collection[str] = ()) -> Choice:
    """Find the asked files among `entries`; `given` are names of the handout that are passed over in silence."""
    choice = Choice()
    left = _survey(entries, choice)
    names = [name for name in asked(assignment) if not is_pattern(name)]
    patterns = [name for name in asked(assignment) if is_pattern(name)]
    near = candidates(left, names)
    root = _root(left, near, patterns, choice)
    unclear = {name for name in names if not _take(name, [c for c in near if c.name == name], root, left, choice)}
    for pattern in patterns:
        _take_matching(pattern, root, left, choice)
    _take_the_one_notebook(names, left, choice)
    _take_authors(root, left, choice)
    have = {kept.name for kept in choice.kept}
    for name in required(assignment):
        if name not in have and not (name in patterns and any(fnmatchcase(h, name) for h in have)):
            choice.missing.append(name)
            if name not in unclear:
                _explain(name, [path.removeprefix(root) for path in left if path.startswith(root)][:1000], choice)
    _take_helpers(root, names, left, choice, given)
    choice.zips = [e[0] for path, e in left.items() if path.lower().endswith(".zip") and e[0].kind == "file"]
    choice.others = sorted(path for path in left if path.removeprefix(root) not in given)
    return choice


def is_pattern(name: str) -> bool:
    return any(c in name for c in "*?[")


def _survey(entries: Sequence[Entry], choice: Choice) -> Paths:
    """Clean path → its entries, junk left out; bad names end in notes and flags."""
    paths: Paths = {}
    bad: dict[str, list[str]] = {}
    hostile = []
    virtual = tuple(e.name.removesuffix("pyvenv.cfg") for e in entries if e.name.endswith("/pyvenv.cfg"))
    for entry in entries:
        if entry.kind == "folder" or (virtual and entry.name.startswith(virtual)):
            continue
        try:
            path = clean(entry.name)
        except BadNameError as error:
            bad.setdefault(str(error), []).append(entry.name)
            hostile += [entry.name] if error.hostile else []
            continue
        if not is_junk(path):
            paths.setdefault(path, []).append(entry)
    for why, names in bad.items():
        choice.notes.append(f"{counted(len(names), 'file')} ignored for the name, because {why}: {some(names, 3)}.")
    if hostile:
        choice.flags.append(f"holds names that no ordinary tool writes: {some([ascii(name) for name in hostile], 3)}")
    return paths


def _root(paths: Iterable[str], near: Iterable[Candidate], patterns: Sequence[str], choice: Choice) -> str:
    """The folder, "" or ending in a slash, that holds most of the asked files; the nearest to the top among equals."""
    found: dict[str, set[str]] = {}
    exact: dict[str, set[str]] = {}
    for one in near:
        found.setdefault(one.folder, set()).add(one.name)
        if one.far == 0:
            exact.setdefault(one.folder, set()).add(one.name)
    for path in paths if patterns else ():
        folder, _, base = path.rpartition("/")
        for pattern in patterns:
            if fnmatchcase(base, pattern):
                found.setdefault(folder + "/" if folder else "", set()).add(pattern)
    if not found:
        return ""
    root, *rest = sorted(found, key=lambda f: (-len(found[f]), -len(exact.get(f, ())), f.count("/"), f))
    twice = [_at(folder) for folder in rest if exact.get(folder, set()) & exact.get(root, set())]
    if twice:
        what = f"The files are there more than once, in {_at(root)} and in {some(twice, 3)}"
        choice.notes.append(f"{what}; what is in {_at(root)} is graded.")
    return root


def _take(name: str, near: Sequence[Candidate], root: str, left: Paths, choice: Choice) -> bool:
    """Keep the file asked for as `name`; False when it could be any of several, which is then said."""
    beside = [c for c in near if c.folder == root and c.path in left]
    if beside and (beside[0].far == 0 or len([c for c in beside if c.far == beside[0].far]) == 1):
        chosen, *rest = beside
        choice.kept.append(Kept(name, left.pop(chosen.path), asked=True))
        if chosen.far:
            choice.notes.append(f"{show(chosen.path)} was taken for {name}.")
        for one in rest:
            # layers_2.py beside layers.py may be a module of its own; Layers.py and layers (2).py can not.
            if one.far == 1 or not _is_module(one.path.removeprefix(root)):
                del left[one.path]
                choice.notes.append(f"{show(one.path)} was ignored, because {name} is there too.")
        return True
    if beside:
        choice.notes.append(f"{name} could be any of {some([c.path for c in beside])}: hand in one, named {name}.")
        return False
    elsewhere = sorted((c.path.count("/"), c.path) for c in near if c.far == 0 and c.path in left)
    if elsewhere:
        path = elsewhere[0][1]
        choice.kept.append(Kept(name, left.pop(path), asked=True))
        choice.notes.append(f"{name} was found at {show(path)}; next time put it beside the others.")
    return True


def _take_matching(pattern: str, root: str, left: Paths, choice: Choice) -> None:
    """Keep every file that `pattern` fits, beside the others or, when there is none, wherever it is."""
    depth = pattern.count("/")
    beside = (path for path in sorted(left) if path.startswith(root) and path[len(root) :].count("/") == depth)
    chosen = {path[len(root) :]: path for path in beside if fnmatchcase(path[len(root) :], pattern)}
    if not chosen and not depth:
        for path in sorted(left, key=lambda p: (p.count("/"), p)):
            if fnmatchcase(path.rpartition("/")[2], pattern):
                chosen.setdefault(path.rpartition("/")[2], path)
        if chosen:
            choice.notes.append(
                f"{some(list(chosen.values()))} taken for {pattern}; next time put it beside the others."
            )
    for name, path in list(chosen.items())[:MAX_HELPERS]:
        choice.kept.append(Kept(name, left.pop(path), asked=True))


def _take_the_one_notebook(names: Sequence[str], left: Paths, choice: Choice) -> None:
    """Where one notebook is asked for and another is handed in, its name is all that is wrong with it."""
    have = {kept.name for kept in choice.kept}
    missing = [name for name in names if name.endswith(".ipynb") and name not in have]
    there = [path for path in left if path.endswith(".ipynb")]
    if len(missing) == len(there) == 1:
        choice.kept.append(Kept(missing[0], left.pop(there[0]), asked=True))
        choice.notes.append(f"{show(there[0])} was taken for {missing[0]}, as it is the only notebook.")


def _explain(name: str, beside: Sequence[str], choice: Choice) -> None:
    meant = did_you_mean(name, beside)
    # Where nothing at all was found, that is said once instead.
    if meant or choice.any_asked:
        choice.notes.append(meant or f"{name} is missing: its questions earn nothing.")


def _take_authors(root: str, left: Paths, choice: Choice) -> None:
    if any(kept.name == AUTHORS for kept in choice.kept):
        return
    for path in dict.fromkeys((root + AUTHORS, AUTHORS)):
        if path in left:
            choice.kept.append(Kept(AUTHORS, left.pop(path), asked=False))
            return


def _take_helpers(root: str, names: Sequence[str], left: Paths, choice: Choice, given: Collection[str]) -> None:
    """Keep the other modules beside the asked files; refuse those that would stand in for someone else's."""
    folders = {name[: name.rfind("/") + 1] for name in names} | {""}
    used = {kept.name.casefold() for kept in choice.kept}
    room = MAX_HELPERS
    for path in sorted(left):
        name = path.removeprefix(root)
        if not path.startswith(root) or name[: name.rfind("/") + 1] not in folders or not name.endswith(".py"):
            continue
        why = _why_not(name, used, room)
        if why:
            del left[path]
            if name not in given:
                choice.notes.append(f"{show(path)} was ignored, because {why}.")
        elif _is_module(name):
            choice.kept.append(Kept(name, left.pop(path), asked=False))
            used.add(name.casefold())
            room -= 1


def _why_not(name: str, used: Collection[str], room: int) -> str:
    base = name.rpartition("/")[2]
    module = base.removesuffix(".py")
    if base.casefold() in _BARRED or base.startswith("checks_"):
        return "the grader brings its own"
    if module in _TAKEN:
        return f"it would hide the module {module} that others need; give it another name"
    if name.casefold() in used:
        return "there is another of that name"
    return "" if room else f"only {MAX_HELPERS} modules are kept"


def _is_module(name: str) -> bool:
    return name.endswith(".py") and all(part.isidentifier() for part in name.removesuffix(".py").split("/"))


def _at(folder: str) -> str:
    return show(folder.rstrip("/")) if folder else "the top folder"
