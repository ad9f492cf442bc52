"""Many submissions on this machine's cores: one grading process a core, restarted when it dies, nothing lost."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from autograder.grading.nursery import Nursery
from autograder.grading.runner import ChecksError, Ran, Training, serve
from autograder.grading.runs import KeptRuns
from autograder.grading.score import not_graded, score
from autograder.model import Assignment, Grade, Submission
from autograder.sandbox import gpus
from autograder.sandbox.gpus import Gpu
from autograder.sandbox.probe import Isolation
from autograder.sandbox.transport import Need

if TYPE_CHECKING:
    from autograder.sandbox.box import Box, Zygote
    from autograder.sandbox.launch import Twin

_ATTEMPTS = 2


@dataclass(frozen=True)
class Setup:
    """What is the same for every submission of a run. It travels to the grading processes, so it holds values only."""

    assignment: Assignment
    seed: int
    versions: Mapping[str, str]
    isolation: Isolation
    datasets: Callable[[str], object]
    """A module-level function: name → data set."""
    question: str = ""
    only: frozenset[str] = frozenset()
    runs: Path | None = None
    """The folder of finished training runs."""
    gpus: tuple[Gpu, ...] = ()
    """On which training runs; on the CPU where there are none."""
    per_gpu: int = 1


@dataclass(frozen=True)
class Underway:
    """How far a training run of a submission has come: plain facts, some of them the submission's own word."""

    submission: str
    facts: Mapping[str, object]


Tell = Callable[[Underway], None]


@dataclass
class Job:
    """One submission on its way, with how often a grading process has died under it."""

    submission: Submission
    attempts: int = 0


def run(
    setup: Setup,
    submissions: Sequence[Submission],
    workers: int,
    tell: Tell = lambda progress: None,
    nursery: Nursery | None = None,
) -> Iterator[Grade]:
    """Grade them all, yielding each grade when it is there; closing the iterator ends the grading processes.

    A `nursery` that runs already saves some seconds of imports, if it has all of the assignment's `preload`.
    """
    if not submissions:
        return
    with contextlib.ExitStack() as held:
        if nursery is None or not nursery.suits(setup.assignment.preload):
            nursery = held.enter_context(contextlib.closing(Nursery(setup.assignment.preload)))
        yield from _run(setup, submissions, workers, tell, nursery)


def _run(
    setup: Setup, submissions: Sequence[Submission], workers: int, tell: Tell, nursery: Nursery
) -> Iterator[Grade]:
    waiting = deque(Job(submission) for submission in submissions)
    cores = _cores(setup, min(workers, len(waiting)))
    crew: dict[Connection, _Worker] = {}
    try:
        while waiting or crew:
            while waiting and len(crew) < workers and not any(w.job is None for w in crew.values()):
                worker = _Worker(setup, nursery, next(iter(cores - {w.core for w in crew.values()}), None))
                worker.give(waiting.popleft())
                crew[worker.pipe] = worker
            for ready in wait(list(crew)):
                worker = crew[cast("Connection", ready)]
                came = worker.take()
                if isinstance(came, Underway):
                    tell(came)
                elif came is None:
                    del crew[worker.pipe]
                    if worker.job is not None:
                        yield from _again(setup, worker.job, waiting)
                else:
                    if has_next := bool(waiting):  # it works on while this grade is looked at and saved
                        worker.give(waiting.popleft())
                    yield _scored(setup, *came)
                    if not has_next:
                        worker.stop()
                        del crew[worker.pipe]
    finally:
        for worker in crew.values():
            worker.stop(at_once=True)


def _scored(setup: Setup, submission: Submission, ran: Ran) -> Grade:
    return score(
        setup.assignment,
        submission,
        ran.outcomes,
        seed=setup.seed,
        versions=setup.versions,
        isolation=setup.isolation.told,
        output=ran.output,
        seconds=ran.seconds,
        notes=ran.notes,
        pictures=ran.pictures,
        flags=ran.flags,
        weights=ran.weights,
    )


def _cores(setup: Setup, workers: int) -> frozenset[int]:
    """One for each grading process to stay on with its workers, where they fill the machine; else none.

    A check and the code that it calls take turns, hundreds of times a submission: on one core that is quicker than from
    one core to another. Where cores are left over, and where a GPU is fed, the kernel decides.
    """
    usable = os.sched_getaffinity(0)
    return frozenset(usable) if workers == len(usable) and not setup.gpus else frozenset()


