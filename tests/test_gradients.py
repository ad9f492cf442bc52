"""Slopes, own slopes, autograd references and linearity: right gradients pass, wrong ones do not, cheaply."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from autograder.checks import Failure, close, gradient, linear_in, own_slope, own_slopes, slope, value
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student

Array = NDArray[np.float64]
RNG = np.random.default_rng(0)


def counted(f: Callable[[Array], Array]) -> tuple[Callable[[Array], Array], list[int]]:
    calls = [0]

    def g(x: Array) -> Array:
        calls[0] += 1
        return f(x)

    return g, calls


def squash(x: Array) -> Array:
    out: Array = np.tanh(x @ W)
    return out


W = RNG.normal(size=(5, 4))
X = RNG.normal(size=(6, 5))
DOUT = RNG.normal(size=(6, 4))
DX = DOUT * (1 - np.tanh(X @ W) ** 2) @ W.T


class Own:
    """A student's function as the proxy shows it; counts messages and calls."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function, self.messages, self.calls, self.alone = function, 0, 0, 0

    def many(self, calls: Sequence[tuple[object, ...]]) -> list[object]:
        self.messages += 1
        self.calls += len(calls)
        return [self.function(*args) for args in calls]

    def aside(self, number: int, *args: object) -> object:
        self.alone += 1
        return copy.deepcopy(self.function)(*args)


def failure(call: Callable[[], object]) -> Failure:
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


def test_a_right_gradient_costs_two_evaluations_a_direction() -> None:
    f, calls = counted(squash)
    close(DX, slope(f, X, DOUT), "dx")
    assert calls == [6]


@pytest.mark.parametrize("size", [1e-8, 1e-3, 1.0, 1e4])
def test_a_right_gradient_passes_at_every_scale(size: float) -> None:
    close(size * DX, slope(squash, X, size * DOUT), "dx")
    close(size * DX, slope(lambda x: size * squash(x), X, DOUT), "dx")


def test_a_loss_needs_no_dout() -> None:
    close(2 * X, slope(lambda x: (x**2).sum(), X), "dx")


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e4])
@pytest.mark.parametrize("slip", [0.0, -1.0, 2.0, 1 + 1e-3, 1 - 1e-3, 1 + 1e-5, 6.0, 1 / 6])
def test_scaled_gradients_fail_at_every_scale(size: float, slip: float) -> None:
    with pytest.raises(Failure):
        close(slip * size * DX, slope(squash, X, size * DOUT), "dx")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), entry=st.integers(0, 29), off=st.sampled_from([1e-3, -0.5, 4.0]))
def test_one_wrong_entry_of_thirty_is_found(seed: int, entry: int, off: float) -> None:
    wrong = DX.copy()
    wrong.flat[entry] += off
    said = failure(lambda: close(wrong, slope(squash, X, DOUT, rng=np.random.default_rng(seed)), "dx"))
    index = ", ".join(str(int(i)) for i in np.unravel_index(entry, DX.shape))
    assert said.why.startswith(f"dx: 1 of 30 entries is off, worst at [{index}]")


def test_a_failure_says_what_the_gradient_looks_like() -> None:
    said = failure(lambda: close(6 * DX, slope(squash, X, DOUT), "dx", hint="Divide by N.", like={"batch": 6}))
    assert said.why.endswith("it looks like a sum over the batch where a mean was asked.")
    assert said.hint == "Divide by N."


def test_a_large_gradient_is_explained_without_all_of_its_entries() -> None:
    x = RNG.normal(size=5000)
    f, calls = counted(lambda x: x**2)
    said = failure(lambda: close(6 * x, slope(f, x, np.ones(5000)), "dx"))
    assert "it is 3 times what it should be" in said.why
    assert "3" not in said.why_hidden
    assert calls[0] <= 18
    assert (
        "along a random direction"
        in failure(lambda: close(RNG.normal(size=5000), slope(f, x, np.ones(5000)), "dx")).why
    )


