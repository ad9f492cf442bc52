"""Notebooks that turn on whoever runs them: nothing that one does to its own cells earns a point more."""

from __future__ import annotations

import json
import os
import resource
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from books import CELLS, REPORT, RIGHT, book, put, replaced, write

from autograder import intake, pipeline
from autograder.model import Grade

WRONG = "def line(x, slope, offset):\n    return offset + 0 * x"
FLAT = replaced(CELLS, c2=WRONG)
"""An honest wrong notebook: what the attacks below must not better."""

TRANSFORM = """\
shell = get_ipython()
shell.input_transformers_post.append(lambda lines: ["pass\\n"])
shell.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
shell.set_custom_exc((Exception,), lambda *more: None)
shell.events.register("pre_run_cell", lambda *more: None)
from IPython.core import inputtransformer2
inputtransformer2.TransformerManager.transform_cell = lambda self, cell: "pass\\n"
"""
PATCHED = """\
import sys, builtins, unittest, doctest
import numpy as np
np.testing.assert_allclose = lambda *more, **named: None
np.allclose = np.array_equal = lambda *more, **named: True
from autograder.sandbox import notebook, figures
notebook.Notebook.cause = notebook.Notebook.explained = lambda *more: None
figures.MOST = 10**6
doctest.DocTestRunner.run = lambda *more, **named: None
"""
PICTURES = """\
import numpy as np
from autograder.sandbox import figures
figures.shown += [(1, np.zeros((1200, 1200, 3), np.uint8)), (-1, "<svg onload=alert(1)>"), ("x", np.zeros(3))]
figures.shown += [(1, np.zeros((8, 8, 3), np.uint8))] * 5000
"""
STALE = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"image/png": "iVBORw0KGgo=", "text/html": "<script>alert(1)</script>", "text/plain": "2.0"},
}


def changed(text: str, cell: dict[str, object], **more: object) -> str:
    """A notebook with the same entries in every cell."""
    made = json.loads(text) | more
    made["cells"] = [each | cell for each in made["cells"]]
    return json.dumps(made)


INBOX = {
    "honest": {"ex08.ipynb": FLAT},
    "right": {"ex08.ipynb": RIGHT},
    "transforms": {"ex08.ipynb": replaced((TRANSFORM, *CELLS), c3=WRONG)},
    "patches": {"ex08.ipynb": replaced((PATCHED, *CELLS), c3=WRONG)},
    "ignored": {
        "ex08.ipynb": changed(FLAT, {"id": "same", "metadata": {"tags": ["otter_ignore"], "otter": {"ignore": True}}})
    },
    "renamed": {"ex08.ipynb": changed(RIGHT, {}, metadata={"kernelspec": {"name": "ir", "language": "R"}})},
    "deleted": {"ex08.ipynb": book("import numpy as np", WRONG)},
    "draws": {"ex08.ipynb": replaced((PICTURES, *CELLS), c3=WRONG)},
    "stale": {
        "ex08.ipynb": changed(replaced(CELLS, c4="slope_at_zero = 2.0"), {"outputs": [STALE], "execution_count": 4}),
        "report.toml": REPORT,
    },
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Grade]]:
    root = tmp_path_factory.mktemp("hostile")
    assignment = write(root / "course")
    for name, files in INBOX.items():
        put(root / "inbox" / name, files)
    grades = pipeline.grade(assignment, root / "inbox", root / "out", workers=1)
    return root / "out", {grade.submission: grade for grade in grades}


def test_the_honest_ones_earn_what_is_theirs(graded: tuple[Path, dict[str, Grade]]) -> None:
    assert (graded[1]["right"].score, graded[1]["honest"].score) == (7, 4)


@pytest.mark.covers("B8")
@pytest.mark.parametrize("name", ["transforms", "patches"])
def test_changing_how_cells_are_read_or_compared_earns_nothing(
    name: str, graded: tuple[Path, dict[str, Grade]]
) -> None:
    _, grades = graded
    assert grades[name].score <= grades["honest"].score
    assert {"check_line_is_a_line"} <= set(grades[name].lost)
    assert all(o.outcome != "errored" for o in grades[name].outcomes)


