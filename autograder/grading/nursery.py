"""Where a run's processes come from: what takes seconds to import is imported once, and forked from then on."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from autograder.sandbox.box import SERVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograder.sandbox.launch import Twin

_made: dict[str, str] = {}
_GRADERS = ("autograder.grading.runner", "autograder.sandbox.box", "autograder.sandbox.launch")
# A core has a grading process of its own: threads of numpy and torch would only be in each other's way.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Nursery:
    """A server of grading processes, and a first zygote: two, as no zygote may know an answer.

    The server is multiprocessing's own, which stays for as long as this process lives; the zygote ends with `close`.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        """`preload`: what workers have imported before a submission. Raises SandboxError if no zygote starts."""
        from autograder.sandbox import launch

        _sweep()
        self.preload = tuple(preload)
        heavy = [name for name in preload if name in ("numpy", "torch")]
        with _ignored(signal.SIGINT), _environment(_ONE_THREAD), _own_folder():
            # Inherited, from the first instruction of every process on: Ctrl-C is ours to answer. It takes
            # milliseconds, in which one would be lost; starting a process may take seconds and has to hear it.
            multiprocessing.set_forkserver_preload([*_GRADERS, *heavy])
            forkserver.ensure_running()
        self._zygote = launch.Started(self.preload, SERVE)
        self._asking = threading.Lock()

    def suits(self, preload: Sequence[str]) -> bool:
        """Whether its zygote has imported all of that; what it has besides is in nobody's way."""
        return set(preload) <= set(self.preload)

    def twin(self) -> Twin:
        """A zygote for one more grading process; several threads may ask for theirs."""
        with self._asking:
            return self._zygote.twin()

    def process(self, target: Callable[..., None], *args: Any) -> ForkServerProcess:
        """A new process that runs target(environment, *args), a module's function; it is running already."""
        context = multiprocessing.get_context("forkserver")
        process = context.Process(target=target, args=(dict(os.environ) | _ONE_THREAD, *args), daemon=False)
        process.start()
        return process

    def close(self) -> None:
        self._zygote.close()
        _sweep()


def _sweep() -> None:
    """Take away what graders that were killed have left: folders, and groups that were busy when last looked at."""
    from autograder.sandbox import ground, limits

    ground.sweep()
    limits.sweep_cgroups()


@contextlib.contextmanager
def _own_folder() -> Iterator[None]:
    """What multiprocessing makes meanwhile for its server's socket lies where the sweep after a killed grader looks."""
    from autograder.sandbox import ground

    if "tempdir" in _made:
        yield
        return
    folders = [folder for folder in ground.folders() if os.access(folder, os.W_OK)]
    shortest = min(folders, key=len)  # the path of a socket has 107 bytes
    _made["tempdir"], before = tempfile.mkdtemp(prefix=ground.prefix(), dir=shortest), tempfile.tempdir
    # after multiprocessing has removed its own within it, at priority -100
    Finalize(None, shutil.rmtree, (_made["tempdir"],), {"ignore_errors": True}, exitpriority=-200)
    tempfile.tempdir = _made["tempdir"]
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _ignored(number: signal.Signals) -> Iterator[None]:
    """Ignore a signal meanwhile; only a main thread may, and only it is interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
