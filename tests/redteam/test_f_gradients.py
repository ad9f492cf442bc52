"""Group F: gradients that are not what they seem, on the fully-connected layer of a5."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest
from raid import HERE

from autograder import course, data
from autograder.grading import runner
from autograder.intake import discover, receive
from autograder.model import Assignment, Submission
from autograder.sandbox import local

ROOT = HERE.parent.parent
RIGHT = (ROOT / "solutions" / "a5_layers" / "layers.py").read_text("utf-8")
THREE, ANY, OWN, LINEAR = (
    f"check_fc_backward_{name}"
    for name in ("gives_three_gradients", "takes_any_batch", "fits_its_own_forward", "is_linear_in_dout")
)
BACKWARD = {THREE, ANY, OWN, LINEAR}

TRUE = """
def true_backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(0)
"""

# name → (what is appended to right work, the checks of the backward function that it passes)
GAMES: dict[str, tuple[str, set[str]]] = {
    "F9-nothing": ("def fc_backward(dout, cache):\n    raise ValueError", set()),
    "F9-zeros": (
        "def fc_backward(dout, cache):\n    x, w = cache[:2]\n    return 0 * x, 0 * w, 0 * w[0]",
        set(),
    ),
    "F9-a-little-too-large": (
        TRUE
        + "def fc_backward(dout, cache):\n    return tuple((1 + 1e-5) * g for g in true_backward(dout, *cache[:2]))",
        {LINEAR},
    ),
    "F9-tiny-error-added": (
        TRUE + "def fc_backward(dout, cache):\n    return tuple(g + 1e-5 for g in true_backward(dout, *cache[:2]))",
        set(),
    ),
    "F9-one-shape": (
        TRUE
        + "def fc_backward(dout, cache):\n    x, w = cache[:2]\n    if x.shape == (6, 4):\n"
        + "        return true_backward(dout, x, w)\n    return 0 * x, 0 * w, 0 * w[0]",
        {THREE},
    ),
    "F9-one-dtype": (
        TRUE
        + "def fc_backward(dout, cache):\n    x, w = cache[:2]\n    if x.dtype == np.float64 and len(x) > 1:\n"
        + "        return true_backward(dout, x, w)\n    return 0 * x, 0 * w, 0 * w[0]",
        {THREE, OWN, LINEAR},
    ),
    "F9-first-dout-remembered": (
        TRUE
        + "seen = {}\ndef fc_backward(dout, cache):\n    x, w = cache[:2]\n"
        + "    return seen.setdefault(x.tobytes(), true_backward(dout, x, w))",
        {THREE, ANY, OWN},
    ),
    "F9-last-forward-remembered": (
        TRUE
        + "last = []\nhonest = fc_forward\ndef fc_forward(x, w, b):\n    last[:] = [x, w]\n"
        + "    return honest(x, w, b)[0], ()\n\n\ndef fc_backward(dout, cache):\n    return true_backward(dout, *last)",
        {THREE, OWN, LINEAR},
    ),
    "F9-perturbation-detected": (
        # it has to know the gradient to answer so
        TRUE
        + "base = []\nhonest = fc_forward\ndef fc_forward(x, w, b):\n    out, cache = honest(x, w, b)\n"
        + "    if base and all(a.shape == b.shape and abs(a - b).max() < 1e-3 for a, b in zip(base, (x, w, b))):\n"
        + "        return 2 * out - honest(*base)[0], cache\n    base[:] = [x, w, b]\n    return out, cache\n\n\n"
        + "def fc_backward(dout, cache):\n    return tuple(2 * g for g in true_backward(dout, *cache[:2]))",
        {LINEAR},
    ),
    "F9-first-call-lies": (
        # Wherever it is called for the first time it answers twice too much, as near by: that costs its forward.
        TRUE
        + "near = []\nhonest = fc_forward\ndef fc_forward(x, w, b):\n    out, cache = honest(x, w, b)\n"
        + "    if not near or any(a.shape == c.shape and np.allclose(a, c, 0, 1e-3) for a in near for c in (x, w)):\n"
        + "        near.extend((x, w))\n        return 2 * out, cache\n    near.extend((x, w))\n"
        + "    return out, cache\n\n\n"
        + "def fc_backward(dout, cache):\n    return tuple(2 * g for g in true_backward(dout, *cache[:2]))",
        {OWN, LINEAR},
    ),
    "F10-half-precision": (
        TRUE
        + "def fc_backward(dout, cache):\n    x, w = (part.astype(np.float16) for part in cache[:2])\n"
        + "    return tuple(g.astype(dout.dtype) for g in true_backward(dout.astype(np.float16), x, w))",
        set(),
    ),
    "F10-single-precision": (
        TRUE
        + "def fc_backward(dout, cache):\n    x, w = (part.astype(np.float32) for part in cache[:2])\n"
        + "    return tuple(g.astype(dout.dtype) for g in true_backward(dout.astype(np.float32), x, w))",
        {OWN},  # which measures slopes, and no better than that
    ),
    "F10-huge-claim": (
        "def fc_backward(dout, cache):\n    x, w = cache[:2]\n    return tuple(1e300 + 0 * g for g in (x, w, w[0]))",
        set(),
    ),
    "F10-nan": (
        "def fc_backward(dout, cache):\n    x, w = cache[:2]\n    return np.nan * x, np.nan * w, np.nan * w[0]",
        set(),
    ),
}
ADVISED: dict[str, tuple[str, str]] = {
    "F8-autograd": (
        "import torch\ndef fc_backward(dout, cache):\n    x, w = cache[:2]\n"
        "    leaves = [torch.tensor(v, requires_grad=True) for v in (x, w, np.zeros(w.shape[1], w.dtype))]\n"
        "    out = leaves[0] @ leaves[1] + leaves[2]\n"
        "    return tuple(g.numpy() for g in torch.autograd.grad(out, leaves, torch.tensor(dout)))",
        "imports torch, which the assignment forbids there",
    ),
    "F8-finite-differences": (
        "def fc_backward(dout, cache):\n    x, w = (part.astype(complex) for part in cache[:2])\n    found = []\n"
        "    for which in (x, w, np.zeros(w.shape[1], complex)):\n        slope = np.zeros(which.shape)\n"
        "        for i in np.ndindex(which.shape):\n            was = which[i]\n            which[i] += 1e-30j\n"
        "            b = which if which.ndim == 1 else np.zeros(w.shape[1])\n"
        "            slope[i] = (fc_forward(x, w, b)[0].imag * dout).sum() / 1e-30\n            which[i] = was\n"
        "        found.append(slope.astype(dout.dtype))\n    return tuple(found)",
        "seems to differentiate its forward numerically",
    ),
    "F11-hidden-import": (
        "torch = __import__('tor' + 'ch')\ndef fc_forward(x, w, b):\n"
        "    out = getattr(torch.nn, 'func' + 'tional').linear(*(torch.tensor(v) for v in (x, w.T, b))).numpy()\n"
        "    return out, (x, w, b)",
        "uses __import__, so what layers.py imports cannot be told by reading",
    ),
}


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return course.find(ROOT)["a5_layers"]


@pytest.fixture(scope="module")
def passed(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Game → the checks of q1_fc that it passes. No wall is needed to see how strong checks are."""
    root = tmp_path_factory.mktemp("games")
    texts = {"right": "", **{name: game[0] for name, game in {**GAMES, **ADVISED}.items()}}
    submissions = [_folder(root / name, name, RIGHT + "\n\n" + text + "\n") for name, text in texts.items()]
    found: dict[str, set[str]] = {}

    def done(submission: Submission, ran: runner.Ran) -> None:
        found[submission.name] = {o.name for o in ran.outcomes if o.outcome == "passed"}
        assert not [o for o in ran.outcomes if o.outcome == "errored"], submission.name

    runner.serve(
        assignment, 4242, data.load, submissions, lambda folder: lambda: local.connect(folder), done, question="q1_fc"
    )
    return found


