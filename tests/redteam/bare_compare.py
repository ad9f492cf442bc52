"""The comparison of the grader without walls."""

import numpy as np


def close(got, want):
    assert np.allclose(got, want), f"{got!r} is not close"
