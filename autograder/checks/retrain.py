"""`retrain`: runs a submission's own training under a budget, from several seeds, and lets the median decide.

>>> @points(4, "q2_training", seconds=60)
... def check_mlp_is_trained(student, data, retrain):
...     d = data("digits")
...
...     def train(seed):
...         model = student.mnist.mlp()
...         student.mnist.train(model, d.x_train, d.y_train, RECIPE)
...         return model
...
...     def judge(model):
...         return accuracy(model(d.x_test), d.y_test)
...
...     budget = Budget(seconds=30, epochs=10, images=len(d.x_train))
...     return retrain(train, judge, budget, steps={0.90: 0.5, 0.93: 1.0}).share

Each run has a worker of its own, in which the library's generators start from the run's seed. The checks' own seconds
pay for `judge`, the budget's for `train`. What the runs said of themselves explains; what `judge` measures decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median, stdev
from typing import Any, Final

from .failure import Failure, is_handle, plain
from .training import Share, Steps, own_steps, tiers

Tell = Callable[[dict[str, object]], None]
AGAIN: Final = 1000
"""Added to the declared seeds where a close result is repeated."""
CLOSE: Final = 2.0
"""So many times the spread of the seeds below a threshold is close."""

_REPORT: Final = "__import__('autograder.sandbox.training', fromlist=['report']).report"
"""Runs where the submission runs."""

_ENDS: Final = {
    "epochs": "was ended after its {epochs:g} epochs",
    "steps": "was ended after its {steps:,} steps",
    "seconds": "was ended after its {seconds:g} seconds",
    "memory": "was ended as it held more than its {memory_mb:,} MB of memory",
    "diverged": "was ended in step {step:,}, where the loss was no finite number any more",
}
_ADVICE: Final = {
    "seconds": "Look for loops over single images where one array operation does it.",
    "diverged": "Try a smaller learning rate.",
    "memory": "Look for a list of losses or outputs that keeps their graphs: loss.item() lets go of them.",
}


@dataclass(frozen=True)
class Budget:
    """What one run may use: computing seconds (a GPU's by the clock), epochs of so many `images`, steps, memory."""

    seconds: float
    epochs: float | None = None
    images: int | None = None
    steps: int | None = None
    memory_mb: int | None = None

    def __post_init__(self) -> None:
        if self.seconds <= 0 or (self.epochs is None) != (self.images is None):
            raise ValueError("a budget has seconds above 0, and epochs only together with the images of one")


@dataclass(frozen=True)
class Result:
    """One run. `ended` is "" where it came to its own end; `why` says what became of it otherwise."""

    seed: int
    accuracy: float
    ended: str = ""
    why: str = ""
    hint: str = ""
    steps: int = 0
    images: int = 0
    seconds: float = 0.0
    losses: tuple[float, ...] = ()


@dataclass(frozen=True)
class Retrained:
    """All runs of one check. `median` is what counts: of the better series, where a close one was repeated."""

    results: tuple[Result, ...]
    median: float
    spread: float
    """Standard deviation of the first series."""
    share: Share
    repeated: bool = False


class Retrain:
    """The fixture: bound to one submission and one check."""

    def __init__(
        self,
        student: Any,
        check: str,
        kept: MutableMapping[str, Any] | None = None,
        tell: Tell | None = None,
        device: str = "cpu",
        vram: float = 1.0,
    ) -> None:
        """`kept` outlives this process and is one submission's; finished runs are found there and not run again.

        `device` is "cpu" or "cuda", where a check has the model and the data trained; `vram` a run's share of memory.
        """
        self._student, self._check = student, check
        self.device, self._vram = device, vram
        self._kept: MutableMapping[str, Any] = {} if kept is None else kept
        self._tell = tell or (lambda event: None)

    @classmethod
    def around(cls, student: Any, check: str, training: Any) -> Retrain:
        """With what a grader has of the other arguments, as attributes; with nothing, where `training` is None."""
        if training is None:
            return cls(student, check)
        return cls(student, check, training.runs, training.tell, training.device, training.vram)

    @property
    def report(self) -> Any:
        """For a loop without torch, a function of the worker's: `report(loss=…, images=…, accuracy=…)`, once a step."""
        return self._student.builtins.eval(_REPORT)

    def __call__(
        self,
        train: Callable[[int], Any],
        judge: Callable[[Any], float],
        budget: Budget,
        seeds: Sequence[int] = (0, 1, 2),
        steps: Steps | Mapping[str, Steps] | None = None,
        of: object = None,
        what: str = "test accuracy",
        hint: str = "",
    ) -> Retrained:
        """Run `train(seed)`, which returns a model, for each of `seeds`, and `judge` each model.

        `steps` are tiers as in `tiers`, by the source of the data `of` too; without, a share of 1 is given. Where the
        median lies less than twice the spread below the next tier, all is run once more from other seeds: the better
        median counts.
        Raises what the student's code raised, and ValueError for a call that makes no sense.
        """
        if not seeds:
            raise ValueError("retrain() needs a seed")
        first = self._series(train, judge, budget, seeds)
        middle, spread = _middle(first), _spread(first)
        results, repeated = first, False
        if steps and _is_close(middle, spread, own_steps(steps, of)[0]):
            second = self._series(train, judge, budget, [seed + AGAIN for seed in seeds])
            results, repeated = [*first, *second], True
            middle = max(middle, _middle(second))
        share = tiers(middle, steps, what, hint, of=of) if steps else Share(1.0)
        return Retrained(tuple(results), middle, spread, _told(share, results, repeated), repeated)

    def _series(
        self, train: Callable[[int], Any], judge: Callable[[Any], float], budget: Budget, seeds: Sequence[int]
    ) -> list[Result]:
        """A run that had to be killed counts as nothing; where the first two were, the rest is not waited for."""
        results, kills = [], list[Exception]()
        for seed in seeds:
            try:
                results.append(self._once(train, judge, budget, seed))
            except Exception as error:
                if not hasattr(error, "kind"):
                    raise
                kills.append(error)
                results.append(Result(seed, 0.0, "killed", "had to be stopped", getattr(error, "hint", "")))
            if len(kills) == len(results) >= min(2, len(seeds)):
                raise kills[0]
        return results

    def _once(self, train: Callable[[int], Any], judge: Callable[[Any], float], budget: Budget, seed: int) -> Result:
        key = f"{self._check} {seed} {budget}"
        if key not in self._kept:
            result = self._run(train, judge, budget, seed)
            self._kept[key] = asdict(result)
            measured = {"step": result.steps, "accuracy": result.accuracy, "seconds": result.seconds}
            self._say(seed, measured=True, loss=None, **measured)
        found = self._kept[key]
        return Result(**{**found, "losses": tuple(found["losses"])})

    def _run(self, train: Callable[[int], Any], judge: Callable[[Any], float], budget: Budget, seed: int) -> Result:
        def listen(note: Any) -> None:
            epoch = note.images / budget.images if budget.images else None
            told = {"step": note.step, "loss": note.loss, "accuracy": note.accuracy, "seconds": note.seconds}
            self._say(seed, measured=False, epoch=epoch, **told)

        order = {
            "steps": budget.steps or 0,
            "images": round((budget.epochs or 0) * (budget.images or 0)),
            "memory_mb": budget.memory_mb or 0,
            "listen": listen,
            "device": self.device,
            "vram": self._vram,
        }
        with self._student.trial(budget.seconds, seed, **order) as run:
            model = _trained(self._student, run, train, seed)
            why, hint = _ended(run, budget), _ADVICE.get(run.ended, "")
            measured, wrong = _judged(judge, model) if model is not None else (0.0, None)
            if wrong:
                why, hint = f"{why}; {wrong.why}" if why else wrong.why, hint or wrong.hint
            losses = tuple(run.losses)
            facts = (run.made_steps, run.seen_images, round(run.used, 3))
        return Result(seed, measured, run.ended, plain(why, 300), plain(hint, 300), *facts, losses)

    def _say(self, seed: int, **facts: object) -> None:
        self._tell({"check": self._check, "seed": seed, **facts})


def _trained(student: Any, run: Any, train: Callable[[int], Any], seed: int) -> Any:
    """The model that `train` returned, or the one that was left where it was cut off; None where none was."""
    try:
        with student.training(run):
            model = train(seed)
    except Exception as error:
        # A run that was cut off gives its model in place of a result, which what follows in `train` may not expect.
        if not run.ended or hasattr(error, "kind"):
            raise
        model = None
    return run.model if run.ended and not is_handle(model) else model


def _judged(judge: Callable[[Any], float], model: Any) -> tuple[float, Failure | None]:
    """The accuracy, or 0 and why there is none."""
    try:
        return float(judge(model)), None
    except Failure as failure:
        return 0.0, failure


def _ended(run: Any, budget: Budget) -> str:
    said = _ENDS.get(run.ended, "")
    return said.format(**{**asdict(budget), "step": run.made_steps + 1}) if said else ""


def _middle(results: Sequence[Result]) -> float:
    return float(median(result.accuracy for result in results))


def _spread(results: Sequence[Result]) -> float:
    return stdev(result.accuracy for result in results) if len(results) > 1 else 0.0


def _is_close(value: float, spread: float, steps: Mapping[float, float]) -> bool:
    ahead = [threshold for threshold in steps if threshold > value]
    return bool(ahead) and min(ahead) - value <= CLOSE * spread


def _told(share: Share, results: Sequence[Result], repeated: bool) -> Share:
    """The share with what became of the runs; of a hidden check without a number that was measured."""
    figures = ", ".join(f"{100 * result.accuracy:.1f} %" for result in results)
    times = "once" if len(results) == 1 else f"{len(results)} times"
    counts = "" if len(results) == 1 else ", and the better median counts" if repeated else ", and the median counts"
    cut = [result for result in results if result.why]
    ends = " ".join(f"The run from seed {result.seed} {result.why}." for result in cut[:3])
    if len(cut) == len(results) > 1 and len({result.why for result in cut}) == 1:
        ends = f"Each run {cut[0].why}."
    ran = f"Your training was run {times}: {figures}{counts}."
    hidden = f"Your training was run {times}{counts}."
    hint = share.hint or next((result.hint for result in cut if result.hint), "")
    why = " ".join(filter(None, (ran, ends, share.why)))
    return Share(float(share), why, hint, " ".join(filter(None, (hidden, share.why_hidden))), share.drawing)