def _again(setup: Setup, job: Job, waiting: deque[Job]) -> Iterator[Grade]:
    """A grading process died under this submission: once more, then a record that says so."""
    job.attempts += 1
    if job.attempts < _ATTEMPTS:
        waiting.append(job)
        return
    why = f"the grading process ended {_ATTEMPTS} times while it graded this submission; staff have to look"
    yield not_graded(setup.assignment, job.submission, why, seed=setup.seed, versions=setup.versions)


class _Worker:
    """A grading process and the pipe to it. The pipe carries only our own values, never a submission's."""

    def __init__(self, setup: Setup, nursery: Nursery, core: int | None = None) -> None:
        """`core`: the one it stays on, None for any."""
        self.core = core
        self.pipe, theirs = multiprocessing.Pipe()
        twin = nursery.twin()
        self._process = nursery.process(_work, setup, theirs, twin, nursery.preload, core)
        theirs.close()
        twin.control.close()
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        with contextlib.suppress(BrokenPipeError, OSError):
            self.pipe.send(job.submission)

    def take(self) -> tuple[Submission, Ran] | Underway | None:
        """What came of its submission, which it has no more then; or word of a training run; or None: it has died.

        Raises ChecksError.
        """
        try:
            answer = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.stop(at_once=True)
            return None
        if isinstance(answer, str):
            self.stop(at_once=True)
            raise ChecksError(answer)
        assert self.job is not None
        if isinstance(answer, Underway):
            return answer
        submission, self.job = self.job.submission, None
        return submission, cast("Ran", answer)

    def stop(self, at_once: bool = False) -> None:
        self.pipe.close()
        if at_once:
            self._process.kill()
        self._process.join()


def _work(
    environment: Mapping[str, str],
    setup: Setup,
    pipe: Connection,
    twin: Twin,
    preload: Sequence[str],
    core: int | None,
) -> None:
    """The grading process: a zygote of its own, the checks collected once, then submissions until the pipe closes."""
    from autograder.sandbox import lazily
    from autograder.sandbox.box import Zygote, end_with, shield

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    os.dup2(2, 1)  # the command's standard output is the parent's alone
    os.environ.clear()
    os.environ.update(environment)  # where we come from has that of its first run
    lazily.put_off()  # a reference that trains would else import all of torch's compiler
    shield()
    end_with(os.getppid())
    if core is not None:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})
            os.sched_setaffinity(twin.pid, {core})  # and its forks, which are the workers
    if not cast("BaseProcess", multiprocessing.parent_process()).is_alive():
        return  # later on, where we come from ends with it, and we with that

    def training(submission: Submission) -> Training:
        kept = KeptRuns(setup.runs, submission, setup.versions, setup.seed) if setup.runs else None
        tell = partial(_tell, pipe, submission.name)
        return Training(kept, tell, "cuda", gpus.share(setup.per_gpu)) if setup.gpus else Training(kept, tell)

    try:
        how = setup.isolation, setup.assignment.preload
        with contextlib.closing(Zygote(*how, twin=twin, data=_inside(setup))) as zygote:
            serve(
                setup.assignment,
                setup.seed,
                setup.datasets,
                _jobs(pipe),
                partial(partial, _connect, zygote, setup),
                lambda _submission, ran: pipe.send(ran),
                setup.question,
                setup.only,
                training,
            )
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # the parent is gone: what it has is saved, the rest is the next run's
    except ChecksError as error:
        with contextlib.suppress(OSError):
            pipe.send(str(error))


def _tell(pipe: Connection, submission: str, facts: Mapping[str, object]) -> None:
    pipe.send(Underway(submission, facts))


def _connect(zygote: Zygote, setup: Setup, folder: Path, need: Need | None = None) -> Box:
    """A worker; for a training run with what that needs, once a GPU is free."""
    limits = setup.assignment.limits
    if need is None:
        return zygote.open(folder, limits)
    lease = gpus.take(setup.gpus, setup.per_gpu) if need.gpu else None
    return zygote.open(folder, limits.extended(need.memory_mb, need.seconds), lease)


def _inside(setup: Setup) -> dict[str, tuple[str, str]]:
    """For workers: each declared set's source and the folder its arrays are kept in, "" for what they can make."""
    sets: dict[str, Any] = {name: setup.datasets(name) for name in setup.assignment.data}
    return {name: (found.name, str(found.kept or "")) for name, found in sets.items()}


def _jobs(pipe: Connection) -> Iterator[Submission]:
    gc.freeze()  # what is there when checks have been collected stays: no collection has to look through it again,
    gc.set_threshold(20_000, 20, 20)  # and what a check leaves behind is seldom a cycle
    with contextlib.suppress(EOFError, ConnectionResetError):  # which one depends on when the parent went
        while True:
            yield pipe.recv()
