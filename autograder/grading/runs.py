"""Finished training runs on disk: what a killed batch has trained, the next one does not train again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from autograder.model import Submission


class KeptRuns(MutableMapping[str, Any]):
    """The runs of one submission under one set of versions and one seed: a JSON file each, whole or not there."""

    def __init__(self, folder: Path, submission: Submission, versions: Mapping[str, str], seed: int) -> None:
        self._folder = folder
        self._of = json.dumps([submission.sha256, dict(versions), seed], sort_keys=True)

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256("\n".join((self._of, key)).encode())
        return self._folder / f"{digest.hexdigest()[:32]}.json"

    def __getitem__(self, key: str) -> Any:
        try:
            found = json.loads(self._path(key).read_text())
        except (OSError, ValueError):  # none, or one of a machine that lost power while it was written
            raise KeyError(key) from None
        return found["run"]

    def __setitem__(self, key: str, run: Any) -> None:
        path = self._path(key)
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        with fresh.open("w") as file:
            json.dump({"run": run, "key": key, "of": self._of}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def __delitem__(self, key: str) -> None:
        try:
            self._path(key).unlink()
        except FileNotFoundError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self._folder.glob("*.json")):
            found = json.loads(path.read_text())
            if found["of"] == self._of:
                yield found["key"]

    def __len__(self) -> int:
        return sum(1 for _ in self)
