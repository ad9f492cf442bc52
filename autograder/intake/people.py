"""Whose a submission is: what the platform or the zip's name says, what authors.toml adds, and what of it to doubt."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

from autograder.intake.names import show, some
from autograder.model import Roster, Submission

MAX_AUTHORS = 20
MAX_AUTHORS_BYTES = 64 << 10
_HELP = 'write one line: students = ["your id", "your partner\'s id"]'


@dataclass(frozen=True)
class People:
    """`flags` are for staff, `notes` for the students."""

    students: tuple[str, ...]
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def who(name: str, given: Sequence[str], authors: bytes | None, roster: Roster | None) -> People:
    """The students of the submission `name`; `given` is what its platform calls them, `authors` is authors.toml.

    A claim inside the zip can add students, never remove them, and is flagged wherever nothing else confirms it.
    """
    claimed, notes = _claimed(authors)
    if roster is None:
        return _without_roster(name, given, claimed, notes)
    book = _Book(roster)
    handed_in = book.all_of(given) or book.in_name(name)
    on_it = {text: book.find(text) for text in claimed}
    flags = [f"authors.toml names {show(text)}, who is not on the roster" for text, ids in on_it.items() if not ids]
    flags += [f"{show(text)} fits several people on the roster" for text in given if book.unsure(text)]
    added = tuple(dict.fromkeys(id for ids in on_it.values() for id in ids))
    if not handed_in:
        said = show(", ".join(given) or name)
        flags.append(f"nobody on the roster goes by {said}" + (": only authors.toml says whose it is" if added else ""))
        return People(added, tuple(flags), notes)
    flags += _doubts(handed_in, added, roster)
    return People(tuple(dict.fromkeys((*handed_in, *added))), tuple(flags), notes)


def doubles(submissions: Iterable[Submission]) -> dict[str, list[str]]:
    """Flags by submission name: a student in more than one submission, the same bytes handed in twice."""
    by_student: dict[str, list[str]] = defaultdict(list)
    by_bytes: dict[str, list[str]] = defaultdict(list)
    for submission in submissions:
        for student in submission.students:
            by_student[student].append(submission.name)
        if submission.sha256 and not submission.rejected:
            by_bytes[submission.sha256].append(submission.name)
    flags: dict[str, list[str]] = defaultdict(list)
    for student, names in by_student.items():
        for name in names if len(names) > 1 else ():
            flags[name].append(
                f"{show(student)} is in another submission too: {some([n for n in names if n != name], 3)}"
            )
    for names in by_bytes.values():
        for name in names if len(names) > 1 else ():
            flags[name].append(f"the same bytes as another submission: {some([n for n in names if n != name], 3)}")
    return dict(flags)


def _claimed(authors: bytes | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names in authors.toml and a note when it cannot be used."""
    if authors is None:
        return (), ()
    try:
        if len(authors) > MAX_AUTHORS_BYTES:
            raise ValueError
        students = tomllib.loads(authors.decode("utf-8-sig")).get("students")
    except (ValueError, RecursionError):
        return (), (f"authors.toml cannot be read: {_HELP}.",)
    if isinstance(students, str):
        students = [students]
    if not isinstance(students, list) or not all(isinstance(s, str) and s.strip() for s in students):
        return (), (f"authors.toml has no list of students: {_HELP}.",)
    if len(students) > MAX_AUTHORS:
        return (), (f"authors.toml names more than {MAX_AUTHORS} students: {_HELP}.",)
    return tuple(dict.fromkeys(show(s.strip(), 100) for s in students)), ()


def _without_roster(name: str, given: Sequence[str], claimed: tuple[str, ...], notes: tuple[str, ...]) -> People:
    handed_in = tuple(given) or tuple(part.strip() for part in re.split(r"[+&,]", name) if part.strip()) or (name,)
    known = {_folded(text) for text in handed_in}
    if not known & {_folded(text) for text in claimed}:
        flags = (
            (f"authors.toml names {some(list(claimed))}, but the upload is {some(list(handed_in))}'s",)
            if claimed
            else ()
        )
        # A zip called hw5_final.zip names nobody; its list of authors then is all there is.
        return People(claimed if claimed and not given else (*handed_in, *claimed), flags, notes)
    added = [text for text in claimed if _folded(text) not in known]
    flags = (f"only authors.toml adds {some(added)}",) if added else ()
    return People((*handed_in, *added), flags, notes)


def _doubts(handed_in: tuple[str, ...], claimed: tuple[str, ...], roster: Roster) -> list[str]:
    """Where authors.toml and the platform differ and no team of the roster explains it."""
    if any(set(handed_in) | set(claimed) <= set(team) for team in roster.teams.values()):
        return []
    flags = []
    added = [id for id in claimed if id not in handed_in]
    left_out = [id for id in handed_in if claimed and id not in claimed]
    if added:
        flags.append(f"only authors.toml adds {some(added)}; the upload is {some(list(handed_in))}'s")
    if left_out:
        flags.append(f"authors.toml leaves out {some(left_out)}, whose upload it is")
    return flags


class _Book:
    """The roster by everything a person may be called."""

    def __init__(self, roster: Roster) -> None:
        self._ids: dict[str, tuple[str, ...]] = {id.casefold(): (id,) for id in roster.names}
        self._other: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for called in (roster.aliases, roster.teams):
            for text, ids in called.items():
                self._ids.setdefault(text.casefold(), tuple(ids))
                self._other[_folded(text)].add(tuple(ids))
        for id, full in roster.names.items():
            self._other[_folded(id)].add((id,))
            parts = re.split(r"[\s,]+", full.strip())
            # Platforms write a name in either order and squeezed together.
            for order in permutations(parts) if len(parts) <= 3 else (parts,):
                self._other[_folded("".join(order))].add((id,))

    def find(self, text: str) -> tuple[str, ...]:
        """The ids that `text` stands for: an id, an alias, a team, a full name; () when nobody or not sure."""
        exact = self._ids.get(text.strip().casefold())
        if exact:
            return exact
        found = self._other.get(_folded(text), set())
        return next(iter(found)) if len(found) == 1 else self._ids.get(text.partition("@")[0].strip().casefold(), ())

    def unsure(self, text: str) -> bool:
        return not self.find(text) and len(self._other.get(_folded(text), ())) > 1

    def all_of(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Everybody that `texts` stand for; of OLAT's "lovelace_ada_s1234" the last part counts too."""
        last = (self._ids.get(text.rpartition("_")[2].casefold(), ()) if "_" in text else () for text in texts)
        return tuple(dict.fromkeys(id for text, ids in zip(texts, last, strict=True) for id in self.find(text) or ids))

    def in_name(self, name: str) -> tuple[str, ...]:
        """The people in a zip's name: ada, ada+grace, team7, a5_ada_grace."""
        whole = self.find(name)
        if whole:
            return whole
        by_sign = [self.find(part) for part in re.split(r"[+&,]", name)]
        if len(by_sign) > 1 and all(by_sign):
            return tuple(dict.fromkeys(id for ids in by_sign for id in ids))
        # Not at spaces: the Ada of "Ada Byron" need not be the one whose id is ada.
        parts = re.split(r"[_+&,-]+", name)
        return tuple(dict.fromkeys(id for part in parts for id in self._ids.get(part.strip().casefold(), ())))


def _folded(text: str) -> str:
    """Letters and digits alone, small, without accents: Canvas writes "Ada Łovelace" as "lovelaceada" or the like."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())
