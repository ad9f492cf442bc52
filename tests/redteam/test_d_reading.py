"""Group D: reading what must stay hidden, and carrying it away."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from attacks_d import ATTACKS, CARRY_OUT, LEAVE
from bare import Verdict, judge
from common import AgainstAttacks, AgainstRaid
from raid import SEED, Raid

__all__ = ["ATTACKS"]


class TestAttacks(AgainstAttacks):
    pass


class TestRaid(AgainstRaid):
    pass


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """With the one that leaves something behind before the one that takes it."""
    return judge(tmp_path_factory.mktemp("bare"), [attack for attack in ATTACKS if attack.fools or attack is LEAVE])


def drawn(check: str, shape: tuple[int, ...]) -> list[str]:
    """The first digits of what a hidden check of the run drew."""
    rng = np.random.default_rng([SEED, zlib.crc32(check.encode())])
    return [f"{abs(value):.12g}"[:9] for value in rng.normal(size=shape).ravel()]


HIDDEN_INPUTS = {
    "check_double_of_draws": (5, 3),
    "check_meter": (6,),
    "check_triple": (4, 2),
}


@pytest.mark.parametrize("check", HIDDEN_INPUTS)
def test_hidden_inputs_reach_nothing_that_a_student_reads(check: str, raid: Raid) -> None:
    grade = raid.grade(CARRY_OUT)
    digits = drawn(check, HIDDEN_INPUTS[check])
    assert all(text in grade.output for text in digits), "the attack did not see them, so nothing is shown"
    pages = [(raid.out / "feedback" / f"{grade.submission}.{kind}").read_text("utf-8") for kind in ("html", "json")]
    for text in digits:
        for written in (text, text.replace(".", "p"), text.replace(".", ",")):
            assert not any(written in page for page in (*pages, grade.reason, *grade.flags, *grade.notes))