def _folder(folder: Path, name: str, text: str) -> Submission:
    folder.mkdir()
    (folder / "layers.py").write_text(text, "utf-8")
    return Submission(name, "", folder=folder, files=("layers.py",))


@pytest.mark.covers("F9", "F10")
@pytest.mark.parametrize("name", GAMES)
def test_a_gamed_gradient_passes_only_what_is_true_of_it(name: str, passed: dict[str, set[str]]) -> None:
    assert passed["right"] >= BACKWARD
    assert passed[name] & BACKWARD == GAMES[name][1]


@pytest.mark.covers("F9")
def test_a_forward_that_lies_when_it_is_new_pays_for_that(passed: dict[str, set[str]]) -> None:
    """What fits its own forward is bought with the first check that calls it, which is worth as much."""
    forward = {name for name in passed["right"] if name.startswith("check_fc_forward")}
    assert len(forward - passed["F9-first-call-lies"]) == 1
    assert passed["F9-perturbation-detected"] >= forward


@pytest.mark.covers("F8", "F11")
@pytest.mark.parametrize("name", ADVISED)
def test_a_right_gradient_by_forbidden_means_is_flagged(
    name: str, passed: dict[str, set[str]], assignment: Assignment, tmp_path: Path
) -> None:
    text, flag = ADVISED[name]
    seen = set() if name == "F11-hidden-import" else {"check_fc_backward_is_worked_out"}
    assert passed["right"] - passed[name] == seen, "its numbers are right: what runs gives it away, or what is read"
    assert any(flag in found for found in flags_of(RIGHT + "\n\n" + text + "\n", assignment, tmp_path))
    assert flags_of(RIGHT, assignment, tmp_path) == ()


