"""One submission × the checks → outcomes → a grade; many of them, resumably."""

from autograder.grading.batch import Job, Setup, run
from autograder.grading.score import not_graded, rejected, score

__all__ = ["Job", "Setup", "not_graded", "rejected", "run", "score"]
