"""A data set's arrays as files in the user's cache, written once and mapped by every process that needs them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from autograder.data.dataset import PARTS, DataError, digest

Array = NDArray[Any]
NAMES: Final = tuple(f"{axis}_{part}" for part in PARTS for axis in "xy")
_FORM: Final = "1"
"""Of the files: another number when they are written in another way."""
_AT_ONCE: Final = 50
_ABOUT: Final = "about.json"


def kept(
    name: str, files: Sequence[Path], read: Callable[[], Mapping[str, Array]]
) -> tuple[dict[str, Array], str, Path]:
    """(the six arrays, their checksum, the folder they lie in) of a set that is read from `files`.

    `read` gives bytes 0 to 255 and labels, and is called where the cache does not hold what these files give. Images
    are kept as float32 in [0, 1], and mapped: nothing of them is in memory until it is looked at. Raises DataError.
    """
    place = cache() / f"{name}-{_fingerprint(files)}"
    if not (place / _ABOUT).is_file():
        _write(place, read())
    try:
        about = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
        return {array: mapped(place / f"{array}.npy", "r") for array in NAMES}, about["checksum"], place
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{name}: {place} cannot be read ({error}); remove that folder") from error


def cache() -> Path:
    """The folder of what can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autograder"


def mapped(path: Path, mode: Any) -> Array:
    """The array in a `.npy` file, not read yet. Raises OSError and ValueError."""
    return np.asarray(np.load(path, mmap_mode=mode, allow_pickle=False))


def _fingerprint(files: Sequence[Path]) -> str:
    """Of names, sizes and times: whoever fetches anew gets new arrays."""
    seen = [(os.path.abspath(path), (about := os.stat(path)).st_size, about.st_mtime_ns) for path in files]
    return hashlib.sha256(json.dumps([_FORM, seen]).encode()).hexdigest()[:16]


def _write(place: Path, parts: Mapping[str, Array]) -> None:
    """Beside its place first, so that nobody finds a half of it."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=place.parent, prefix=".unfinished-"))
    except OSError as error:
        raise DataError(
            f"{place.parent}: cannot be written ({error.strerror}); name another in XDG_CACHE_HOME"
        ) from error
    try:
        for name in NAMES:
            _save(unfinished / f"{name}.npy", parts[name])
        checksum = digest((name, mapped(unfinished / f"{name}.npy", "r")) for name in NAMES)
        (unfinished / _ABOUT).write_text(json.dumps({"checksum": checksum}), encoding="utf-8")
        if not (place / _ABOUT).is_file():
            shutil.rmtree(place, ignore_errors=True)
            os.replace(unfinished, place)
    except OSError as error:
        if not (place / _ABOUT).is_file():  # unless another process was quicker
            raise DataError(f"{place}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _save(path: Path, part: Array) -> None:
    if part.dtype != np.uint8:
        np.save(path, part)
        return
    to = open_memmap(path, mode="w+", dtype=np.float32, shape=part.shape)
    for start in range(0, len(part), _AT_ONCE):
        np.divide(part[start : start + _AT_ONCE], np.float32(255), out=to[start : start + _AT_ONCE])
    to.flush()
