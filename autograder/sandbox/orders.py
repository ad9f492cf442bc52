"""What a worker is to be: said by the grader, carried out by the zygote's fork."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from autograder.model import Limits
from autograder.sandbox.isolation import Level

SUBMISSION: Final = "/sub"
"""Where a worker with a root of its own finds the submission."""


@dataclass(frozen=True)
class Orders:
    """`folder` holds the submission, as seen from outside; `scratch` is needed where there is no mount namespace.

    `uid` is 0 where the worker stays who the zygote is.
    """

    level: Level
    parts: tuple[str, ...]
    limits: Limits
    folder: str
    scratch: str
    uid: int = 0
    jail: str = ""
    """A root of copies, for a worker that has the part; `folder` and `scratch` lie below it then."""
    landlock_abi: int = 0
    """The newest that may be used: the one that was tried."""
    devices: tuple[str, ...] = ()
    """Nodes of a GPU, for a worker that trains on it; no other worker sees any."""

    @property
    def inner_folder(self) -> str:
        """Where the worker finds the submission."""
        return SUBMISSION if "mount" in self.parts else self.folder.removeprefix(self.jail)

    @property
    def inner_scratch(self) -> str:
        """Where the worker may write."""
        return "/tmp" if "mount" in self.parts else self.scratch.removeprefix(self.jail)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Orders:
        return cls(
            **{
                **tree,
                "limits": Limits(**tree["limits"]),
                "parts": tuple(tree["parts"]),
                "devices": tuple(tree["devices"]),
            }
        )
