"""Group A: forging or destroying the result."""

from __future__ import annotations

from attacks_a import ATTACKS
from common import AgainstAttacks, AgainstRaid

__all__ = ["ATTACKS"]


class TestAttacks(AgainstAttacks):
    pass


class TestRaid(AgainstRaid):
    pass
