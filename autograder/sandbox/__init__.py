"""Where student code runs: a confined worker behind a pipe, and the proxy that checks talk to."""

from autograder.sandbox.local import connect
from autograder.sandbox.student import Handle, Interrupted, Student, StudentError, Unavailable

__all__ = ["Handle", "Interrupted", "Student", "StudentError", "Unavailable", "connect"]
