"""What a check gets as `student`: the submission's modules, functions and objects as if they were here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from autograder.model import Limits
from autograder.sandbox import bookrun, places
from autograder.sandbox.bookrun import BookRun
from autograder.sandbox.conversation import Conversation
from autograder.sandbox.places import Place
from autograder.sandbox.sentences import Interrupted, MissingNameError, StudentError, Unavailable
from autograder.sandbox.transport import Need, Stopped, Transport
from autograder.sandbox.watching import Watching

__all__ = ["Handle", "Interrupted", "Module", "Stopped", "Student", "StudentError", "Transport", "Unavailable"]

_PROBES = ("__", "_repr_", "_ipython_", "_pytest")
"""How the names begin that Python, notebooks and pytest look up on any object; they never reach the worker."""


class Student:
    """One submission. `student.layers.conv_forward(x, w)` runs in the worker and returns plain data, or a Handle."""

    def __init__(
        self, connect: Callable[..., Transport], limits: Limits, files: Sequence[str], asked: Sequence[str] = ()
    ) -> None:
        """`connect` opens a worker over the submission, whose `files` are there of those that are `asked` for.

        It is called with nothing, or with a `Need` for a training run.
        """
        absent = [name for name in asked if name.removesuffix(".ipynb") + ".py" not in files]
        self._known = frozenset((*files, *absent))
        self._books: dict[str, BookRun] = {}
        self._talk = Conversation(connect, limits, files, partial(Handle, self), self._unwrap)
        self._modules: dict[str, Module] = {}

    def begin(self, check: str, seed: int, seconds: float | None = None, hidden: bool = False) -> None:
        """A new check: `seconds` of CPU time, or what the limits give; the worker's random numbers start afresh.

        A check that declares seconds may spend them all in one call. `hidden` changes nothing that is done: every
        exception carries both wordings.
        """
        self._talk.begin(check, seed, seconds)

    @contextmanager
    def briefly(self) -> Iterator[None]:
        """Calls meanwhile have the assignment's ordinary limit, in a check that declares more seconds for others.

        A check that trains for minutes makes one such call first, so that what never returns is found out in seconds.
        """
        with self._talk.budget.ordinary():
            yield

    @contextmanager
    def trial(self, seconds: float, number: int, **more: Any) -> Iterator[Watching]:
        """A training run from seed `number`, in a worker of its own; `more` as Watching's. Its objects are lost after.

        Calls in `with student.training(run):` are its parts, the others meanwhile are not.
        """
        run = Watching(seconds, number, **more)
        with self._talk.afresh(Need(run.memory, run.granted, run.device != "cpu")):
            yield run

    @contextmanager
    def training(self, run: Watching) -> Iterator[None]:
        """Calls meanwhile are watched, and ended gently where the budget of `run` is used up."""
        self._talk.watching = run
        try:
            yield
        finally:
            self._talk.watching = None

    def has(self, name: str) -> bool:
        """Whether there is "layers", or "layers.conv_forward". Raises Unavailable if the module cannot be imported."""
        place = self._place(name)
        try:
            return self._talk.ask("has", place, fits=lambda answer: answer is True) is True
        except MissingNameError:
            return False

    def notebook(self, name: str) -> BookRun:
        """What became of the cells of `<name>.ipynb`, and what they showed, when it was first run: now or before.

        Raises Unavailable where there is no such notebook, and Interrupted where its run had to be stopped.
        """
        if name not in self._books:
            place = places.module(name, self._known)
            if not place.is_notebook:
                raise TypeError(f"{place.file} is not a notebook")
            answer = self._talk.ask("notebook", place, fits=bookrun.fits)
            self._books[name] = bookrun.read(answer, place.file)
        return self._books[name]

    def put_weights(self, net: Handle, file: str) -> list[str]:
        """Put the weights in a file of the submission into `net`, a network of its own, and bring it into mode eval.

        Returns ["loaded", how many numbers], or what is wrong: a kind and words, all told by the worker.
        """

        def fits(answer: object) -> bool:
            return type(answer) is list and 0 < len(answer) < 8 and all(type(word) is str for word in answer)

        place = replace(self._unwrap(net), label=f"Loading {file}", safe=f"Loading {file}")
        words: Any = self._talk.ask("weights", place, (file, self._talk.limits.weights_mb << 20), fits=fits)
        return list(words)

    @property
    def notebooks(self) -> tuple[BookRun, ...]:
        """Of the notebooks that `notebook` was asked for, what became of them."""
        return tuple(self._books.values())

    @property
    def printed(self) -> str:
        """What the submission has printed so far, its first `limits.output_kb` only."""
        return self._talk.printed

    def close(self) -> None:
        """End the worker."""
        self._talk.close()

    def __getattr__(self, name: str) -> Module:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._modules.setdefault(name, Module(self, name))

    def __repr__(self) -> str:
        return "<Student>"

    def _place(self, name: str) -> Place:
        module, *names = name.split(".")
        place = places.module(module, self._known)
        for part in names:
            place = place.below(part)
        return place

    def _unwrap(self, x: object) -> Place:
        if type(x) is Handle and x._student is self:
            return x._place
        if type(x) is Module and x._student is self:
            return x._place
        raise TypeError(
            f"a check passes {type(x).__name__} to the submission; only plain values, arrays, tensors and handles cross"
        )


class Module:
    """A module of the submission. Its plain attributes are values; functions, classes and objects are Handles."""

    __slots__ = ("_functions", "_place", "_student")

    def __init__(self, student: Student, name: str) -> None:
        object.__setattr__(self, "_student", student)
        object.__setattr__(self, "_place", places.module(name, student._known))
        object.__setattr__(self, "_functions", {})

    _student: Student
    _place: Place
    _functions: dict[str, Handle]

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_PROBES):
            raise AttributeError(name)
        if name in self._functions:
            return self._functions[name]
        found = self._student._talk.ask("get", self._place.below(name))
        if type(found) is Handle and found._callable:
            self._functions[name] = found  # found again by its path at every call, so it never goes stale
        return found

    def __setattr__(self, name: str, value: object) -> None:
        self._functions.pop(name, None)
        self._student._talk.ask("set", self._place.below(name), value, fits=_is_none)

    def __repr__(self) -> str:
        return f"<{self._place.label} of the submission>"


class Handle:
    """Something that stayed in the worker: call it, ask for attributes and items, or pass it back as an argument."""

    __slots__ = ("_callable", "_methods", "_place", "_student", "type_name")
    __iter__ = None

    def __init__(
        self, student: Student, place: Place, type_name: str, callable: bool, methods: frozenset[str] = frozenset()
    ) -> None:
        """`methods`: names that the worker says are methods. They are found again at every call, as functions are."""
        for name, value in zip(self.__slots__, (callable, methods, place, student, type_name), strict=True):
            object.__setattr__(self, name, value)

    _callable: bool
    _methods: frozenset[str]
    _place: Place
    _student: Student
    type_name: str

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._student._talk.ask("call", self._place, (args, kwargs))

    def watch(self, *args: object, **kwargs: object) -> tuple[Any, tuple[Any, ...]]:
        """(result, the positional arguments as the call left them)."""

        def fits(answer: object) -> bool:
            return type(answer) is tuple and len(answer) == 2 and _is_tuple(answer[1], len(args))

        result: Any = self._student._talk.ask("call", self._place, (args, kwargs), watch=True, fits=fits)
        return result[0], result[1]

    def infer(self, *args: object, **kwargs: object) -> Any:
        """The result of a call for which torch records no gradients."""
        return self._student._talk.ask("infer", self._place, (args, kwargs))

    def infer_many(self, calls: Sequence[tuple[object, ...]]) -> list[Any]:
        """The results of many such calls, sent as one message."""
        return self._many("infer_many", calls)

    def many(self, calls: Sequence[tuple[object, ...]]) -> list[Any]:
        """The results of many calls, sent as one message."""
        return self._many("many", calls)

    def _many(self, op: str, calls: Sequence[tuple[object, ...]]) -> list[Any]:
        calls = [tuple(args) for args in calls]

        def fits(answer: object) -> bool:
            return type(answer) is list and len(answer) == len(calls)

        results: Any = self._student._talk.ask(op, self._place, calls, fits=fits)
        return list(results)

    def aside(self, number: int, *args: object) -> Any:
        """The result in worker `number` of those beside the usual one, in which a check calls it once and no more.

        Such a worker is kept for other checks and functions, as opening one costs more than any call. Only what is
        reached through a module can be called so, with plain values; objects that come back are of no use.
        """
        with self._student._talk.aside(number, self._place):
            return self._student._talk.ask("call", self._place, (args, {}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_PROBES):
            raise AttributeError(name)
        place = self._place.below(name)
        if name in self._methods:
            return Handle(self._student, place, "method", True)
        return self._student._talk.ask("get", place)

    def __setattr__(self, name: str, value: object) -> None:
        if name in self._methods:
            object.__setattr__(self, "_methods", self._methods - {name})
        self._student._talk.ask("set", self._place.below(name), value, fits=_is_none)

    def __getitem__(self, key: object) -> Any:
        return self._student._talk.ask("item", self._place, key)

    def __setitem__(self, key: object, value: object) -> None:
        self._student._talk.ask("setitem", self._place, (key, value), fits=_is_none)

    def __len__(self) -> int:
        length: Any = self._student._talk.ask("len", self._place, fits=_is_length)
        return int(length)

    def __bool__(self) -> bool:
        return True

    def __array__(self, *args: object, **kwargs: object) -> NoReturn:
        """numpy would otherwise ask for a length and for items, one request each."""
        why = "where an array or a number was expected."
        raise Unavailable(f"{self._place.label} is a {self.type_name} {why}", "", f"Something else came {why}")

    def __copy__(self) -> Handle:
        return self

    def __deepcopy__(self, memo: object) -> Handle:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a handle is of one worker and cannot be pickled")

    def __repr__(self) -> str:
        return f"<Handle to {self._place.label}, a {self.type_name} of the submission>"


def _is_none(answer: object) -> bool:
    return answer is None


def _is_length(answer: object) -> bool:
    return type(answer) is int and 0 <= answer < 1 << 31


def _is_tuple(answer: object, length: int) -> bool:
    return type(answer) is tuple and len(answer) == length
