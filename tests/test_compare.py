"""close, equal and unchanged: what they let through, what they refuse, and what they say about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from autograder.checks import FLOAT32, Failure, close, compare, equal, held, shape_of, unchanged

WANT = np.random.default_rng(0).normal(size=(6, 5))
Array = NDArray[np.float64]


class Handle:
    """Like the proxy's: it has a type's name and would ask the student's side for anything else."""

    type_name = "generator"
    asked: ClassVar[list[str]] = []

    def __len__(self) -> int:
        self.asked.append("len")
        return 2

    def __getitem__(self, key: object) -> object:
        self.asked.append("item")
        return 1.0


def failure(call: Callable[[], object]) -> Failure:
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


def why(got: object, want: object = WANT, name: str = "dw", **more: object) -> str:
    return failure(lambda: close(got, want, name, **more)).why  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (WANT.copy(), WANT),
        (WANT.astype(np.float32).astype(np.float64), WANT),
        (WANT.astype(np.float32), WANT),
        (np.asfortranarray(WANT), WANT),
        (WANT[::-1][::-1], WANT),
        (WANT.astype(">f8"), WANT),
        (torch.tensor(WANT), WANT),
        (torch.tensor(WANT, requires_grad=True), torch.tensor(WANT)),
        (torch.ones(3, dtype=torch.bfloat16), np.ones(3)),
        (WANT.tolist(), WANT),
        (0.5, 0.5),
        (np.float32(0.5), 0.5),
        (np.array(0.5), 0.5),
        (0, 0.0),
        (2, 2),
        ([1, 2], [1.0, 2.0]),
        (1e300, 1e300),
        (np.zeros(3), np.zeros(3)),
    ],
)
def test_what_is_close_passes(got: object, want: object) -> None:
    close(got, want, "dw")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "dw is None: did the function return it?"),
        (Handle(), "dw is a generator, not an array."),
        ("abc", "dw is a string, not an array."),
        ({"a": 1}, "dw is a dict, not an array."),
        ([Handle(), Handle()], "dw is a list that does not hold numbers in rows of equal length."),
        ([[1.0, 2.0], [3.0]], "dw is a list that does not hold numbers in rows of equal length."),
        ([None], "dw is a list that does not hold numbers in rows of equal length."),
        (np.array([{}, 1], dtype=object), "dw is an array that does not hold numbers in rows of equal length."),
        (np.array(["1.0"]), "dw is an array that does not hold numbers in rows of equal length."),
        (WANT.T, "dw has shape (5, 6); (6, 5) was expected; it looks transposed."),
        (WANT[None], "dw has shape (1, 6, 5); (6, 5) was expected; the axes of length 1 differ."),
        (WANT[:, :1], "dw has shape (6, 1); (6, 5) was expected."),
        (0.5, "dw has shape (); (6, 5) was expected."),
        (np.empty((0, 5)), "dw has shape (0, 5); (6, 5) was expected."),
        (WANT > 0, "dw is made of True and False, not of numbers."),
        (WANT + 0j, "dw is complex; real numbers were expected."),
        (np.round(WANT).astype(int), "dw holds whole numbers (int64) where fractions were expected."),
        (np.full((6, 5), np.nan), "dw: every entry is NaN."),
        (np.where(np.arange(30).reshape(6, 5) == 7, np.inf, WANT), "dw: 1 of 30 entries is infinite."),
    ],
)
def test_what_is_no_such_array_is_said(got: object, said: str) -> None:
    if isinstance(got, np.ndarray) and got.dtype.kind == "i":
        said = said.replace("int64", str(got.dtype))
    assert why(got) == said


@pytest.mark.parametrize("got", [Handle(), [Handle(), Handle()], (1.0, [Handle()])])
def test_a_comparison_asks_the_students_side_for_nothing(got: object) -> None:
    Handle.asked.clear()
    why(got)
    failure(lambda: equal(got, 1, "it"))
    assert Handle.asked == []


@pytest.mark.parametrize("got", [True, np.True_])
def test_a_truth_value_is_no_number(got: object) -> None:
    assert why(got, 1.0, "loss") == "loss is made of True and False, not of numbers."


def test_nan_never_passes() -> None:
    got = WANT.copy()
    got[2, 3] = np.nan
    assert "NaN" in why(got)
    assert why(float("nan"), 1.0, "loss") == "loss is NaN."
    assert why(float("inf"), 1.0, "loss") == "loss is infinite."


