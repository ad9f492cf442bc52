"""Training runs: counted, ended at their budget, measured, repeated where it is close, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.overrides import BaseTorchFunctionMode
from trainers import at_home, clouds, confined, right

from autograder.checks import Budget, Failure
from autograder.checks.retrain import Retrain, Retrained
from autograder.model import Limits
from autograder.sandbox.box import Zygote
from autograder.sandbox.probe import probe
from autograder.sandbox.student import Interrupted, Student, StudentError

X, Y = (torch.tensor(a) for a in clouds())
AMPLE = Budget(seconds=20)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(probe(), ("numpy", "torch")) as zygote:
        yield zygote


@pytest.fixture(params=["home", "worker"])
def student(request: pytest.FixtureRequest, tmp_path: Path, zygote: Zygote) -> Iterator[Student]:
    with at_home(tmp_path) if request.param == "home" else confined(zygote, tmp_path) as student:
        yield student


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Student]:
    with at_home(tmp_path) as student:
        yield student


def trained(student: Any, name: str = "train", *more: object) -> Callable[[int], object]:
    def train(seed: int) -> object:
        model = student.work.net()
        getattr(student.work, name)(model, X, Y, *more)
        return model

    return train


def run(student: Any, name: str, budget: Budget = AMPLE, *more: object, **how: Any) -> Retrained:
    how = {"seeds": (0,), "steps": {0.5: 0.25, 0.9: 1.0}, **how}
    return Retrain(student, "check_training")(trained(student, name, *more), right, budget, **how)


def test_a_run_within_its_budget_is_counted_and_measured(student: Student) -> None:
    done = run(student, "train")

    [result] = done.results
    assert (result.steps, result.images, result.ended) == (40, 800, "")
    assert result.accuracy == done.median > 0.95

    assert done.share == 1.0
    assert done.share.why.startswith("Your training was run once: ")
    assert len(result.losses) == 40
    assert result.losses[-1] < result.losses[0]


def test_a_mode_that_listens_to_torchs_functions_counts_nothing_twice(here: Student) -> None:
    with BaseTorchFunctionMode():  # as it is where `.cuda()` stays on the CPU
        [result] = run(here, "train").results
    assert (result.steps, result.images) == (40, 800)


@pytest.mark.parametrize(
    ("budget", "ended", "steps", "images", "said"),
    [
        (Budget(20, epochs=2, images=200), "epochs", 20, 400, "was ended after its 2 epochs"),
        (Budget(20, epochs=0.5, images=200), "epochs", 5, 100, "was ended after its 0.5 epochs"),
        (Budget(20, steps=7), "steps", 7, 160, "was ended after its 7 steps"),
    ],
)
def test_a_run_that_exceeds_is_cut_off_and_keeps_what_it_earned(
    student: Student, budget: Budget, ended: str, steps: int, images: int, said: str
) -> None:
    done = run(student, "for_ever", budget)

    [result] = done.results
    assert (result.ended, result.steps, result.images) == (ended, steps, images)
    assert done.share > 0, "the model was there and was measured"
    assert f"The run from seed 0 {said}." in done.share.why


def test_what_uses_exactly_its_budget_is_left_alone(student: Student) -> None:
    [result] = run(student, "train", Budget(20, epochs=4, images=200, steps=40)).results

    assert (result.ended, result.steps) == ("", 40)


def test_computing_time_ends_a_run(student: Student) -> None:
    [result] = run(student, "for_ever", Budget(seconds=0.4)).results

    assert result.ended == "seconds"
    assert result.accuracy > 0.95
    assert "its 0.4 seconds" in result.why
    assert result.seconds > 0.1, "the kernel counts a timer by its ticks"


def test_a_loss_that_is_no_number_ends_a_run_before_it_does_harm(student: Student) -> None:
    done = run(student, "explodes")

    [result] = done.results
    assert (result.ended, result.steps) == ("diverged", 20)
    assert result.accuracy > 0.95
    assert "was ended in step 21, where the loss was no finite number any more" in done.share.why


def test_a_model_that_training_makes_itself_is_found(student: Any) -> None:
    def train(seed: int) -> object:
        model, _history = student.work.fitted(X, Y, 10**6)
        return model

    done = Retrain(student, "check_training")(train, right, Budget(20, steps=30), seeds=(0,), steps={0.9: 1.0})

    assert done.results[0].ended == "steps"
    assert done.share == 1.0


def test_an_exception_in_training_is_told_as_any_other(student: Student) -> None:
    with pytest.raises(StudentError, match="in raises: ZeroDivisionError: ") as caught:
        run(student, "raises")

    assert caught.value.why_hidden.startswith("raises raised ZeroDivisionError")


def test_a_run_that_swallows_its_end_is_killed(tmp_path: Path, zygote: Zygote) -> None:
    with confined(zygote, tmp_path) as student, pytest.raises(Interrupted, match="deaf did not finish") as caught:
        run(student, "deaf", Budget(seconds=0.2))

    assert caught.value.outcome == "timed_out"


def test_memory_ends_a_run_before_the_kernel_does(tmp_path: Path, zygote: Zygote) -> None:
    with confined(zygote, tmp_path, Limits(memory_mb=300)) as student:
        done = run(student, "hoards", Budget(seconds=60, memory_mb=400))

    assert done.results[0].ended == "memory"
    assert done.share == 1.0


def test_the_same_seed_gives_the_same_and_another_does_not(student: Student) -> None:
    results = run(student, "train", AMPLE, 1, seeds=(5, 5, 6)).results

    assert results[0].losses == results[1].losses != results[2].losses


def test_a_run_has_a_worker_that_knows_nothing_of_another(student: Any) -> None:
    def train(seed: int) -> object:
        student.work.seen = getattr(student.work, "seen", 0) + 1
        assert student.work.seen == 1
        return trained(student)(seed)

    Retrain(student, "check_training")(train, right, AMPLE, seeds=(0, 1))


def test_a_loop_in_numpy_reports_where_it_is_given_the_means(student: Any) -> None:
    x, y = clouds()

    def train(seed: int) -> object:
        line = student.work.Line()
        line.train(x, y, 1000, retrain.report)
        return line

    def judge(line: Any) -> float:
        return float(np.mean((line.scores(x) > 0) == y))

    retrain = Retrain(student, "check_training")
    done = retrain(train, judge, Budget(20, steps=5), seeds=(0,), steps={0.9: 1.0})

    [result] = done.results
    assert (result.ended, result.steps, len(result.losses)) == ("steps", 5, 5)
    assert result.accuracy > 0.95


def canned(accuracies: dict[int, float]) -> Callable[[Any], float]:
    return lambda model: accuracies[model]


class Dry:
    """A student whose models are the seeds themselves: what counts here is how the measured figures are used."""

    ended, made_steps, seen_images, used, losses, model = "", 1, 1, 0.1, (), None

    def trial(self, seconds: float, number: int, **more: object) -> Any:
        import contextlib

        return contextlib.nullcontext(self)

    def training(self, run: object) -> Any:
        import contextlib

        return contextlib.nullcontext()


def dry(accuracies: dict[int, float], **how: Any) -> Retrained:
    how = {"steps": {0.9: 0.5, 0.95: 1.0}, **how}
    return Retrain(Dry(), "check")(lambda seed: seed, canned(accuracies), AMPLE, **how)


def test_the_median_of_the_seeds_decides() -> None:
    done = dry({0: 0.2, 1: 0.96, 2: 0.99})

    assert (done.median, done.share, done.repeated) == (0.96, 1.0, False)


def test_close_to_a_tier_all_is_run_again_and_the_better_median_counts() -> None:
    near = {0: 0.94, 1: 0.945, 2: 0.95}
    better = dry({**near, 1000: 0.95, 1001: 0.951, 1002: 0.97})
    worse = dry({**near, 1000: 0.2, 1001: 0.3, 1002: 0.4})

    assert (better.median, better.share, better.repeated, len(better.results)) == (0.951, 1.0, True, 6)
    assert (worse.median, worse.share, worse.repeated) == (0.945, 0.5, True)
    assert "run 6 times: 94.0 %, 94.5 %, 95.0 %, 20.0 %" in worse.share.why
    assert "%, 94" not in worse.share.why_hidden


def test_what_befell_all_runs_is_said_once(here: Any) -> None:
    done = run(here, "for_ever", Budget(20, steps=7), seeds=(0, 1))

    assert "Each run was ended after its 7 steps." in done.share.why
    assert "seed" not in done.share.why


def test_far_from_a_tier_or_with_one_seed_nothing_is_repeated() -> None:
    assert not dry({0: 0.93, 1: 0.931, 2: 0.932}).repeated
    assert not dry({0: 0.9499}, seeds=(0,)).repeated


def test_a_model_that_cannot_be_measured_counts_nothing_and_says_why() -> None:
    def judge(model: object) -> float:
        raise Failure("scores holds NaN or infinity.")

    done = Retrain(Dry(), "check")(lambda seed: seed, judge, AMPLE, seeds=(0,), steps={0.9: 1.0})

    assert done.share == 0.0
    assert "scores holds NaN" in done.share.why


def test_finished_runs_are_kept_and_progress_is_told(here: Any) -> None:
    kept: dict[str, Any] = {}
    events: list[dict[str, object]] = []
    again = [Retrain(here, "check_training", kept, events.append) for _ in range(2)]
    first, second = (r(trained(here), right, AMPLE, seeds=(0, 1), steps={0.9: 1.0}) for r in again)

    assert first == second
    assert len(kept) == 2
    assert [e["seed"] for e in events if e["measured"]] == [0, 1]
    assert {"step", "loss", "accuracy", "seconds", "epoch"} <= events[0].keys()


def test_budgets_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="epochs only together"):
        Budget(seconds=1, epochs=2)
    with pytest.raises(ValueError, match="above 0"):
        Budget(seconds=0)
    with pytest.raises(ValueError, match="needs a seed"):
        dry({}, seeds=())


def test_hooks_are_gone_after_a_run(here: Any) -> None:
    backward, entropy = torch.Tensor.backward, torch.nn.functional.cross_entropy
    run(here, "train")

    assert torch.Tensor.backward is backward
    assert torch.nn.functional.cross_entropy is entropy
    assert not torch.nn.modules.module._global_forward_pre_hooks
