"""The package's wheel is the same bits on every run and holds the package alone."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from autograder import __version__
from autograder.course import CourseError, wheel

HOUSE = Path(__file__).parent.parent


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The project as a checkout has it, with something beside the package that must stay out."""
    root = tmp_path / "house"
    shutil.copytree(HOUSE / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(HOUSE / name, root / name)
    (root / "solutions" / "a1").mkdir(parents=True)
    (root / "solutions" / "a1" / "layers.py").write_text("secret = 1\n")
    return root


def test_it_holds_the_package_alone(house: Path, tmp_path: Path) -> None:
    path = wheel.build(house, tmp_path / "out")
    assert path.name == f"autograder-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    info = f"autograder-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"autograder", info}
    assert {"autograder/__init__.py", "autograder/py.typed", f"{info}/entry_points.txt", f"{info}/RECORD"} <= set(names)
    assert not [name for name in names if name.endswith((".pyc", ".db"))]


def test_the_bits_stay(house: Path, tmp_path: Path) -> None:
    first = wheel.build(house, tmp_path / "one").read_bytes()
    for path in (house / "autograder").rglob("*.py"):
        path.chmod(0o700)
        path.touch()
    (house / "autograder" / "__pycache__").mkdir()
    (house / "autograder" / "__pycache__" / "model.pyc").write_bytes(b"x")
    assert wheel.build(house, tmp_path / "two").read_bytes() == first


def test_what_does_not_belong_is_refused(house: Path, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"has no pyproject\.toml"):
        wheel.build(tmp_path, tmp_path)
    text = (house / "pyproject.toml").read_text()
    (house / "pyproject.toml").write_text(
        text.replace('packages = ["autograder"]', 'packages = ["autograder", "solutions"]', 1)
    )
    with pytest.raises(CourseError, match=r"holds solutions/a1/layers\.py, but may hold nothing outside autograder/"):
        wheel.build(house, tmp_path)
