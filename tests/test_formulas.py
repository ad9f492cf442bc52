"""Formulas at random points: each accepted form, and only one; familiar mistakes by their name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks import Failure, extremum, formula, one_of


class Theirs:
    """A student's function as the proxy gives it."""

    def __init__(self, f: object) -> None:
        self.f = f

    def many(self, calls: object) -> list[object]:
        return [self.f(*call) for call in calls]  # type: ignore[operator, attr-defined]


POINTS = [(3, 4, 2), (10, 5, 7), (1, 2, 9)]
COUNTS = one_of(
    {
        "the exact count": lambda n, L, K: (3 * L - 1) * n * K**2,
        "the sheet's approximation": lambda n, L, K: 3 * n * L * K**2,
    },
    but={"the backward pass has two products a layer": lambda n, L, K: n * L * K**2},
)


def why(f: object, forms: object = COUNTS, points: object = POINTS, **more: object) -> str:
    with pytest.raises(Failure) as caught:
        formula(Theirs(f), forms, points, "count", **more)  # type: ignore[arg-type]
    assert not any(digit in caught.value.why_hidden.replace("2 times", "") for digit in "13456789")
    return caught.value.why


def test_the_form_that_is_met_is_named() -> None:
    assert (
        formula(Theirs(lambda n, L, K: 3 * n * L * K * K), COUNTS, POINTS, "count").why
        == "It is the sheet's approximation."
    )
    assert (
        formula(Theirs(lambda n, L, K: n * K**2 * (3 * L - 1)), COUNTS, POINTS, "count").why == "It is the exact count."
    )
    assert formula(Theirs(lambda n, L, K: 7.0), lambda n, L, K: 7, POINTS, "count").why == ""


def test_a_mixture_of_two_forms_is_neither() -> None:
    mixed = iter(["exact", "about", "exact"])
    f = {"exact": lambda n, L, K: (3 * L - 1) * n * K**2, "about": lambda n, L, K: 3 * n * L * K**2}
    assert why(lambda *point: f[next(mixed)](*point)).startswith("count(10, 5, 7) is 7350 where 6860")


def test_a_familiar_mistake_is_named() -> None:
    assert why(lambda n, L, K: n * L * K**2).endswith("; the backward pass has two products a layer.")
    assert why(lambda n, L, K: 2 * (3 * L - 1) * n * K**2).endswith("; it is 2 times the right value.")
    assert why(lambda n, L, K: -(3 * L - 1) * n * K**2).endswith("; its sign is the wrong way round.")
    assert why(lambda n, L, K: n + L).endswith("was expected.")


def test_a_value_of_a_billionth_is_not_zero() -> None:
    tiny = one_of({"": lambda x: 1e-9 * x})
    assert formula(Theirs(lambda x: x / 1e9), tiny, [(1.0,), (2.0,)], "f") == 1.0
    with pytest.raises(Failure, match="it is 0 where it is small"):
        formula(Theirs(lambda x: 0.0), tiny, [(1.0,), (2.0,)], "f")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "count is None"),
        ("3", "count is a string, not an array."),
        (1j, "count gives complex128 values, not real numbers."),
        (True, "count gives bool values, not real numbers."),
        (float("nan"), "count gives NaN or infinity."),
        ([1.0, 2.0], "count gives an array of another shape than was asked for: (2,), not ()."),
    ],
)
def test_what_is_no_number_ends_in_a_sentence(value: object, said: str) -> None:
    with pytest.raises(Failure) as caught:
        formula(Theirs(lambda *point: value), COUNTS, POINTS, "count")
    assert caught.value.why.startswith(said)


def test_vectors_are_compared_entry_by_entry() -> None:
    points = [(np.array([1.0, 2.0]),), (np.array([3.0, -1.0]),)]
    assert formula(Theirs(lambda x: x**2), lambda x: x * x, points, "f") == 1.0
    with pytest.raises(Failure, match=r"f\(\[1, 2\]\) is \[1, 3\] where \[1, 4\] was expected\."):
        formula(Theirs(lambda x: x + x - 1), lambda x: x * x, points, "f")


def test_a_check_that_would_let_a_constant_pass_is_refused() -> None:
    with pytest.raises(ValueError, match="at two points at least"):
        formula(Theirs(lambda x: x), lambda x: x, [(1.0,)], "f")
    with pytest.raises(ValueError, match="say why"):
        formula(Theirs(lambda x: x), lambda x: x, [(1.0,), (2.0,)], "f", rtol=1e-2)
    with pytest.raises(ValueError, match="not finite"):
        formula(Theirs(lambda x: x), lambda x: np.inf, [(1.0,), (2.0,)], "f")
    with pytest.raises(ValueError, match="at least one"):
        one_of({})


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-5, 1e3), st.integers(0, 2**32))
def test_only_the_formula_itself_passes(off: float, scale: float, seed: int) -> None:
    points = [(float(x),) for x in np.random.default_rng(seed).uniform(0.5, 2, 4)]
    right = Theirs(lambda x: scale * x**2)
    assert formula(right, lambda x: scale * x * x, points, "f") == 1.0
    if abs(off) > 1e-4 * scale:
        with pytest.raises(Failure):
            formula(Theirs(lambda x: scale * x**2 + off), lambda x: scale * x * x, points, "f")


@pytest.mark.parametrize(
    "given", [0.25, 1 / 4, np.float32(0.25), (0.25, True), [0.25, True], {"value": 0.25, "attained": True}]
)
def test_a_maximum_may_be_given_in_several_forms(given: object) -> None:
    extremum(given, 0.25, "the maximum")
    if not isinstance(given, (float, np.floating)):
        extremum(given, 0.25, "the maximum", attained=True)


@pytest.mark.parametrize("given", [0, 0.0, "0", "→0", "-> 0", (0, False), ("→0", False)])
def test_zero_may_be_written_as_a_limit(given: object) -> None:
    extremum(given, 0.0, "the infimum")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "the infimum is None, not a number."),
        ("zero", "the infimum is a string, not a number."),
        (True, "the infimum is a truth value, not a number."),
        (1e-9, "the infimum is not 1e-09."),
        (float("nan"), "the infimum is not one finite number."),
        ([0.0, 1.0, 2.0], "the infimum is not one finite number."),
        ((0, True), "the infimum is not attained."),
        (0, "the infimum does not say whether it is attained"),
        ((0, "no"), "the infimum does not say whether it is attained"),
    ],
)
def test_a_wrong_infimum_ends_in_a_sentence(given: object, said: str) -> None:
    with pytest.raises(Failure) as caught:
        extremum(given, 0.0, "the infimum", attained=False)
    assert caught.value.why.startswith(said)