@pytest.mark.covers("B13")
def test_tags_ids_kernels_and_missing_cells_earn_nothing(graded: tuple[Path, dict[str, Grade]]) -> None:
    _, grades = graded
    assert grades["ignored"].score == grades["honest"].score
    assert grades["deleted"].score < grades["honest"].score
    assert grades["renamed"].score == 0
    assert "ex08.ipynb is a notebook for R, not for Python." in grades["renamed"].notes


@pytest.mark.covers("F19")
def test_outputs_that_were_pasted_are_not_believed(graded: tuple[Path, dict[str, Grade]]) -> None:
    out, grades = graded
    assert "check_a_figure_is_there" in grades["stale"].lost
    assert not (out / "feedback" / "stale").exists()
    page = (out / "feedback" / "stale.html").read_text()
    assert "data:image" not in page
    assert "alert(1)" not in page


@pytest.mark.covers("F19")
def test_pictures_are_pixels_and_few_whatever_is_claimed_to_be_one(graded: tuple[Path, dict[str, Grade]]) -> None:
    out, grades = graded
    assert grades["draws"].score <= grades["honest"].score
    assert len(grades["draws"].pictures) <= 20
    assert all(picture.startswith(b"\x89PNG") for picture in grades["draws"].pictures)
    assert "onload" not in (out / "feedback" / "draws.html").read_text()


def with_a_gigabyte(text: str) -> bytes:
    """A zip of ex08.ipynb whose first cell printed a gigabyte: real deflated data, one block of it again and again."""
    made = json.loads(text)
    made["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "HERE"}]
    head, tail = (part.encode() for part in json.dumps(made).split("HERE"))
    line, times = b"A" * (1 << 20), 1 << 10
    packer, data, size, check = zlib.compressobj(1, zlib.DEFLATED, -15), b"", 0, 0
    for part in (head, line):
        data += packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
        size, check = size + len(part), zlib.crc32(part, check)
    again = packer.compress(line) + packer.flush(zlib.Z_FULL_FLUSH)  # says the same wherever it stands
    for _ in range(times - 1):
        check = zlib.crc32(line, check)
    data += again * (times - 1) + packer.compress(tail) + packer.flush()
    size, check = size + (times - 1) * len(line) + len(tail), zlib.crc32(tail, check)
    name, facts = b"ex08.ipynb", (8, 0, 0, check, len(data), size)
    out = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, *facts, len(name), 0) + name + data
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, *facts, len(name), 0, 0, 0, 0, 0x81A40000, 0)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(entry) + len(name), len(out), 0)
    return out + entry + name + end


def test_a_gigabyte_that_a_notebook_printed_is_refused_and_never_held(tmp_path: Path) -> None:
    assignment, inbox = write(tmp_path / "course"), tmp_path / "inbox"
    put(inbox / "sparse", {"ex08.ipynb": ""})
    os.truncate(inbox / "sparse" / "ex08.ipynb", 1 << 30)
    (inbox / "zipped.zip").write_bytes(with_a_gigabyte(RIGHT))
    assert (inbox / "zipped.zip").stat().st_size < 8 << 20
    with zipfile.ZipFile(inbox / "zipped.zip") as archive:
        assert archive.getinfo("ex08.ipynb").file_size > 1 << 30

    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    read = {a.name: intake.receive(a, assignment, tmp_path / "read") for a in intake.discover(inbox, assignment)}

    assert sorted(read) == ["sparse", "zipped"]
    for submission in read.values():
        assert "ex08.ipynb" not in submission.files
        said = " ".join((submission.rejected, *submission.notes))
        assert "ex08.ipynb is larger than the 64 MB that may be kept" in said
        assert "outputs" in said
    # in kilobytes; the caps allow a notebook of 64 MB and what reading it takes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10
    assert time.process_time() - began < 5
