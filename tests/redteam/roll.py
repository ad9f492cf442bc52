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
    "F": 22,
}
"""Group → how many attacks it has, A1 to A17 and so on."""

LIMITS = {
    "D8": "Which checks pass is a bit each, and a run's length some more. Over many runs of one seed they add up: "
    "let a run draw its own seed, and count attempts.",
    "D12": "A submission can tell that it is being graded, and gains nothing: what it then does is what is graded.",
    "E16": "A submission may spend its budget of CPU seconds as it likes, on every attempt: count attempts.",
    "F1": "Weights of somebody else in the class are flagged; those of another year or of a stranger look like one's "
    "own.",
    "F2": "Weights written into the source are text that staff read; nothing can be downloaded.",
    "F3": "The digits install with the kit, test images too, so a submission can train on them. An import of the "
    "package that holds them is flagged, and training earns few points.",
    "F4": "For the same reason their labels can be looked up. Scores that matter need data that no student has.",
    "F5": "Whether the order of a data set tells its labels is for whoever brings the data set.",
    "F14": "Whoever tries seeds until a threshold is crossed has crossed it; thresholds lie well below what works.",
    "F15": "Nothing is graded on a GPU yet, so no result depends on one.",
    "F18": "A right result by another way than the sheet's is right to a check; how it was reached is for a reader.",
    "F20": "No check scores speed.",
    "F21": "Nothing is graded on a GPU yet, so there is none to hold.",
}
"""ID → what is left, and why."""


def ids() -> list[str]:
    return [f"{group}{number}" for group, count in IDS.items() for number in range(1, count + 1)]
