"""Names that come out of an archive: made clean and relative, or refused with a reason."""

from __future__ import annotations

import re
import unicodedata

MAX_DEPTH = 32
MAX_PART = 200
MAX_NAME = 120

_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# Controls, invisible format and direction marks, halves of characters, and the two Unicode line ends.
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}

_JUNK_FOLDERS = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv"}
_JUNK_FILES = {"desktop.ini", "thumbs.db", "ehthumbs.db"}


class BadNameError(ValueError):
    """A name that no file is written under. `hostile` when no ordinary tool would have written it."""

    def __init__(self, why: str, hostile: bool = False) -> None:
        super().__init__(why)
        self.hostile = hostile


def clean(raw: str) -> str:
    """`raw` as a relative path in NFC with forward slashes; raises BadNameError when it is not one on every system."""
    if any(unicodedata.category(c) in _INVISIBLE for c in raw):
        raise BadNameError("it holds invisible characters", hostile="\0" in raw)
    # Older Windows tools write backslashes between folders.
    path = unicodedata.normalize("NFC", raw).replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts:
        raise BadNameError("it leads outside its folder", hostile=True)
    if not parts:
        raise BadNameError("it is empty")
    if len(parts) > MAX_DEPTH:
        raise BadNameError(f"it is more than {MAX_DEPTH} folders deep")
    for part in parts:
        if len(part.encode()) > MAX_PART:
            raise BadNameError("it is too long")
        if part[-1] in ". ":
            raise BadNameError("it ends in a dot or a space")
        if ":" in part or _DEVICE.fullmatch(part):
            raise BadNameError("Windows keeps that name for itself")
    return "/".join(parts)


def is_junk(path: str) -> bool:
    """Whether a clean path is something that editors and systems leave behind and nobody needs to be told about."""
    *folders, name = path.split("/")
    if any(part in _JUNK_FOLDERS or part.startswith(".") for part in folders):
        return True
    return name.startswith(".") or name in _JUNK_FOLDERS or name.casefold() in _JUNK_FILES or name.endswith(".pyc")


def show(name: str, most: int = 60) -> str:
    """`name` as it may be printed: one line, no invisible characters, not longer than `most`."""
    plain = "".join("?" if unicodedata.category(c) in _INVISIBLE else c for c in name)
    return plain if len(plain) <= most else plain[: most // 2] + "…" + plain[-(most // 2 - 1) :]


def some(names: list[str], most: int = 5) -> str:
    """The first few of `names` for a sentence: "a, b and 3 more"."""
    shown = ", ".join(show(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def counted(count: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def label(file_name: str, is_folder: bool) -> str:
    """What a submission is called after its zip or folder: one path component without its ending, fit for any disk."""
    name = unicodedata.normalize("NFC", file_name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    name = "".join("_" if unicodedata.category(c) in _INVISIBLE or c in "/\\:" else c for c in name)
    if not is_folder:
        name = re.sub(r"\.tar(\.[a-z0-9]{1,4})?$|\.[A-Za-z0-9]{1,5}$", "", name, flags=re.IGNORECASE) or name
    name = re.sub(r"^\.+|^-+", "_", name.strip()).rstrip(". ")
    return name.encode()[:MAX_NAME].decode("utf-8", "ignore").rstrip(". ") or "unnamed"


def numbered(name: str, number: int) -> str:
    """A label that differs from `name` by a number, and is still one: `label` changes nothing about it."""
    tail = f"-{number}"
    return name.encode()[: MAX_NAME - len(tail)].decode("utf-8", "ignore") + tail
