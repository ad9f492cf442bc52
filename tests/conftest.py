"""What all tests share: pytester, who runs alone, and an order in which processes end at the same time."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester", "sessions"]

LONGEST = ("walk", "student_zips", "verify", "student_zip", "independent", "_otter", "sandbox")
"""Begun first: a file that takes minutes and comes last would leave the other cores idle."""
ALONE = ("redteam/", "test_siege", "sandbox/test_levels")
"""Look at the whole machine for what an attack has left there."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))

    items.sort(key=place)
    for item in items:
        if any(name in item.nodeid for name in ALONE):
            item.add_marker(pytest.mark.alone)
