"""The data sets by name, `load("digits")`: those that install with the kit, and real ones from a data folder."""

from autograder.data.dataset import DataError, Dataset, Given
from autograder.data.shelf import chosen, load, names, use
from autograder.data.statistics import channel_statistics
from autograder.data.unseen import Unseen, unseen

__all__ = ["DataError", "Dataset", "Given", "Unseen", "channel_statistics", "chosen", "load", "names", "unseen", "use"]
