"""The data sets that install with the kit, by name: `load("digits")`; the same arrays on every machine."""

from autograder.data.dataset import DataError, Dataset
from autograder.data.shelf import load, names

__all__ = ["DataError", "Dataset", "load", "names"]
