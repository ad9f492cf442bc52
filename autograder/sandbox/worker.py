"""What a fork of the zygote does with its life: get confined, become a plain interpreter, answer requests."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from autograder.sandbox import confine
from autograder.sandbox.confine import Start
from autograder.sandbox.orders import Orders

Serve = Callable[[int, int, Path, int], None]
"""(descriptor of requests, of replies, submission's folder, cap of a reply's arrays in bytes) → at the grader's end."""

_ENVIRONMENT: Final = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "USER": "student",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "agg",
}


def live(orders: Orders, start: Start, serve: Serve) -> NoReturn:
    """Never returns: the process ends with the last request, or at once if a layer can't be had."""
    try:
        abi = confine.confine(orders, start)
        _look_plain(orders.inner_scratch, bool(orders.devices))
        confine.keep_only_pipes(start)
    except BaseException as error:
        os.write(start.status, f"error {type(error).__name__}: {error}".encode()[:1000])
        os._exit(70)
    confine.report(f"ok {abi}")
    try:
        serve(confine.READ_FD, confine.WRITE_FD, Path(orders.inner_folder), orders.limits.reply_mb << 20)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(71)


def _look_plain(scratch: str, gpu: bool) -> None:
    """Leave nothing of the zygote in sight of what runs here."""
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(_ENVIRONMENT, HOME=scratch, TMPDIR=scratch)
    if not gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # where no wall hides the nodes, nobody stumbles over them
    tempfile.tempdir = None
    os.chdir(scratch)
    sys.argv = ["submission"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    gc.enable()
