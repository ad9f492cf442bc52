"""Group F: what only work on deep learning has to cheat with."""

from __future__ import annotations

from attacks_f import ATTACKS
from common import AgainstAttacks, AgainstRaid

__all__ = ["ATTACKS"]


class TestAttacks(AgainstAttacks):
    pass


class TestRaid(AgainstRaid):
    pass
