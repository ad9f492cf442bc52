"""One submission × the checks → outcomes → a grade; many of them, resumably."""

from autograder.grading.batch import Setup, Underway, run
from autograder.grading.nursery import Nursery
from autograder.grading.runner import ChecksError, declared
from autograder.grading.score import lateness, rejected, score

__all__ = ["ChecksError", "Nursery", "Setup", "Underway", "declared", "lateness", "rejected", "run", "score"]
