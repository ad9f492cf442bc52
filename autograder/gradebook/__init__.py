"""Every grade ever given, with what is needed to give it again, and the only SQL in the house."""

from autograder.gradebook.file import GradebookError
from autograder.gradebook.judging import Judgement
from autograder.gradebook.store import Gradebook

__all__ = ["Gradebook", "GradebookError", "Judgement"]
