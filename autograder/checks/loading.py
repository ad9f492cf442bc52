"""The checks in one checks_*.py: imported under a name of its own, each looked at before it may run."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
import zlib
from pathlib import Path
from types import ModuleType

from .declaration import CheckFunction, DeclarationError, refusal


def functions(path: Path) -> list[CheckFunction]:
    """The check_* functions of a file, as written. Raises DeclarationError naming what is refused, or why it fails."""
    module = _imported(path)
    found = [
        function
        for name, function in vars(module).items()
        if name.startswith("check_") and inspect.isfunction(function) and function.__module__ == module.__name__
    ]
    refused = [f"{path.name}:{function.__name__} {what}" for function in found if (what := refusal(function))]
    if refused:
        raise DeclarationError("; ".join(refused))
    return list(found)


def _imported(path: Path) -> ModuleType:
    # A name of its own: visible and hidden files are called alike, and neither may hide a student's module.
    name = f"autograder_{path.stem}_{zlib.crc32(str(path).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no __pycache__ beside what is handed out
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = lines[-1] if lines else getattr(error, "lineno", 1)
        kind = "" if isinstance(error, DeclarationError) else f"cannot be imported: {type(error).__name__}: "
        raise DeclarationError(f"{path.name}:{line} {kind}{error}") from error
    finally:
        sys.dont_write_bytecode = wrote
    return module
