"""What a course declares and what follows from it: assignments, rosters, skeletons, handouts. It executes nothing."""

from autograder.course.assignment import find, load
from autograder.course.roster import load_roster
from autograder.course.toml import CourseError

__all__ = ["CourseError", "find", "load", "load_roster"]
