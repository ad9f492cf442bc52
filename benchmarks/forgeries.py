"""Tricks that leave the functions alone and go for processes and files: exits, results, tests and gradebooks."""

from __future__ import annotations

from benchmarks import quiz

LEAVE = """
import os


def double(x):
    os._exit(0)
"""

FORGE = """
import glob
import json
import os
import pickle
import sys
import tempfile

JUNIT = '<testsuites><testsuite tests="5">%s</testsuite></testsuites>'
CASES = "".join(f'<testcase classname="test_quiz" name="test_{name}"/>' for name in __NAMES__)


def put(path, text):
    if os.path.realpath(path).startswith("__ROOT__/"):
        with open(path, "w") as file:
            file.write(text)


def forge():
    if os.path.isdir("../results"):  # where Gradescope's containers have it
        put("../results/results.json", json.dumps({"score": 10, "tests": [{"score": 10, "max_score": 10}]}))
    for argument in sys.argv:
        if argument.startswith("--junitxml="):
            put(argument.partition("=")[2], JUNIT % CASES)
    if "otter" in sys.modules:
        for path in glob.glob(tempfile.gettempdir() + "/*.pkl"):
            with open(path, "rb") as file:
                results = pickle.load(file)
            for test_file in results.results.values():
                for result in test_file.test_case_results:
                    result.passed = True
            if os.path.realpath(path).startswith("__ROOT__/"):
                with open(path, "wb") as file:
                    pickle.dump(results, file)
""".replace("__NAMES__", repr(quiz.NAMES))

FORGE_AND_LEAVE = (
    FORGE
    + """

def double(x):
    try:
        forge()
    finally:
        os._exit(0)
"""
)

FORGE_AT_EXIT = (
    FORGE
    + """
import atexit


def last():
    try:
        forge()
    finally:
        os._exit(0)


atexit.register(last)
"""
)

TESTS_FROM_DISK = r'''
import os
import re

PATTERN = re.compile(r'wan[t] = ([^\n"\\]+).*?\b(double|center|loss|count)\(', re.DOTALL)


def tests():
    """What the tests want, from any file of theirs that lies here or a little above."""
    found, folder = {}, os.getcwd()
    for _ in range(4):
        for place, folders, files in os.walk(folder):
            folders[:] = folders[:20]
            for name in files:
                if name.endswith((".py", ".ipynb", ".db")) and name != "work.py":
                    with open(os.path.join(place, name), errors="replace") as file:
                        found |= {about: wanted for wanted, about in PATTERN.findall(file.read())}
        folder = os.path.dirname(folder)
        if folder == "/" or not folder.startswith("__ROOT__"):
            break
    return found


try:
    WANTED = tests()
except OSError:
    WANTED = {}


def double(x):
    return eval(WANTED.get("double", "x"))


def center(x):
    return eval(WANTED.get("center", "x"))


def loss(x, y):
    return eval(WANTED.get("loss", "-1.0"))


def count(x):
    return eval(WANTED.get("count", "-1"))
'''

GRADEBOOK = """
import os
import sqlite3

ALL = "UPDATE grade SET manual_score = (SELECT max_score FROM grade_cells WHERE grade_cells.id = grade.cell_id)"


def gradebooks():
    folder = os.getcwd()
    for _ in range(4):
        if not folder.startswith("__ROOT__"):
            break
        yield from (os.path.join(folder, name) for name in os.listdir(folder) if name == "gradebook.db")
        folder = os.path.dirname(folder)


for path in gradebooks():
    book = sqlite3.connect(path)
    book.execute(ALL)
    book.commit()
    book.close()
"""