def test_shape_and_finiteness_are_said_before_anything_is_measured() -> None:
    f, calls = counted(squash)
    assert "looks transposed" in failure(lambda: close(DX.T, slope(f, X, DOUT), "dx")).why
    assert "NaN" in failure(lambda: close(np.full_like(DX, np.nan), slope(f, X, DOUT), "dx")).why
    assert "over" not in failure(lambda: close(np.full_like(DX, 1e308), slope(f, X, DOUT), "dx")).why
    assert calls[0] > 0


def test_a_zero_gradient_is_right_where_the_function_is_flat() -> None:
    x = np.abs(X) + 0.1
    close(np.zeros_like(x), slope(lambda x: np.maximum(-x, 0), x, np.ones_like(x)), "dx")
    with pytest.raises(Failure):
        close(np.full_like(x, 1e-3), slope(lambda x: np.maximum(-x, 0), x, np.ones_like(x)), "dx")


@pytest.mark.parametrize("distance", [3e-6, 4e-7, 5e-8])
def test_a_kink_close_by_does_no_harm(distance: float) -> None:
    x = X.copy()
    x[2, 3] = distance
    close(DOUT[:, :1] * (x > 0), slope(lambda x: np.maximum(x, 0), x, DOUT[:, :1] * np.ones_like(x)), "dx")


def test_a_jump_is_the_checks_own_fault() -> None:
    x = np.array([0.3, 1e-9])
    with pytest.raises(ValueError, match="not smooth"):
        close(np.array([1.0, 0.0]), slope(lambda x: x + (x > 0), x, np.ones(2)), "dx")


def test_a_function_too_large_to_see_its_slope_is_the_checks_own_fault() -> None:
    with pytest.raises(ValueError, match="too large"):
        close(np.ones(3), slope(lambda x: x + 1e7, np.ones(3), np.ones(3)), "dx")


def test_the_whole_slope_can_be_had() -> None:
    assert np.allclose(np.asarray(slope(squash, X, DOUT)), DX, rtol=0, atol=1e-8)


def test_own_slope_follows_a_wrong_forward_in_one_message() -> None:
    def wrong(x: Array, w: Array) -> tuple[Array, tuple[Array, Array]]:
        return np.sin(x @ w) * 3, (x, w)

    forward = Own(wrong)
    dx = 3 * DOUT * np.cos(X @ W) @ W.T
    dw = 3 * X.T @ (DOUT * np.cos(X @ W))
    close(dx, own_slope(forward, (X, W), wrt=0, dout=DOUT), "dx")
    assert (forward.messages, forward.calls, forward.alone) == (1, 6, 2)
    close(dw, own_slope(forward, (X, W), wrt=1, dout=DOUT), "dw")
    for slip in (0.0, -1.0, 1.001, 6.0):
        with pytest.raises(Failure):
            close(slip * dx, own_slope(forward, (X, W), wrt=0, dout=DOUT), "dx")


class Remembers:
    """Right where it was not called before and, near where it was, as if its slope were twice what it is."""

    def __init__(self) -> None:
        self.base: list[Array] = []

    def __deepcopy__(self, memo: object) -> Remembers:
        return Remembers()

    def __call__(self, x: Array) -> Array:
        if not self.base:
            self.base.append(x)
        return 2 * squash(x) - squash(self.base[0])


def test_a_forward_that_remembers_earns_no_gradient_that_fits() -> None:
    forward = Own(Remembers())
    said = failure(lambda: close(2 * DX, own_slope(forward, (X,), wrt=0, dout=DOUT, pick=None, of="f"), "dx"))
    assert said.why == "dx cannot be judged: f answers otherwise where it has not been called before."
    with pytest.raises(Failure, match="off"):
        close(DX, own_slope(Own(Remembers()), (X,), wrt=0, dout=DOUT, pick=None, of="f"), "dx")


