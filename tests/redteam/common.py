"""What is asked of every attack and of every run with attackers in it: a test module takes these into a class."""

from __future__ import annotations

import pytest
from bare import Verdict
from leftovers import KINDS
from raid import Attack, Raid, honest, timeless


class AgainstAttacks:
    """`class TestA(AgainstAttacks)` in a module with ATTACKS runs each of these for each attack."""

    def test_no_point_is_gained(self, attack: Attack, raid: Raid) -> None:
        got, fair = raid.grade(attack), raid.grades["wrong"]
        assert got.score <= fair.score
        earned = {o.name: o.score for o in fair.outcomes}
        assert {o.name: o.score for o in got.outcomes if o.score > earned[o.name]} == {}
        assert all(got.questions[id] <= fair.questions[id] for id in fair.questions)

    def test_the_record_says_what_happened(self, attack: Attack, raid: Raid) -> None:
        got, fair = raid.grade(attack), raid.grades["wrong"]
        assert (got.status, len(got.outcomes)) == ("graded", len(fair.outcomes))
        assert set(attack.says) <= {"*", *(o.name for o in fair.outcomes)}, "the attack names a check that is none"
        for mine, other in zip(got.outcomes, fair.outcomes, strict=True):
            said = attack.says.get(mine.name, attack.says.get("*"))
            if said is None:
                assert (mine.outcome, mine.why, mine.hint) == (other.outcome, other.why, other.hint), mine.name
            else:
                assert mine.outcome in ("failed", "timed_out"), mine
                assert said in mine.why, mine.name
        first = next(o for o in got.outcomes if o.outcome != "passed")
        assert first.why in got.reason
        for note in attack.notes:
            assert note in "\n".join((*got.notes, *got.flags))

    def test_it_was_tried_and_nothing_got_through(self, attack: Attack, raid: Raid) -> None:
        printed = raid.grade(attack).output
        for said in (f"{attack.key} begins", *attack.prints):
            assert said in printed
        assert "GOT THROUGH" not in printed

    def test_in_a_grader_without_walls_it_works(self, fooling: Attack, bare: dict[str, Verdict]) -> None:
        wrong, got = bare["wrong"], bare[fooling.key]
        assert wrong.read(fooling.fools) < bare["0-right"].read(fooling.fools)
        assert got.read(fooling.fools) > wrong.read(fooling.fools)


class AgainstRaid:
    """What holds of the run as a whole."""

    @pytest.mark.parametrize("name", honest())
    def test_the_honest_are_graded_as_if_alone(self, name: str, raid: Raid, quiet: Raid) -> None:
        assert timeless(raid.grades[name]) == timeless(quiet.grades[name])
        for kind in ("json", "html"):
            page = f"feedback/{name}.{kind}"
            assert (raid.out / page).read_bytes() == (quiet.out / page).read_bytes()

    def test_everybody_has_one_record(self, raid: Raid, attacks: list[Attack]) -> None:
        assert sorted(raid.grades) == sorted([*honest(), *(attack.submission for attack in attacks)])
        assert raid.grades["zz-right"].score == raid.assignment.max_score
        assert 0 < raid.grades["wrong"].score < raid.assignment.max_score / 10

    def test_nothing_outside_was_harmed(self, raid: Raid) -> None:
        assert raid.harmed == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_nothing_is_left(self, kind: str, raid: Raid) -> None:
        assert raid.left[kind] == []
