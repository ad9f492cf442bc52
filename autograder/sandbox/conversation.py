"""The grader's side of the pipe: one request, one reply, and the budgets, restarts and refusals around them."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from autograder.data import Given
from autograder.model import Limits
from autograder.sandbox import mishap, places, sentences, wire
from autograder.sandbox.budget import Budget
from autograder.sandbox.mishap import clean
from autograder.sandbox.places import Place
from autograder.sandbox.sentences import Interrupted, Unavailable
from autograder.sandbox.transport import Kind, Need, Stopped, Transport
from autograder.sandbox.watching import Watching

STRIKES = 2
Wrap = Callable[[Place, str, bool, frozenset[str]], object]
Unwrap = Callable[[object], Place]
Fits = Callable[[object], bool]


@dataclass
class Line:
    """One worker, as it is spoken with; `transport` is None before it is opened and after it had to be stopped."""

    transport: Transport | None = None
    need: Need | None = None
    generation: int = 0
    """The number of the worker, of which there never is a second: what it holds is known by it."""
    freed: list[int] = field(default_factory=list)
    spent: float = 0.0
    imported: set[str] = field(default_factory=set)
    reseed: bool = False
    called: set[str] = field(default_factory=set)
    """What was called in this check, on a line where each is called once."""


class Conversation:
    """Requests to one submission's worker, which is opened when it is needed and again after it had to be stopped.

    `wrap` makes a handle of a place, a type's name, whether it can be called, and the names of its methods; `unwrap`
    finds the place of a handle that a check passes back.
    """

    def __init__(
        self, connect: Callable[..., Transport], limits: Limits, files: Sequence[str], wrap: Wrap, unwrap: Unwrap
    ) -> None:
        self.limits, self.files, self.budget = limits, tuple(files), Budget(limits)
        self._connect, self._wrap, self._unwrap = connect, wrap, unwrap
        self._line = Line()
        self._asides: dict[int, Line] = {}
        self._losses: dict[int, str] = {}
        self._workers = 0
        self._printed = ""
        self._seed: int | None = None
        self._unimportable: dict[str, tuple[str, str, str]] = {}
        self._strikes: Counter[str] = Counter()
        self.watching: Watching | None = None
        """The training run that every call is a part of at the moment."""

    def begin(self, check: str, seed: int, seconds: float | None = None) -> None:
        """A new check: its budget, and for the worker a seed from which the run's own cannot be told."""
        self.budget.begin(seconds)
        digest = hashlib.sha256(f"worker {seed} {check}".encode()).digest()
        self._seed = int.from_bytes(digest[:7], "little")
        for line in (self._line, *self._asides.values()):
            line.reseed = True
            line.called.clear()

    @property
    def printed(self) -> str:
        """What the submission printed so far, over all its workers, bounded by `limits.output_kb`."""
        now = self._line.transport.printed() if self._line.transport is not None else ""
        return (self._printed + now)[: self.limits.output_kb * 1024]

    def close(self) -> None:
        """End all workers. A later request would open another."""
        for line in (self._line, *self._asides.values()):
            with self._on(line):
                self._end("the worker was closed")
        self._asides.clear()

    @contextmanager
    def afresh(self, need: Need | None = None) -> Iterator[None]:
        """Requests meanwhile go to a worker that has heard nothing of the others, and that is ended afterwards.

        `need` is passed to `connect` where there is one.
        """
        with self._on(self._new_line(need)):
            try:
                yield
            finally:
                self._end("it was made for one call")

    @contextmanager
    def aside(self, number: int, place: Place) -> Iterator[None]:
        """Requests meanwhile go to one of a few workers beside the usual one, which are kept until `close`.

        In none of them is `place` called twice in a check: one in which it has been is ended, and another opened.
        """
        line = self._asides.get(number)
        if line is None or place.label in line.called:
            if line is not None:
                with self._on(line):
                    self._end("it was made for one call of each function")
            line = self._asides[number] = self._new_line()
        line.called.add(place.label)
        with self._on(line):
            yield

    @contextmanager
    def _on(self, line: Line) -> Iterator[None]:
        before, self._line = self._line, line
        try:
            yield
        finally:
            self._line = before

    def _new_line(self, need: Need | None = None) -> Line:
        self._workers += 1
        return Line(need=need, generation=self._workers, reseed=self._seed is not None)

    def ask(self, op: str, place: Place, value: object = None, watch: bool = False, fits: Fits | None = None) -> object:
        """What the worker says to one request; `fits` judges whether the answer has the form that it must have.

        Raises StudentError, Unavailable or Interrupted for anything that the submission's code did, and TypeError for
        a value of the check's that cannot cross.
        """
        places_used = [place]

        def hold(x: object) -> dict[str, object]:
            if type(x) is Given:
                return x.target
            places_used.append(self._unwrap(x))
            return places_used[-1].target()

        tree, body = wire.encode(value, hold)
        for used in places_used:
            self._admit(used)
        header: dict[str, object] = {"op": op, "target": place.target(), "value": tree}
        if watch:
            header["watch"] = True
        if self._line.reseed:
            header["seed"] = self._seed
        try:
            if self.watching and op == "call":
                return self._train(self.watching, header, body, place)
            return self._exchange(header, body, place, fits)
        except Interrupted as error:
            if error.kind == "timed_out" and self.budget.is_full(error.granted):
                self._strikes[place.label] += 1
            raise

    def _train(self, run: Watching, header: dict[str, object], body: Sequence[wire.Buffer], place: Place) -> object:
        header |= {"train": run.order(), "seed": run.seed()}
        with self.budget.training(run.granted):
            return run.take(self._exchange(header, body, place, run.fits, run.hear))

    def _admit(self, place: Place) -> None:
        """Whether a place can be asked at all: not lost, not too slow twice, its module imported."""
        if self._strikes[place.label] >= STRIKES:
            why = f"ran out of time in {STRIKES} earlier calls, so it was not called again."
            raise Unavailable(f"{place.label} {why}", "", f"{place.safe} {why}")
        if place.slot is None:
            self._import(place)
        elif place.slot.generation != self._line.generation:
            loss = self._losses.get(place.slot.generation)
            if loss is None:
                raise TypeError(f"a check passes {place.label}, which one worker holds, to another")
            raise Unavailable(f"{place.label} was lost: {loss}", "", f"{place.safe} was lost in an earlier step.")

    def _import(self, place: Place) -> None:
        """Import in a request of its own, so that what goes wrong there is told as such and is not tried again."""
        module = place.module
        if module in self._unimportable:
            raise Unavailable(*self._unimportable[module])
        if module in self._line.imported:
            return
        header: dict[str, object] = {"op": "load", "target": {"path": [module]}, "value": None}
        doing = f"{'Running' if place.is_notebook else 'Importing'} {place.file}"
        place = Place((module,), doing, doing, file=place.file)
        try:
            if place.is_notebook:
                self.budget.turn(module)
                header["seconds"] = self.budget.grant(doing)
            self._exchange(header, [], place, lambda answer: answer is None)
        except Interrupted as error:
            if error.kind != "timed_out" or self.budget.is_full(error.granted):
                again = " It was not tried again."
                self._unimportable[module] = (error.why + again, error.hint, error.why_hidden + again)
            raise
        except sentences.ImportFailedError as error:
            self._unimportable[module] = (error.why, error.hint, error.why_hidden)
            raise
        finally:
            self.budget.turn("")
        self._line.imported.add(module)

    def _exchange(
        self,
        header: dict[str, object],
        body: Sequence[wire.Buffer],
        place: Place,
        fits: Fits | None,
        hear: Callable[[str, bytes], bool] | None = None,
    ) -> object:
        granted = self.budget.grant(place.label)
        line = self._line
        if line.transport is None:
            line.transport, line.spent = self._connect(line.need) if line.need else self._connect(), 0.0
        token = secrets.token_hex(8)
        release, line.freed[:] = list(line.freed), []
        frame = wire.pack({"token": token, "release": release, **header}, body)
        try:
            head, data = line.transport.exchange(frame, granted, *([partial(hear, token)] if hear else []))
            self._charge()
            return self._read(head, data, token, place, header["op"] == "get", fits)
        except Stopped as stop:
            self._charge(granted if stop.kind == "timed_out" else 0.0)
            raise self._stop(stop.kind, place, granted) from None
        except wire.WireError:
            raise self._stop("garbled", place, granted) from None
        finally:
            line.reseed = self._seed is not None and (line.transport is None or (line.reseed and "seed" not in header))

    def _read(
        self, head: bytes, data: memoryview, token: str, place: Place, attribute: bool, fits: Fits | None
    ) -> object:
        """The value of a reply. Raises WireError for one that is none of ours, and what an error reply stands for."""
        reply = wire.parse(head)
        if reply.pop("token", None) != token:
            raise wire.WireError("a reply to another request")
        if reply.keys() == {"error"} and not data:
            wrong = mishap.read(reply["error"])
            if wrong.kind in ("missing_module", "import_failed") and not place.module:
                raise wire.WireError("an object that is no module and was not imported")
            raise sentences.trouble(wrong, place, self.files)
        if reply.keys() != {"ok"}:
            raise wire.WireError("a reply that is neither a value nor an error")
        value = wire.decode(reply["ok"], data, lambda about: self._grasp(about, place, attribute))
        if fits is not None and not fits(value):
            raise wire.WireError("a value of another form than was asked for")
        return value

    def _grasp(self, about: dict[str, object], place: Place, attribute: bool) -> object:
        """A handle for something that stayed in the worker."""
        name, number, can_call = about.get("type"), about.get("id"), about.get("callable") is True
        if not isinstance(name, str):
            raise wire.WireError("a handle without a type")
        name = clean(name, 60) or "object"
        if about.get("self") is True and attribute and place.slot is None:
            return self._wrap(place, name, can_call, frozenset())
        if type(number) is not int or not 0 < number < 1 << 53:
            raise wire.WireError("a handle without a number")
        methods = about.get("methods", [])
        if type(methods) is not list or not all(type(method) is str for method in methods):
            raise wire.WireError("a handle with other methods than names")
        label = place.label if attribute else name
        held = places.held(number, self._line.generation, self._line.freed, label)
        return self._wrap(held, name, can_call, frozenset(methods))

    def _charge(self, least: float = 0.0) -> None:
        """Count what the worker used since the last time, what its threads did in between included."""
        line = self._line
        spent = line.transport.spent() if line.transport is not None else None
        if spent is not None:
            self.budget.charge(max(spent - line.spent, least))
            line.spent = spent

    def _stop(self, kind: Kind, place: Place, granted: float) -> Interrupted:
        need = self._line.need
        limits = self.limits.extended(need.memory_mb, need.seconds) if need else self.limits
        error = sentences.interrupted(kind, place, granted, limits, left=self.budget.is_rest(granted))
        self._end(error.why)
        return error

    def _end(self, loss: str) -> None:
        """End the worker and all that it held; the next request on this line would open another."""
        line = self._line
        if line.transport is None:
            return
        transport, line.transport = line.transport, None
        self._printed += transport.printed()
        transport.close()
        self._losses[line.generation] = loss
        self._workers += 1
        line.generation, line.freed = self._workers, []
        line.imported.clear()
