"""The worker's side of the pipe: runs requests over a submission's code. Nothing here is trusted once that code ran.

A request's header is {"token", "op", "target", "value"?, "watch"?, "seed"?, "release"?, "seconds"?, "train"?}; a
reply's is {"token", "ok"} or {"token", "error"}. Ahead of the reply to one with "train" come notes, {"token", "note"}.
A target is {"path": [module, name, ...]} or {"handle": id, "path": [name, ...]}.
"""

from __future__ import annotations

import contextlib
import importlib
import linecache
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import IO, Any, TypeGuard, TypeVar

import numpy as np

from autograder.sandbox import weights, wire
from autograder.sandbox.guard import Guard, lay_out
from autograder.sandbox.modules import MissingModuleError, Modules, same_draws, seed
from autograder.sandbox.ops import OPS
from autograder.sandbox.trainer import Trainer

E = TypeVar("E", bound=BaseException)
FRAMES = 8
NAMES = 500
METHODS = 50
FAILURES = 20
"""Failed cells that are told of."""
TEXT = 2_000


class _RefusalError(Exception):
    """An error reply that is not simply an exception of the submission's."""

    def __init__(self, kind: str, cause: BaseException | None = None, names: list[str] | None = None) -> None:
        super().__init__(kind)
        self.kind, self.cause, self.names = kind, cause, names or []