def test_what_cannot_be_compared_counts_as_off() -> None:
    """The layer below: even without the look for NaN, `not close` never means close."""
    assert compare._off(np.array([np.nan, np.inf, 1.0]), np.ones(3), 1e-6, 0.0, 1e-9).tolist() == [True, True, False]


def test_the_expected_value_must_be_finite() -> None:
    for want in (np.array([1.0, np.nan]), np.array([np.inf, 1.0]), np.empty(0), np.array(["a"]), np.array([1j])):
        with pytest.raises(ValueError, match="expected value"):
            close(np.array([1.0, np.nan]), want, "dw")


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-150, 1e-12, 1e-8, 1e-3, 1.0, 1e8, 1e150]),
    slip=st.sampled_from([2e-6, 1e-3, 0.1, 1.0, -2.0]),
)
def test_a_slip_shows_at_every_scale(seed: int, scale: float, slip: float) -> None:
    """A gradient of 1e-8 is judged as sharply as one of 1: no fixed floor lets zeros or scaled ones through."""
    want = scale * np.random.default_rng(seed).normal(size=(3, 4))
    close(want * (1 + 1e-7), want, "dw")
    with pytest.raises(Failure):
        close(want * (1 + slip), want, "dw")
    with pytest.raises(Failure):
        close(np.zeros_like(want), want, "dw")


def test_zeros_are_expected_exactly_but_for_rounding() -> None:
    close(np.full(3, 1e-13), np.zeros(3), "dw")
    assert "off" in why(np.full(3, 1e-9), np.zeros(3))


def test_nothing_overflows_into_a_pass() -> None:
    assert "off" in why(np.full(3, -1.7e308), np.full(3, 1.7e308))


def test_one_wrong_entry_of_many_shows() -> None:
    got = np.ones((50, 50))
    got[31, 7] = 1.0001
    assert why(got, np.ones((50, 50))) == "dw: 1 of 2500 entries is off, worst at [31, 7]: 1.0001 where 1 was expected."


def test_the_sentence_names_share_place_numbers_and_likeness() -> None:
    said = failure(lambda: close(WANT * 6, WANT, "dw", hint="Divide by N.", like={"batch": 6}))
    worst = np.unravel_index(np.abs(WANT).argmax(), WANT.shape)
    assert said.why == (
        f"dw: every entry is off, worst at [{worst[0]}, {worst[1]}]: {6 * WANT[worst]:.6g} where {WANT[worst]:.6g} "
        "was expected; it looks like a sum over the batch where a mean was asked."
    )
    assert said.hint == "Divide by N."
    assert said.why_hidden == "dw is off in every entry; it looks like a sum over the batch where a mean was asked."


@pytest.mark.parametrize(
    "got",
    [
        WANT * 3.7,
        WANT + 0.31,
        WANT.T,
        WANT[:3],
        np.round(WANT, 2),
        np.where(WANT > 1, np.nan, WANT),
        WANT + 1e-3,
        [1.0],
        7.25,
    ],
)
def test_a_hidden_sentence_holds_no_number(got: object) -> None:
    hidden = failure(lambda: close(got, WANT, "dw")).why_hidden
    assert not re.search(r"\d", hidden), hidden
    assert hidden.startswith("dw")
    assert hidden.endswith(".")


def test_a_scalar_is_said_in_one_breath() -> None:
    said = failure(lambda: close(0.25, 2.3, "loss"))
    assert said.why == "loss is 0.25 where 2.3 was expected."
    assert said.why_hidden == "loss has the wrong value."


@pytest.mark.parametrize("loose", [{"rtol": 1e-3}, {"rtol": 2e-6}, {"floor": 1e-6}, {"atol": 1e-12}])
def test_looseness_needs_a_reason(loose: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="reason"):
        close(WANT, WANT, "dw", **loose)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="reason"):
        close(WANT, WANT, "dw", reason="  ", **loose)  # type: ignore[arg-type]
    close(WANT, WANT, "dw", reason="float32 input", **loose)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [{"rtol": np.nan}, {"rtol": -1.0}, {"atol": np.inf}, {"floor": 1.0}, {"rtol": 1.0}])
def test_a_tolerance_that_is_none_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        close(WANT, WANT, "dw", reason="because", **bad)  # type: ignore[arg-type]


