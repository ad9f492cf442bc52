"""The red team's list, and what of it no test shows: each ID has a test in this folder or a line here, which is also
a line of the README's threat model.
"""

from __future__ import annotations

IDS = {
    "A": 17,
    "B": 14,
    "C": 11,
    "D": 14,
    "E": 18,
}
"""Group → how many attacks it has, A1 to A17 and so on."""

LIMITS = {
    "B8": "No notebook is graded by the kit yet, so there is no IPython to transform.",
    "B13": "No notebook is graded by the kit yet, so there are no cells to delete or rename.",
    "D8": "Which checks pass is a bit each, and how long a run takes a few more: over many runs of one seed they add up. "
    "So a run draws new inputs from a new seed, and a course counts attempts.",
    "D12": "A submission can tell that it is being graded. It gains nothing by it: it is graded on what it then does.",
    "E16": "A submission may use its budget of CPU seconds for whatever it likes, on every attempt: a course counts attempts.",
}
"""ID → what is left, and why."""


def ids() -> list[str]:
    return [f"{group}{number}" for group, count in IDS.items() for number in range(1, count + 1)]
