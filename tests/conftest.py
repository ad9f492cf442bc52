"""What all tests share: pytester, and an order in which two processes end at the same time."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

LONGEST = ("walk", "student_zips", "verify", "student_zip", "independent", "_otter", "redteam", "sandbox")
"""Begun first: a file that takes minutes and comes last would leave the other cores idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))

    items.sort(key=place)
