"""Group B: tampering inside the interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from attacks_b import ATTACKS, PLUGINS, SHADOWS
from common import AgainstAttacks, AgainstRaid
from raid import Attack, Raid

__all__ = ["ATTACKS"]


class TestAttacks(AgainstAttacks):
    pass


class TestRaid(AgainstRaid):
    pass


@pytest.mark.covers("B4", "B6")
@pytest.mark.parametrize("stowaway", [PLUGINS, SHADOWS], ids=lambda attack: attack.key)
def test_nothing_else_of_the_zip_is_kept_or_run(stowaway: Attack, raid: Raid) -> None:
    grade = raid.grade(stowaway)
    kept = raid.out / "submissions" / grade.submission
    assert [path.relative_to(kept).as_posix() for path in sorted(kept.rglob("*"))] == ["work.py"]
    assert "PLUGGED" not in grade.output
    assert "SHADOWED" not in grade.output


@pytest.mark.covers("B6")
def test_a_course_that_runs_pytest_beside_the_zip_is_fooled_by_its_conftest(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert False\n")

    def status() -> int:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert status() == 1
    (tmp_path / "pytest.ini").write_text(str(PLUGINS.files["pytest.ini"]))
    assert status() == 0
