"""Builds the package as a wheel, the same bytes on every run, for the handouts to carry."""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hatchling.builders.wheel import WheelBuilder

from autograder.course.archive import pack
from autograder.course.toml import CourseError


def build(root: Path, out: Path) -> Path:
    """The wheel of the project in `root`, written into `out`; raises CourseError.

    hatchling takes permissions from the disk, so the wheel is packed anew with fixed ones. It holds the package alone.
    """
    if not (root / "pyproject.toml").is_file():
        raise CourseError(f"{root.as_posix()}: has no pyproject.toml, so there is no wheel to build")
    with TemporaryDirectory() as folder:
        built = Path(next(WheelBuilder(str(root)).build(directory=folder, versions=["standard"])))
        with zipfile.ZipFile(built) as archive:
            files = [(name, archive.read(name)) for name in archive.namelist()]
    package = built.name.partition("-")[0]
    for name, _ in files:
        if not name.startswith((f"{package}/", f"{package}-")):
            raise CourseError(f"{built.name}: holds {name}, but may hold nothing outside {package}/")
    return pack(out / built.name, files)