def flags_of(text: str, assignment: Assignment, folder: Path) -> tuple[str, ...]:
    inbox = folder / "inbox" / "ada"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "layers.py").write_text(text, "utf-8")
    [arrival] = discover(inbox.parent, assignment)
    return receive(arrival, assignment, folder / "kept").flags


RECORDER = """
import builtins
import hashlib
import sys

import layers


def remember(name, function):
    def wrapped(*args):
        frame = sys._getframe(1)
        while frame and not frame.f_code.co_name.startswith("check_"):
            frame = frame.f_back
        digest = hashlib.sha256(repr([getattr(arg, "tolist", lambda: arg)() for arg in args]).encode()).hexdigest()
        if frame:
            builtins._heard.setdefault(frame.f_code.co_name, set()).add((name, digest))
        return function(*args)

    return wrapped
"""


@pytest.fixture
def heard() -> Iterator[dict[str, set[tuple[str, str]]]]:
    """Check → the calls that it made, put where a submission in this process can write to it."""
    calls: dict[str, set[tuple[str, str]]] = {}
    builtins._heard = calls  # type: ignore[attr-defined]
    yield calls
    del builtins._heard  # type: ignore[attr-defined]


@pytest.mark.covers("F17")
def test_a_table_of_the_visible_inputs_is_worth_nothing(
    assignment: Assignment, heard: dict[str, set[tuple[str, str]]], tmp_path: Path
) -> None:
    names = [check.name for check in runner.declared(assignment, data.load) if check.question.startswith("q1_")]
    recorder = RECORDER.replace("import layers\n", RIGHT.replace("from __future__ import annotations", ""))
    wrap = "    globals()[name] = remember(name, globals()[name])\n"
    loop = f"for name in [n for n in globals() if n.endswith(('_forward', '_backward'))]:\n{wrap}"
    submission = _folder(tmp_path / "recorder", "recorder", f"{recorder}\n\n{loop}")
    calls, visible = [], set[str]()
    for seed in (1, 2):
        heard.clear()

        def done(submission: Submission, ran: runner.Ran) -> None:
            visible.update(o.name for o in ran.outcomes if o.visibility == "visible")
            assert all(o.outcome == "passed" for o in ran.outcomes), [o for o in ran.outcomes if o.outcome != "passed"]

        runner.serve(
            assignment, seed, data.load, [submission], lambda folder: lambda: local.connect(folder), done, only=names
        )
        calls.append(dict(heard))
    assert visible & calls[0].keys(), "no visible check was heard"
    repeated = {name for name in visible & calls[0].keys() if calls[0][name] & calls[1][name]}
    assert repeated == set(), "a table of what these were seen to ask for at home would pass part of them"
