import numpy as np

from autograder.checks import close, equal, points


@points(1, "double")
def check_double_of_ones(student):
    """double(x) is twice x."""
    close(student.work.double(np.ones(3)), 2 * np.ones(3), "double(x)")


@points(1, "numbers")
def check_count_of_three(student):
    """count(x) is how many entries are positive."""
    equal(student.work.count(np.array([1.0, -1.0, 2.0, 3.0])), 3, "count(x)")


@points(1, "greet")
def check_greet(student):
    """greet(name) greets."""
    equal(student.work.greet("Ada"), "hello Ada", "greet(name)")
