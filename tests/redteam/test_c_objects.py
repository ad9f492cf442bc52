"""Group C: objects that lie about themselves."""

from __future__ import annotations

import pytest
from attacks_c import ATTACKS, MALICIOUS_EXCEPTION, REPR_BOMB
from common import AgainstAttacks, AgainstRaid
from raid import Raid

__all__ = ["ATTACKS"]


class TestAttacks(AgainstAttacks):
    pass


class TestRaid(AgainstRaid):
    pass


@pytest.mark.covers("C10", "C11")
def test_what_an_object_says_of_itself_is_short_and_visible(raid: Raid) -> None:
    for attack in (MALICIOUS_EXCEPTION, REPR_BOMB):
        for outcome in raid.grade(attack).outcomes:
            assert len(outcome.why) <= 600
            assert outcome.why.isprintable()


@pytest.mark.covers("C10")
def test_an_exception_brings_no_verdict_along(raid: Raid) -> None:
    """Ours carry an outcome and sentences; one of the submission's that does is an exception like any other."""
    said = " ".join(outcome.why for outcome in raid.grade(MALICIOUS_EXCEPTION).outcomes)
    assert "all is well" not in said
    assert "Passed" not in " ".join(o.why for o in raid.grade(MALICIOUS_EXCEPTION).outcomes if o.visibility == "hidden")
