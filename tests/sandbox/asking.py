"""Requests to a dispatcher in this process, over files written for a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.sandbox import wire
from autograder.sandbox.dispatch import Dispatcher


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


class Asker:
    """Sends requests to a dispatcher in this process; what it holds comes back as the description of a handle."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.dispatcher = Dispatcher(folder, **options)

    def reply(self, op: str, target: dict[str, object], value: object = None, **more: object) -> dict[str, Any]:
        tree, body = wire.encode(value, lambda x: {"handle": x, "path": []} if type(x) is Ref else {})
        tree = json.loads(json.dumps(tree, default=lambda ref: ref.number))
        header, data = wire.split(wire.pack({"token": "t", "op": op, "target": target, "value": tree, **more}, body))
        with self.dispatcher.modules.installed():
            head, data = wire.split(self.dispatcher.handle(header, data))
        reply = wire.parse(head)
        assert reply["token"] == "t"
        if "ok" in reply:
            return {"ok": wire.decode(reply["ok"], data, lambda about: about)}
        return reply

    def ask(self, op: str, where: str | int, value: object = None, **more: object) -> Any:
        return self.reply(op, place(where), value, **more)["ok"]

    def error(self, op: str, where: str | int, value: object = None) -> Any:
        return self.reply(op, place(where), value)["error"]


class Ref:
    """Stands for an object that the dispatcher holds, in an argument."""

    def __init__(self, number: int) -> None:
        self.number = number


def place(where: str | int) -> dict[str, object]:
    """ "layers.f" is a path; "3.forward" is an attribute of the object held as number 3, 3 the object itself."""
    first, *rest = str(where).split(".")
    return {"handle": int(first), "path": rest} if first.isdigit() else {"path": [first, *rest]}
