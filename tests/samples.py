"""An assignment and the kinds of grades a class brings, for tests of what stores and shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.model import Assignment, Grade, Lateness, Outcome, Question, Verdict

SEED = 8071964213377015912
VERSIONS = {"assignment": "2f0c1d9a77be", "checks": "b81e6604c2aa", "data": "5d0f3e9914c7", "autograder": "0.1.0"}
ISOLATION = ("ns", "user", "mount", "pid", "net", "landlock", "seccomp", "rlimits", "watchdog")

ASSIGNMENT = Assignment(
    id="a5_layers",
    title="Layers, classifiers and a small VGG",
    source="EECS 498/598, Winter 2019, homework 1",
    files=("layers.py", "logistic.py", "svm.py", "softmax.py", "cnn.py", "vgg.py"),
    optional=("experiments.py", "answers.md"),
    handout=Path("assignments/a5_layers"),
    lateness=Lateness(per_day=0.1, days=3),
    version=VERSIONS["assignment"],
    checks_version=VERSIONS["checks"],
    questions=(
        Question("q1_fc", "Fully connected layer", 7, 2),
        Question("q1_relu", "ReLU", 4, 1),
        Question("q1_batchnorm", "Batch normalization", 16, 5),
        Question("q1_conv", "Convolution", 16, 5),
        Question("q2_1", "Logistic regression: a linear model", 6),
        Question("q2_3", "Logistic regression: training", 4),
        Question("q6_1", "VGG: the architecture", 9),
        Question("q7_1", "What does the loss landscape look like?", 4, 4),
    ),
)

_CHECKS = """
q1_fc        | 2 | visible | fc_forward_is_affine | fc_forward returns x·w + b for a batch of vectors.
q1_fc        | 3 | hidden  | fc_gradients | fc_backward agrees with central differences in x, w and b.
q1_relu      | 1 | visible | relu_forward_keeps_its_input | relu_forward clips at 0 and leaves its input alone.
q1_relu      | 2 | hidden  | relu_backward_is_a_mask | relu_backward passes dout on where the input was positive.
q1_batchnorm | 3 | visible | bn_train_normalizes | In train mode every feature has mean beta and deviation gamma.
q1_batchnorm | 3 | hidden  | bn_running_averages | The running averages follow the momentum given.
q1_batchnorm | 5 | hidden  | bn_gradients | batchnorm_backward agrees with central differences.
q1_conv      | 4 | visible | conv_forward_slides_the_filter | conv_forward does not flip its filters.
q1_conv      | 7 | hidden  | conv_backward_has_all_windows | conv_backward sums over all windows of a pixel.
q2_1         | 3 | visible | logistic_loss | The loss is finite and right where a naive one overflows, at ±1000.
q2_1         | 3 | hidden  | logistic_gradients | The gradients agree with central differences, with and without reg.
q2_3         | 4 | visible | logistic_learns | Trained with your settings, the linear model passes 90 % on new data.
q6_1         | 4 | visible | vgg_parameters | The network has the 149,370 parameters of the sheet.
q6_1         | 5 | visible | vgg_shapes | A batch of 28×28 images becomes one row of 10 scores each.
"""

_LAYERS = ("q1_fc", "q1_relu", "q1_batchnorm", "q1_conv")
WHY_HIDDEN = "This hidden check did not pass."


def outcomes(**lost: tuple[Verdict, str, str] | tuple[Verdict, str, str, float]) -> tuple[Outcome, ...]:
    """All checks passed, but for those named: check name without `check_` → (outcome, why, hint[, share earned])."""
    made = []
    for line in _CHECKS.strip().splitlines():
        question, worth, visibility, name, says = (part.strip() for part in line.split("|"))
        points = float(worth)
        verdict, why, hint, share = (*lost.pop(name, ("passed", "", "", 1.0)), 0.0)[:4]
        seconds = 0.004 + 0.001 * len(name) if verdict != "timed_out" else 10.0
        made.append(
            Outcome(f"check_{name}", question, says, points, points * share, verdict, why, hint, visibility, seconds)  # type: ignore[arg-type]
        )
    assert not lost, f"no such check: {lost}"
    return tuple(made)


def all_lost(verdict: Verdict, why: str, hint: str = "", questions: Sequence[str] = ()) -> tuple[Outcome, ...]:
    """Every check of these questions (or of all) lost for the same reason."""
    lost = {"score": 0.0, "outcome": verdict, "why": why, "hint": hint, "seconds": 0.0}
    return tuple(replace(o, **lost) if not questions or o.question in questions else o for o in outcomes())


def grade(submission: str, got: Sequence[Outcome] = (), *, share: float = 1.0, **more: object) -> Grade:
    """A grade with these outcomes and sums that fit them; `share` is what lateness leaves."""
    questions = {q.id: sum(o.score for o in got if o.question == q.id) for q in ASSIGNMENT.questions}
    lost = [o for o in got if o.outcome != "passed"]
    reason = f"all {len(got)} checks passed"
    if lost:
        reason = f"{len(lost)} of {len(got)} checks not passed, first {lost[0].question}: {lost[0].why}"
    made = Grade(
        assignment=ASSIGNMENT.id,
        submission=submission,
        sha256=(submission.encode("utf-8", "replace").hex() + "0" * 64)[:64],
        students=(submission,),
        status="graded",
        reason=reason,
        score=round(sum(questions.values()) * share, 6),
        max_score=ASSIGNMENT.max_score,
        pending=sum(q.manual for q in ASSIGNMENT.questions),
        questions=questions,
        outcomes=tuple(got),
        seed=SEED,
        versions=VERSIONS,
        isolation=ISOLATION,
        seconds=round(sum(o.seconds for o in got), 3),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def rejected(submission: str, reason: str) -> Grade:
    return grade(submission, status="rejected", reason=reason, pending=0.0, isolation=(), seconds=0.0)


_FLIP = (
    "failed",
    "out differs in 98 % of its 2×3×5×4 entries, worst at [0, 2, 4, 1]: 3.117 instead of -0.842. "
    "It looks as if the kernel was flipped in both directions.",
    "The sheet's convolution is a cross-correlation: slide the filter as it is.",
)
_SKIP = ("skipped", "Waits for check_conv_forward_slides_the_filter to pass.", "")

KINDS: Mapping[str, Callable[[], Grade]] = {
    "full marks": lambda: grade("ada", outcomes(), students=("ada.lovelace",)),
    "empty handout": lambda: grade(
        "bela", all_lost("failed", "layers.fc_forward is not written yet.", "Start with the docstring's shapes.")
    ),
    "slips": lambda: grade(
        "chen",
        outcomes(
            conv_forward_slides_the_filter=_FLIP,
            conv_backward_has_all_windows=_SKIP,
            bn_running_averages=("failed", WHY_HIDDEN, "Look at which side the momentum multiplies."),
            logistic_loss=(
                "failed",
                "loss is nan, expected a finite number.\nThe naive form takes the logarithm of 0.",
                "Use `np.logaddexp(0, -s)`, which never forms exp(1000).",
            ),
        ),
    ),
    "a tier": lambda: grade(
        "dana",
        outcomes(logistic_learns=("failed", "test accuracy 0.912 earns half; 0.93 earns all.", "Learn faster?", 0.5)),
    ),
    "group": lambda: grade("team-07", outcomes(fc_gradients=("failed", WHY_HIDDEN, "")), students=("emil", "fatma")),
    "group with umlauts": lambda: grade("gruppe größe", outcomes(), students=("gülşen", "håkon", "Nguyễn")),
    "nested zip": lambda: grade(
        "hana", outcomes(), notes=("The files were in a zip inside the zip.", "__MACOSX was ignored.")
    ),
    "missing file": lambda: grade(
        "ivan",
        all_lost("failed", "layers.py is missing: did you mean layer.py?", questions=_LAYERS),
        status="partial",
        reason="layers.py is missing",
        notes=("layer.py: did you mean layers.py?",),
    ),
    "crash at import": lambda: grade(
        "jo",
        all_lost(
            "failed",
            "vgg.py could not be imported: ModuleNotFoundError: No module named 'tensorflow' (line 3).",
            "Only numpy and torch are there.",
            ("q6_1",),
        ),
    ),
    "endless loop": lambda: grade(
        "kim",
        outcomes(conv_backward_has_all_windows=("timed_out", "Stopped after 10 seconds.", "Does a loop never end?")),
    ),
    "a gigabyte printed": lambda: grade(
        "lee",
        outcomes(relu_forward_keeps_its_input=("failed", "It printed more than 64 kB and was stopped.", "")),
        output="spam " * 1000,
    ),
    "late": lambda: grade("maya", outcomes(), share=0.9, late="1 day late: 90 % of the score counts"),
    "provisional": lambda: grade(
        "noor",
        tuple(
            replace(o, detail='Traceback (most recent call last):\n  File "checks_cnn.py", line 12\nKeyError: <loss>')
            for o in outcomes(vgg_shapes=("errored", "The check itself went wrong; staff have been told.", ""))
        ),
        status="partial",
        flags=("provisional: check_vgg_shapes went wrong by itself",),
    ),
    "not a zip": lambda: rejected(
        "otto", "otto.zip is not a zip file, it is a PDF. Run `autograder submit` and send the zip that it makes."
    ),
    "zip slip": lambda: rejected(
        "petra", "petra.zip was not read: its entry '../../grades.csv' points outside. Zip it with `autograder submit`."
    ),
    "hostile text": lambda: grade(
        '=HYPERLINK("http://evil")<script>alert(1)</script>',
        outcomes(
            logistic_loss=(
                "failed",
                "Your code raised ValueError: <img src=x onerror=alert(1)>\x1b[31mred\x1b[0m\u202egnp.exe",
                "</details><script>hint()</script>",
            ),
        ),
        students=("@SUM(1+1)*cmd|' /C calc'!A0", "</td><td>+1", "-2+3", "\u202eevil"),
        reason="<b>bold</b>\r\n=1+1",
        notes=("<svg onload=alert(2)>",),
        flags=("<iframe src=javascript:alert(3)>",),
        late="<i>late</i>",
    ),
    "read the answers": lambda: grade(
        "quinn",
        all_lost(
            "failed",
            "Your code raised FileNotFoundError: No such file or directory: 'solutions' (layers.py, line 9).",
            questions=("q1_fc",),
        ),
        flags=("names the word 'solutions' in layers.py",),
    ),
}


def everyone() -> list[Grade]:
    """One grade of each kind, sorted by submission as the gradebook gives them."""
    return sorted((make() for make in KINDS.values()), key=lambda g: g.submission)
