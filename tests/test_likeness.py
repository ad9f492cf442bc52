"""Each familiar mistake is recognised as itself, and nothing is recognised in unrelated arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from autograder.checks import traits
from autograder.checks.likeness import MISTAKES, resemble

Array = NDArray[np.float64]
Made = tuple[Array, Array, dict[str, object]]


def flat(rng: np.random.Generator) -> Array:
    return rng.normal(size=(6, 5))


def images(rng: np.random.Generator) -> Array:
    return rng.normal(size=(3, 4, 7, 6))


def scaled(factor: float, **like: object) -> Callable[[np.random.Generator], Made]:
    def make(rng: np.random.Generator) -> Made:
        want = flat(rng)
        return want * factor, want, like

    return make


def changed(
    function: Callable[[Array], Array], make: Callable[[np.random.Generator], Array] = flat
) -> Callable[[np.random.Generator], Made]:
    def made(rng: np.random.Generator) -> Made:
        want = make(rng)
        return function(want), want, {}

    return made


def only(
    keep: Callable[[Array], tuple[object, ...]], make: Callable[[np.random.Generator], Array]
) -> Callable[..., Made]:
    """Right where `keep` points to, noise elsewhere."""

    def made(rng: np.random.Generator) -> Made:
        want = make(rng)
        got = rng.normal(size=want.shape)
        got[keep(want)] = want[keep(want)]
        return got, want, {}

    return made


def correlate(x: Array, w: Array) -> Array:
    out = np.zeros((len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            part = x[:, :, i : i + out.shape[2], j : j + out.shape[3]]
            out += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j])
    return out


def kernel(change: Callable[[Array], Array]) -> Callable[[np.random.Generator], Made]:
    def make(rng: np.random.Generator) -> Made:
        x, w = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(4, 3, 3, 3))
        return correlate(x, change(w)), correlate(x, w), {"x": x, "w": w}

    return make


def dropped(rng: np.random.Generator, *, inverted: bool, scale: bool = False) -> Made:
    x, mask = rng.normal(size=(8, 6)), np.arange(48).reshape(8, 6) % 3 != 0
    want = x * mask / (0.7 if scale else 1)
    return (x * ~mask if inverted else x), want, {"mask": mask, "p": 0.7}


def with_x(function: Callable[[Array, Array], Array], key: str = "x") -> Callable[[np.random.Generator], Made]:
    def make(rng: np.random.Generator) -> Made:
        want, x = flat(rng), flat(rng)
        return function(want, x), want, {key: x}

    return make


def at_kinks(rng: np.random.Generator) -> Made:
    x, dout = flat(rng), flat(rng)
    x[0, :2] = 0
    want = dout * (x > 0)
    return dout * (x >= 0), want, {"x": x}


def wrong_axis(rng: np.random.Generator) -> Made:
    dout = rng.normal(size=(5, 5))
    return dout.sum(1), dout.sum(0), {"dout": dout}


def partly_zero(want: Array) -> Array:
    got = want.copy()
    got[1:3, 2:] = 0
    got[4, 0] = 0
    return got


EXAMPLES: dict[str, list[Callable[[np.random.Generator], Made]]] = {
    "zeros": [changed(np.zeros_like)],
    "sign": [scaled(-1, batch=6)],
    "sum": [scaled(6, batch=6)],
    "mean": [scaled(1 / 6, batch=6)],
    "mean twice": [scaled(1 / 36, batch=6)],
    "keep": [scaled(0.7, p=0.7)],
    "1/keep": [scaled(1 / 0.7, p=0.7)],
    "drop": [scaled(0.3, p=0.7)],
    "1/drop": [scaled(1 / 0.3, p=0.7)],
    "keep/drop": [scaled(0.7 / 0.3, p=0.7), scaled(0.3 / 0.7, p=0.7)],
    "n-1": [scaled(6 / 5, batch=6)],
    "doubled": [scaled(2), scaled(2, batch=6, p=0.7)],
    "halved": [scaled(0.5)],
    "log10": [scaled(1 / np.log(10))],
    "log2": [scaled(1 / np.log(2))],
    "mask inverted": [lambda rng: dropped(rng, inverted=True)],
    "mask missing": [
        lambda rng: dropped(rng, inverted=False),
        lambda rng: dropped(rng, inverted=False, scale=True),
        lambda rng: (*dropped(rng, inverted=False)[:2], {}),
    ],
    "transposed": [changed(np.transpose, lambda rng: rng.normal(size=(5, 5)))],
    "kernel flipped": [kernel(lambda w: w[..., ::-1, ::-1])],
    "kernel transposed": [kernel(lambda w: w.swapaxes(2, 3))],
    "kernel channels": [kernel(lambda w: w[:, ::-1])],
    "batch reversed": [changed(lambda a: a[::-1]), changed(lambda a: a[::-1], images)],
    "channels reversed": [changed(lambda a: a[:, ::-1]), changed(lambda a: a[:, ::-1], images)],
    "flipped": [changed(lambda a: a[..., ::-1, ::-1], images), changed(lambda a: a[..., ::-1], images)],
    "axes": [changed(lambda a: a.transpose(0, 2, 1, 3), lambda rng: rng.normal(size=(2, 4, 4, 3)))],
    "reshaped": [changed(lambda a: a.ravel(order="F").reshape(a.shape))],
    "input": [with_x(lambda want, x: x)],
    "upstream": [with_x(lambda want, d: d, "dout")],
    "input added": [with_x(lambda want, x: want + x)],
    "upstream times": [with_x(lambda want, d: want * d, "dout")],
    "summed": [
        changed(lambda a: np.broadcast_to(a.sum(0), a.shape)),
        changed(lambda a: np.broadcast_to(a.mean(1, keepdims=True), a.shape)),
    ],
    "wrong axis": [wrong_axis],
    "off by one": [
        changed(lambda a: np.roll(a, 1, 0)),
        changed(lambda a: np.vstack([np.zeros(5), a[:-1]])),
        changed(lambda a: np.roll(a, -1, 3), images),
    ],
    "rectified": [changed(lambda a: np.maximum(a, 0))],
    "absolute": [changed(np.abs)],
    "softmax": [changed(lambda a: np.exp(a) / np.exp(a).sum(1, keepdims=True))],
    "exp": [changed(np.exp)],
    "log": [changed(np.log, lambda rng: rng.uniform(0.1, 3, size=(6, 5)))],
    "root": [changed(np.sqrt, lambda rng: rng.uniform(0.1, 3, size=7))],
    "square": [changed(np.square)],
    "reciprocal": [changed(np.reciprocal)],
    "coarse": [
        changed(lambda a: a.astype(np.float16).astype(np.float64)),
        changed(lambda a: (a * (1 + 3e-6)).astype(np.float32).astype(np.float64)),
    ],
    "rounded": [changed(lambda a: np.round(a, 2)), changed(np.trunc, lambda rng: 5 * flat(rng))],
    "clipped": [changed(lambda a: np.clip(a, -0.8, 0.9)), changed(lambda a: np.minimum(a, 0.5))],
    "constant": [changed(lambda a: np.full_like(a, 0.37))],
    "offset": [changed(lambda a: a + 0.31)],
    "bias": [changed(lambda a: a + np.arange(1.0, 6)), changed(lambda a: a + np.arange(4.0)[:, None, None], images)],
    "kink": [at_kinks],
    "first sample": [only(lambda a: (0,), flat)],
    "last sample": [only(lambda a: (slice(None, -1),), flat)],
    "border": [only(lambda a: (..., slice(1, -1), slice(1, -1)), images)],
    "left zero": [changed(partly_zero)],
    "factor": [scaled(3.7), scaled(-0.2), scaled(1 / 3)],
    "misplaced": [changed(lambda a: np.random.default_rng(5).permutation(a.ravel()).reshape(a.shape))],
}
CASES = [(name, i) for name, makers in EXAMPLES.items() for i in range(len(makers))]


def test_every_mistake_in_the_table_has_an_example() -> None:
    assert [mistake.name for mistake in MISTAKES] == list(EXAMPLES)
    assert len(MISTAKES) >= 20
    assert len({mistake.sentence for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize(("name", "i"), CASES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_mistake_is_recognised_as_itself(name: str, i: int, seed: int) -> None:
    got, want, like = EXAMPLES[name][i](np.random.default_rng(seed))
    found = resemble(got, want, like)
    assert found is not None
    assert found.name == name


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.lists(st.integers(1, 6), min_size=0, max_size=4).map(tuple),
    spread=st.sampled_from([1e-8, 1.0, 1e6]),
)
def test_unrelated_arrays_resemble_nothing(seed: int, shape: tuple[int, ...], spread: float) -> None:
    rng = np.random.default_rng(seed)
    got, want = spread * rng.normal(size=shape), spread * rng.normal(size=shape)
    like = {
        "batch": 6,
        "p": 0.7,
        "x": rng.normal(size=shape),
        "dout": rng.normal(size=shape),
        "mask": rng.random(shape) < 0.5,
    }
    found = resemble(got, want, like)
    assert found is None or (got.size < 4 and found.name in ("rectified", "clipped"))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), noise=st.sampled_from([1e-4, 1e-3, 1e-2]))
def test_the_right_array_with_noise_resembles_nothing(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    want = rng.normal(size=(4, 3, 5, 5))
    got = want + noise * rng.normal(size=want.shape)
    assert resemble(got, want, {"batch": 4, "p": 0.7, "x": rng.normal(size=want.shape)}) is None


def test_an_assignment_adds_its_own_mistakes_and_they_come_first() -> None:
    want = np.arange(1.0, 7)
    also = {"eps is added outside the root": want + 0.5, "the gain is forgotten": want * 2}
    found = resemble(want * 2, want, {"also": also})
    assert found is not None
    assert found.sentence == "the gain is forgotten"


def test_a_factor_is_said_for_visible_checks_only() -> None:
    want = np.arange(1.0, 7)
    found = resemble(want / 3, want, {})
    assert found is not None
    assert found.detail == "every entry is 3 times too small"
    assert found.sentence == "it is off by a constant factor"


def test_sentences_hold_no_digits_of_data() -> None:
    """16, 32, 10 and 2 name dtypes and bases; every other number would come from somewhere."""
    for mistake in MISTAKES:
        digits = {word for word in mistake.sentence.replace(",", " ").split() if any(c.isdigit() for c in word)}
        assert digits <= {"float32", "float16:", "10", "2", "1"}, mistake


def test_a_large_array_is_looked_through_and_all_of_it_counts() -> None:
    rng = np.random.default_rng(0)
    want = rng.normal(size=(20, 3, 32, 32))
    found = resemble(want[:, ::-1], want, {})
    assert found is not None
    assert found.name == "channels reversed"
    almost = want[:, ::-1].copy()
    almost[3, 1, 4, 5] += 1  # between the entries of the first look
    assert resemble(almost, want, {}) is None


def test_a_mistake_must_differ_from_the_right_array() -> None:
    """An array that is its own transpose is not called transposed, whatever else is wrong with it."""
    symmetric = np.array([[2.0, 1.0], [1.0, 3.0]])
    got = symmetric + np.array([[0, 1e-5], [-1e-5, 0]])
    assert resemble(got, symmetric, {}) is None
    assert traits.matches(symmetric.T, symmetric.T, symmetric) is False
