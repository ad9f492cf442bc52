"""An autograded deep-learning assignment kit: handouts, checks, and a grader that shows no submission an answer."""

__version__ = "0.1.0"