class Dispatcher:
    """Answers one request after the other over the modules of one folder; `through` are exceptions it lets pass."""

    def __init__(
        self,
        folder: Path,
        reply_bytes: int = wire.BODY_BYTES,
        through: tuple[type[BaseException], ...] = (),
        modules: Modules | None = None,
        guard: Guard | None = None,
        say: Callable[[bytes], None] = lambda frame: None,
    ) -> None:
        """`say` sends a frame ahead of the reply."""
        self.modules = modules or Modules(folder)
        self._say, self._trainer = say, Trainer()
        self._guard = guard
        self._reply_bytes = reply_bytes
        self._through = through
        self._held: dict[int, object] = {}
        self._count = 0
        self._methods: dict[type, frozenset[str]] = {}

    def handle(self, header: bytes, body: wire.Buffer) -> bytes:
        """The reply frame to one request. Raises WireError for a header that is none, and what `through` names."""
        request = wire.parse(header)
        token = request.get("token")
        try:
            tree, buffers = self._answer(request, body)
            if sum(map(len, buffers)) > self._reply_bytes:
                raise wire.WireError(f"arrays of more than {self._reply_bytes >> 20} MiB")
            return wire.pack({"token": token, "ok": tree}, buffers)
        except self._through:
            raise
        except BaseException as error:
            return wire.pack({"token": token, "error": self._report(error)})

    def _answer(self, request: dict[str, Any], body: wire.Buffer) -> tuple[wire.Tree, list[wire.Buffer]]:
        for number in request.get("release", ()):
            self._held.pop(number, None)
        target, op = request["target"], request["op"]
        value = wire.decode(request.get("value"), body, self._grasp)
        if op == "load":
            if self._guard and request.get("seconds"):
                self._guard.start(request["seconds"])
            self._module(target["path"][0])
            return None, []
        if op == "notebook":
            return wire.encode(self._notebook(target["path"][0]), lambda x: self._hold(x, False))
        self._seed(request)
        *path, last = target["path"] or [None]
        if op == "set":
            setattr(self._resolve(target, path), last, value)
            return None, []
        subject = self._resolve(target, target["path"])
        self._seed(request)  # again: finding it may have imported torch
        if op == "weights":
            return wire.encode(self._put_weights(subject, value), lambda x: {})
        result = self._run(request, partial(OPS[op], subject, value, bool(request.get("watch"))))
        itself = op == "get" and "handle" not in target
        return wire.encode(result, lambda x: self._hold(x, itself and x is result))

    def _run(self, request: dict[str, Any], call: Callable[[], object]) -> object:
        """What a call returns; of one that trains, what became of the run besides."""

        def tell(note: dict[str, object]) -> None:
            self._say(wire.pack({"token": request["token"], "note": wire.encode(note, lambda x: {})[0]}))

        order = request.get("train")
        return self._trainer.call(order, call, tell) if order else call()

    def _put_weights(self, model: object, value: Any) -> list[str]:
        name, most = value
        return weights.load(self.modules.folder, name, model, most)

    def _notebook(self, name: str) -> dict[str, object]:
        """What became of a notebook's cells, and what it showed."""
        book = self.modules.notebooks[name]
        failures = [[number, self._report(error)] for number, error in list(book.failures.items())[:FAILURES]]
        room, pictures = self._reply_bytes // 2, []
        for number, picture in book.pictures:
            room -= picture.nbytes
            if room >= 0:
                pictures.append([number, picture])
        return {"failures": failures, "notes": [*self.modules.notes, *book.notes], "pictures": pictures}

    def _seed(self, request: dict[str, Any]) -> None:
        if request.get("seed") is not None:
            seed(request["seed"])

    def _hold(self, x: object, itself: bool) -> dict[str, object]:
        """Keep an object and describe it; the thing a module path names needs no keeping, its path finds it again."""
        about: dict[str, object] = {"type": str(type(x).__name__)[:80], "callable": callable(x)}
        if itself:
            return {"self": True, **about}
        self._count += 1
        self._held[self._count] = x
        if methods := self._methods_of(x):
            about["methods"] = methods
        return {"id": self._count, **about}

    def _methods_of(self, x: object) -> list[str]:
        """Which of its attributes are methods of the submission's classes, so that a check need not ask for each."""
        kind = type(x)
        with contextlib.suppress(BaseException):
            if kind not in self._methods:
                own = [vars(cls) for cls in kind.__mro__ if cls.__module__.partition(".")[0] in self.modules.names]
                names = {name for space in own for name, value in space.items() if type(value) is FunctionType}
                self._methods[kind] = frozenset(name for name in names if not name.startswith("_"))
            if methods := self._methods[kind]:
                return sorted(methods.difference(vars(x)))[:METHODS]
        return []

    def _grasp(self, target: dict[str, Any]) -> object:
        if "given" in target:
            from autograder.data import given

            return given.value(*target["given"])
        return self._resolve(target, target["path"])

    def _resolve(self, target: dict[str, Any], path: list[str]) -> object:
        if "handle" in target:
            found = self._held[target["handle"]]
        else:
            found, path = self._module(path[0]), path[1:]
        for name in path:
            try:
                found = getattr(found, name)
            except AttributeError as error:
                book = self.modules.notebooks.get(target["path"][0]) if "handle" not in target else None
                if book and len(target["path"]) == 2 and (cause := book.cause(name)):
                    raise _RefusalError("missing_name", cause) from None
                if self._frames(error):
                    raise  # a property of theirs went wrong, which is not the same as having none
                raise _RefusalError("missing_name", error, _names(found)) from None
        return found

    def _module(self, name: str) -> object:
        try:
            return self.modules.load(name)
        except MissingModuleError as error:
            raise _RefusalError("missing_module", error) from None
        except self._through:
            raise
        except BaseException as error:
            raise _RefusalError("import_failed", error) from None

    def _report(self, error: BaseException) -> dict[str, object]:
        """What went wrong, as data; an exception's own methods are the submission's and may do anything."""
        kind, names = "raised", list[str]()
        if _is_a(error, wire.WireError):
            kind = "not_plain"
        elif _is_a(error, _RefusalError):
            kind, names, error = error.kind, error.names, error.cause or error
        for book in self.modules.notebooks.values() if kind == "raised" else ():
            error = book.explained(error)
        message, frames = "", list[dict[str, object]]()
        with contextlib.suppress(BaseException):
            message = str(error.msg if _is_a(error, SyntaxError) else error)[:TEXT]
        with contextlib.suppress(BaseException):
            frames = self._frames(error)
        name = "Exception"
        with contextlib.suppress(BaseException):
            name = str(type(error).__name__)[:80]
        return {"kind": kind, "type": name, "message": message, "frames": frames, "names": names}

    def _frames(self, error: BaseException) -> list[dict[str, object]]:
        """The submission's own frames, the innermost last; for a syntax error of its files, the line that is wrong."""
        frames = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append((code.co_filename, trace.tb_lineno, getattr(code, "co_qualname", code.co_name)))
            trace = trace.tb_next
        if _is_a(error, SyntaxError):
            frames.append((str(error.filename), error.lineno or 0, "<module>"))
        root = f"{self.modules.folder}{os.sep}"
        return [
            {
                "file": file.removeprefix(root).replace(os.sep, "/")[:200],
                "line": line,
                "function": function.replace("<locals>.", "")[:80],
                "text": _line(file, line)[:200],
            }
            for file, line, function in [frame for frame in frames if frame[0].startswith(root)][-FRAMES:]
        ]


