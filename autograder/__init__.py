"""An autograded deep-learning assignment kit: handouts, checks, and a grader that never shows an answer to a submission."""

__version__ = "0.1.0"