def test_a_forward_with_a_fine_ripple_earns_no_gradient_that_fits() -> None:
    def rippled(x: Array) -> Array:
        """Off by a millionth at most, and twice as steep wherever one stands."""
        nearest = x.round(6)
        return squash(nearest) + 2 * (squash(x) - squash(nearest))

    x, dout = X.round(6), DOUT  # where steps of a tenth of a ripple stay within it
    assert np.allclose(rippled(X), squash(X), rtol=1e-5, atol=1e-5)
    with pytest.raises(Failure, match="answers otherwise"):
        close(2 * gradient_at(x), own_slope(Own(rippled), (x,), wrt=0, dout=dout, pick=None), "dx")


def gradient_at(x: Array) -> Array:
    grad: Array = DOUT * (1 - np.tanh(x @ W) ** 2) @ W.T
    return grad


class RemembersBoth:
    """As `Remembers`, for two arguments; the slope of the second is right, and far larger than that of the first."""

    def __init__(self) -> None:
        self.base: list[Array] = []

    def __deepcopy__(self, memo: object) -> RemembersBoth:
        return RemembersBoth()

    def __call__(self, x: Array, b: Array) -> Array:
        if not self.base:
            self.base.append(x)
        return 2 * squash(x) - squash(self.base[0]) + 3000 * b


def test_slopes_of_several_arguments_share_what_is_asked_anew() -> None:
    def tell(function: Callable[..., object], times: float) -> Own:
        forward = Own(function)
        first, second = own_slopes(forward, (X, DOUT), wrt=(0, 1), dout=DOUT, pick=None, of="f")
        close(times * DX, first, "dx")
        assert forward.alone == 0
        close(3000 * DOUT, second, "db")
        return forward

    assert tell(lambda x, b: squash(x) + 3000 * b, 1).alone == 2
    said = failure(lambda: tell(RemembersBoth(), 2))
    assert said.why == "dx and db cannot be judged: f answers otherwise where it has not been called before."


def test_own_slope_explains_small_gradients_entry_by_entry() -> None:
    forward = Own(lambda x: np.sin(x))
    said = failure(
        lambda: close(np.cos(X).T.copy(), own_slope(forward, (X[:5],), wrt=0, dout=np.ones((5, 5)), pick=None), "dx")
    )
    assert "shape" in said.why
    x = X[:5]
    said = failure(lambda: close(np.cos(x).T, own_slope(forward, (x,), wrt=0, dout=np.ones((5, 5)), pick=None), "dx"))
    assert said.why.endswith("it is transposed.")
    assert forward.messages <= 4


def test_a_forward_of_zeros_does_not_earn_a_backward_of_zeros() -> None:
    forward = Own(lambda x: np.zeros((6, 4)))
    said = failure(
        lambda: close(np.zeros_like(X), own_slope(forward, (X,), wrt=0, dout=DOUT, pick=None, of="fc_forward"), "dx")
    )
    assert said.why == "dx cannot be judged: fc_forward does not react to a change of its input."


@pytest.mark.parametrize("offset", [1e5, 1e6, 1e7, 4.6e7, 1e9, 1e12])
def test_a_huge_offset_buys_no_tolerance(offset: float) -> None:
    forward = Own(lambda x: squash(x) + offset)
    with pytest.raises(Failure):
        close(0.5 * DX, own_slope(forward, (X,), wrt=0, dout=DOUT, pick=None), "dx")


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "fc_forward returned None where (out, cache) was expected"),
        (DOUT, "fc_forward returned an array where (out, cache) was expected"),
        ((), "fc_forward returned a tuple where (out, cache) was expected"),
        ((None, 1), "what fc_forward returned is None"),
        ((DOUT.T, 1), "in the shape of dout: shape (4, 6)"),
        ((DOUT > 0, 1), "not an array of finite fractions"),
        ((np.full((6, 4), np.nan), 1), "not an array of finite fractions"),
        ((DOUT.astype(np.float32), 1), "turned float64 into float32"),
    ],
)
def test_a_forward_that_gives_no_slope_is_said(returned: object, said: str) -> None:
    forward = Own(lambda x: returned)
    caught = failure(lambda: close(DX, own_slope(forward, (X,), wrt=0, dout=DOUT, of="fc_forward"), "dx"))
    assert said in caught.why
    assert not any(c.isdigit() for c in caught.why_hidden.replace("float64", "").replace("float32", ""))