def _is_a(error: BaseException, kind: type[E]) -> TypeGuard[E]:
    """`isinstance`, which would also ask the exception what its class is."""
    return issubclass(type(error), kind)


def _line(file: str, line: int) -> str:
    linecache.checkcache(file)
    return linecache.getline(file, line).strip()


def _names(found: object) -> list[str]:
    """Public names, for a did-you-mean."""
    try:
        return [name[:80] for name in dir(found) if not name.startswith("_")][:NAMES]
    except Exception:
        return []


def serve(read_fd: int, write_fd: int, folder: Path, reply_bytes: int = wire.BODY_BYTES) -> None:
    """Answer requests until the grader closes the pipe. The process should be confined before this is called."""
    own = os.getpid()
    _settle(read_fd, write_fd, folder)
    guard, say = Guard(), partial(_say, write_fd, own)
    dispatcher = Dispatcher(folder, reply_bytes, modules=Modules(folder, guard=guard), guard=guard, say=say)
    with open(read_fd, "rb", buffering=0, closefd=False) as reader, dispatcher.modules.installed():
        while (prefix := _read(reader, wire.PREFIX.size)) is not None:
            header_len, body_len = wire.unpack_prefix(bytes(prefix))
            header, body = _read(reader, header_len), _read(reader, body_len)
            if header is None or body is None:
                return
            reply = dispatcher.handle(bytes(header), body)
            if os.getpid() != own:
                os._exit(0)  # a child that the submission forked has no business answering
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(BaseException):
                    stream.flush()
            say(reply)


def rehearse() -> None:
    """Do once, before the forks, what each of them does first: what Python and torch learn from it all of them have."""
    importlib.import_module("autograder.data.given")
    with tempfile.TemporaryDirectory() as folder, same_draws():
        Path(folder, "rehearsal.py").write_text("import numpy as np\n\n\ndef same(x):\n    return x\n")
        dispatcher = Dispatcher(Path(folder))
        with dispatcher.modules.installed():
            for op, path in (("load", ["rehearsal"]), ("call", ["rehearsal", "same"])):
                tree, body = wire.encode(((np.zeros((2, 3)),), {}), lambda x: {})
                header = {"token": "", "op": op, "target": {"path": path}, "value": tree, "seed": 0}
                dispatcher.handle(*wire.split(wire.pack(header, body)))
        if torch := sys.modules.get("torch"):
            torch.nn.Conv2d(1, 1, 1)


def _say(write_fd: int, own: int, frame: bytes) -> None:
    """Send a frame, from the process that we are and from none that a submission forked."""
    rest = memoryview(frame)
    while rest and os.getpid() == own:
        rest = rest[os.write(write_fd, rest) :]


def _settle(read_fd: int, write_fd: int, folder: Path) -> None:
    """What a script finds around it: no arguments, an empty input, a scratch folder; a notebook, its data in it."""
    sys.argv = ["submission"]
    with contextlib.suppress(OSError):
        os.chdir(tempfile.gettempdir())
        if any(folder.glob("*.ipynb")):
            lay_out(folder)
    with contextlib.suppress(OSError):
        empty = os.open(os.devnull, os.O_RDONLY)
        if 0 not in (read_fd, write_fd):
            os.dup2(empty, 0)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 it stays open for the submission


def _read(reader: IO[bytes], size: int) -> bytearray | None:
    """Exactly `size` bytes, or None where the pipe was closed."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        got = reader.readinto(view)  # type: ignore[attr-defined]
        if not got:
            return None
        view = view[got:]
    return buffer