def test_float32_has_its_own_tolerance_which_still_sees_slips() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(20, 300)), rng.normal(size=(300, 10))
    got = a.astype(np.float32) @ b.astype(np.float32)
    close(got, a @ b, "out", **FLOAT32)
    with pytest.raises(Failure):
        close(got * np.float32(1.001), a @ b, "out", **FLOAT32)


def test_the_dtype_may_be_asked_for() -> None:
    close(WANT.astype(np.float32), WANT, "out", dtype=np.float32, **FLOAT32)
    assert why(WANT, dtype="float32") == "dw is float64; float32 was expected."
    close(np.arange(3), [0, 1, 2], "labels", dtype=int)


def test_an_ndarray_subclass_is_compared_by_its_data() -> None:
    class Liar(np.ndarray):  # type: ignore[type-arg]
        def __sub__(self, other: object) -> Array:  # type: ignore[override]
            return np.zeros(self.shape)

        def __array_ufunc__(self, *args: object, **more: object) -> Array:
            return np.zeros(self.shape)

    assert "off" in why((WANT + 1).view(Liar))


def test_the_expected_array_is_not_touched() -> None:
    want = WANT.copy()
    want.setflags(write=False)
    got = WANT * 2
    failure(lambda: close(got, want, "dw", like={"batch": 6, "x": WANT}))
    assert np.array_equal(want, WANT)
    assert np.array_equal(got, WANT * 2)


def test_unchanged_sees_every_bit() -> None:
    x = np.array([1.0, np.nan, -0.0])
    unchanged(x.copy(), x, "x")
    for after in (np.array([1.0, np.nan, 0.0]), np.array([1.0, 2.0, -0.0]), x.astype(np.float32), x[:2]):
        said = failure(lambda after=after: unchanged(after, x, "x", of="relu_forward"))  # type: ignore[misc]
        assert said.why == "relu_forward changed its argument x in place."


def test_unchanged_takes_any_memory_layout() -> None:
    unchanged(np.ascontiguousarray(WANT.T), WANT.T, "x")


def test_unchanged_sees_another_dtype_of_the_same_bits() -> None:
    failure(lambda: unchanged(np.zeros(3, dtype=np.int64), np.zeros(3), "x"))


@pytest.mark.parametrize(
    ("got", "want"),
    [
        ("adam", "adam"),
        (3, 3),
        (np.int64(3), 3),
        (True, np.True_),
        ([1, (2, 3)], [1, (2, 3)]),
        ({"W1": (20, 5)}, {"W1": (20, 5)}),
        (np.arange(3), np.arange(3)),
        (None, None),
    ],
)
def test_equal_things_are_equal(got: object, want: object) -> None:
    equal(got, want, "it")


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        (True, 1, "it is True; 1 was expected."),
        (1, True, "it is 1; True was expected."),
        (1.0, 1, "it is 1.0; 1 was expected."),
        ((1, 2), [1, 2], "it is (1, 2); [1, 2] was expected."),
        (None, 3, "it is None; 3 was expected."),
        (Handle(), 3, "it is a generator; 3 was expected."),
        ({"W": 1}, {"W1": 1}, "it is {'W': 1}; {'W1': 1} was expected."),
        (np.arange(3), np.arange(4), "it is array([0, 1, 2]); array([0, 1, 2, 3]) was expected."),
        ([1, float("nan")], [1, float("nan")], "it is [1, nan]; [1, nan] was expected."),
        ("\x1b[31mred", "red", "it is '\\x1b[31mred'; 'red' was expected."),
    ],
)
def test_unequal_things_are_said(got: object, want: object, said: str) -> None:
    caught = failure(lambda: equal(got, want, "it", hint="Look."))
    assert caught.why == said
    assert (caught.why_hidden, caught.hint) == ("it is not what was expected.", "Look.")


def test_shape_of_gives_plain_numbers_or_a_sentence() -> None:
    assert shape_of(torch.zeros(2, 3)) == (2, 3)
    assert failure(lambda: shape_of(None, "out")).why == "out is None: did the function return it?"


def test_what_stays_in_the_worker_is_told_from_plain_values() -> None:
    model = Handle()
    assert held(model, "model") is model
    assert failure(lambda: held(3, "model")).why == "model is a whole number."
    assert failure(lambda: held(None, "model", "Train it.")).hint == "Train it."