def test_a_forward_that_rounds_is_the_students_to_mend() -> None:
    forward = Own(lambda x: np.round(x, 3))
    with pytest.raises(Failure, match=r"not smooth|does not react"):
        close(np.ones_like(X), own_slope(forward, (X,), wrt=0, dout=np.ones_like(X), pick=None), "dx")


def test_gradient_is_torchs_in_float64() -> None:
    x, w, dout = RNG.normal(size=(2, 3, 7, 6)), RNG.normal(size=(4, 3, 3, 3)), RNG.normal(size=(2, 4, 5, 4))
    dx, dw = gradient(torch.nn.functional.conv2d, (x.astype(np.float32).astype(np.float64), w), dout)
    assert (dx.dtype, dx.shape, dw.shape) == (np.float64, x.shape, w.shape)
    out = value(torch.nn.functional.conv2d, (x, w))
    assert out.shape == dout.shape
    close(dw, slope(lambda w: value(torch.nn.functional.conv2d, (x, w)), w, dout), "dw")


def test_gradient_of_a_loss_and_of_what_takes_no_part() -> None:
    dx, dy = gradient(lambda x, y: (x**2).mean(), (X, X))
    close(dx, 2 * X / X.size, "dx")
    assert not dy.any()
    with torch.no_grad():
        gradient(lambda x: x.sum(), (X,))


def test_gradient_refuses_a_dout_of_another_shape() -> None:
    with pytest.raises(ValueError, match="dout has shape"):
        gradient(lambda x: x, (X,), DOUT)


def test_a_linear_backward_passes_in_one_message() -> None:
    backward = Own(lambda dout, x: (dout @ W.T, x.T @ dout))
    linear_in(backward, (DOUT, RNG.normal(size=DOUT.shape)), X, names=("dx", "dw"))
    assert (backward.messages, backward.calls) == (1, 3)
    linear_in(Own(lambda dout: dout * 3), (DOUT, DOUT[::-1]), names=("dx",))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda dout: dout + 1, "dx is not linear in the upstream gradient"),
        (lambda dout: dout**2, "dx is not linear in the upstream gradient"),
        (lambda dout: np.ones_like(dout), "dx is not linear in the upstream gradient"),
        (lambda dout: np.zeros_like(dout), "dx is zero whatever the upstream gradient is"),
        (lambda dout: dout / np.abs(dout).max(), "dx is not linear in the upstream gradient"),
        (lambda dout: dout[: 2 + (dout is DOUT)], "dx changes its shape with dout"),
        (lambda dout: None, "dx is None"),
        (lambda dout: (dout, dout), "should return 1 values (dx); it returned 2"),
    ],
)
def test_a_backward_that_is_not_linear_is_said(function: Callable[[Array], object], said: str) -> None:
    assert said in failure(lambda: linear_in(Own(function), (DOUT, RNG.normal(size=DOUT.shape)), names=("dx",))).why


def test_own_slope_and_linear_in_work_through_the_proxy(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(
        "def fc_forward(x, w):\n    return 2 * x @ w, (x, w)\n"
        "def fc_backward(dout, cache):\n    x, w = cache\n    return 2 * dout @ w.T, 2 * x.T @ dout\n"
    )
    student = Student(lambda: local.connect(tmp_path), Limits(), ["layers.py"])
    _, cache = student.layers.fc_forward(X, W)
    dx, dw = student.layers.fc_backward(DOUT, cache)
    close(dx, own_slope(student.layers.fc_forward, (X, W), wrt=0, dout=DOUT), "dx")
    close(dw, own_slope(student.layers.fc_forward, (X, W), wrt=1, dout=DOUT), "dw")
    linear_in(student.layers.fc_backward, (DOUT, DOUT[::-1]), cache, names=("dx", "dw"))
    with pytest.raises(Failure):
        close(dx / 2, own_slope(student.layers.fc_forward, (X, W), wrt=0, dout=DOUT), "dx")
    student.close()
