"""What a file imports is seen however it is written, honest work is left in peace, and no file stops the reader."""

from __future__ import annotations

import time
from pathlib import Path

import packed
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import course
from autograder.intake import discover, receive
from autograder.intake.imports import MOST, advise, look

ROOT = Path(__file__).parent.parent
FORBIDDEN = {"layers.py": ("torch", "jax")}


def said(layers: str, **others: str) -> list[str]:
    """The flags for layers.py beside other files."""
    files = {"layers.py": layers, **{f"{name}.py": text for name, text in others.items()}}
    return advise({name: text.encode() for name, text in files.items()}, FORBIDDEN)[1]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("import torch", 1),
        ("import numpy as np, torch.nn as nn", 1),
        ("x = 1; import torch", 1),
        ("def f():\n    from torch.autograd import (\n        grad,\n    )", 2),
        ("if True: import torch as numpy", 1),
        ("import \\\n    torch", 1),
        ('"""import jax"""\n# import jax\n\nfrom torch import *', 4),
        ("\ufeffimport torch", 1),
    ],
)
def test_an_import_is_seen_however_it_is_written(code: str, line: int) -> None:
    assert said(code) == [f"layers.py line {line} imports torch, which the assignment forbids there"]


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np",
        "from numpy import torch",
        "import torchlike",
        "'import torch'",
        "# import torch",
        "torch = 1\nx = torch",
        "import numpy as torch",
        "from . import helper",
        "",
    ],
)
def test_what_is_no_such_import_is_not_taken_for_one(code: str) -> None:
    assert said(code) == []


def test_an_import_by_way_of_the_submissions_own_files_is_seen() -> None:
    flags = said("import numpy\nfrom helper import *", helper="import deep", deep="import jax", alone="import torch")
    assert flags == ["layers.py line 2 imports jax by way of deep.py, which the assignment forbids there"]


def test_files_of_which_nothing_was_said_may_import_what_they_like() -> None:
    assert advise({"vgg.py": b"import torch"}, FORBIDDEN) == ([], [])
    assert advise({"layers.py": b"import torch"}, {}) == ([], [])


def test_each_module_is_told_once_and_the_student_too() -> None:
    notes, flags = advise({"layers.py": b"import torch\nimport torch.nn\nfrom torch import nn"}, FORBIDDEN)
    assert notes == ["layers.py line 1 imports torch: write layers.py without torch."]
    assert len(flags) == 1


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("t = __import__('tor' + 'ch')", "__import__"),
        ("import importlib\nt = importlib.import_module(name)", "importlib"),
        ("exec(text)", "exec"),
        ("import sys\nt = sys.modules['tor' 'ch']", "sys.modules"),
        ("from sys import modules as m", "sys.modules"),
    ],
)
def test_an_import_that_cannot_be_read_is_said_to_be_one(code: str, word: str) -> None:
    assert any(f"uses {word}, so what layers.py imports cannot be told" in flag for flag in said(code))


def test_evasion_in_a_helper_is_named_with_the_helper() -> None:
    assert said("import helper", helper="\nexec('x')") == [
        "helper.py line 2 uses exec, so what layers.py imports cannot be told by reading"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "for i in range(x.size):\n        up = fc_forward(x + i)",
        "return [fc_forward(x + e) for e in steps]",
        "return numeric(lambda v: fc_forward(v)[0], x)",
        "return slope(fc_forward, x)",
        "def f(v):\n        return fc_forward(v)\n    return slope(f, x)",
    ],
)
def test_a_backward_that_differentiates_its_forward_is_flagged(body: str) -> None:
    code = f"import numpy as np\n\n\ndef fc_backward(dout, cache):\n    {body}\n\n\ndef later():\n    pass\n"
    [flag] = said(code)
    assert flag == "in layers.py a backward seems to differentiate its forward numerically, as in fc_backward (line 4)"


@pytest.mark.parametrize(
    "code",
    [
        "def pool_backward(dout, cache):\n    out = pool_forward(cache)\n    for i in range(3):\n        out += i\n",
        "def check(x):\n    for i in x:\n        fc_forward(i)\n        fc_backward(i)\n",
        "class Net:\n    def backward(self):\n        for layer in self.layers:\n            layer.backward()\n"
        "    def forward(self):\n        for layer in self.layers:\n            layer.forward()\n",
    ],
)
def test_a_backward_that_runs_its_forward_once_is_not(code: str) -> None:
    assert said(code) == []


def test_honest_work_on_a_whole_sheet_is_left_in_peace() -> None:
    assignment = course.find(ROOT)["a5_layers"]
    assert "layers.py" in assignment.forbidden
    for folder in (ROOT / "solutions" / "a5_layers", *(ROOT / "tests" / "independent").glob("a5_*")):
        files = {path.name: path.read_bytes() for path in folder.glob("*.py") if not path.name.startswith("checks_")}
        assert files
        assert advise(files, assignment.forbidden) == ([], [])


def test_a_submission_carries_its_flag_and_the_student_a_note(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    zipped = packed.zip_bytes(packed.CODE | {"layers.py": "import torch\n", "utils.py": "import jax\n"})
    (tmp_path / "in" / "ada.zip").write_bytes(zipped)
    assignment = packed.an_assignment(forbidden={"layers.py": ("torch", "jax"), "solver.py": ("torch",)})
    [arrival] = discover(tmp_path / "in", assignment)
    submission = receive(arrival, assignment, tmp_path / "out")
    assert submission.flags == ("layers.py line 1 imports torch, which the assignment forbids there",)
    assert "layers.py line 1 imports torch: write layers.py without torch." in submission.notes
    assert not submission.rejected


@pytest.mark.parametrize("unit", ["a\n", "(", "import a,", "sys.", "'''", "1", "é ", "def backward():\n for x in y:\n"])
def test_no_file_takes_long(unit: str) -> None:
    content = (unit * MOST).encode()[:MOST].decode("utf-8", "ignore").encode()
    began = time.process_time()
    look(content)
    assert time.process_time() - began < 30


def test_more_than_can_be_looked_through_is_said_to_be_so() -> None:
    [flag] = said("import torch\n" + "#" * MOST)
    assert flag == "holds 192 KB of Python, too much to be looked through for imports"


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
@settings(max_examples=200, deadline=None)
def test_no_bytes_stop_the_reader(content: bytes) -> None:
    notes, flags = advise({"layers.py": content}, FORBIDDEN)
    assert len(notes) <= 2
    assert len(flags) <= 20


OWN = {"dogs.py": ("torch.optim.Adam", "torch.nn.BatchNorm2d", "torch.nn.functional.dropout")}


def used(dogs: str, **others: str) -> list[str]:
    """The flags for dogs.py beside other files, where three names of torch are not wanted."""
    files = {"dogs.py": dogs, **{f"{name}.py": text for name, text in others.items()}}
    return advise({name: text.encode() for name, text in files.items()}, OWN)[1]


@pytest.mark.parametrize(
    ("code", "line", "name"),
    [
        ("import torch\nx = torch.optim.Adam(p)", 2, "torch.optim.Adam"),
        ("from torch import nn, optim as o\no.Adam", 2, "torch.optim.Adam"),
        ("from torch.optim import (SGD,\n  Adam as A)", 1, "torch.optim.Adam"),
        ("import torch.optim as rules\nif x: y = rules.adam.Adam(p)", 2, "torch.optim.Adam"),
        ("import torch.nn as nn\nclass A(nn.BatchNorm2d): pass", 2, "torch.nn.BatchNorm2d"),
        ("import torch\nfrom torch.nn import *\n\nlayer = BatchNorm2d(3)", 4, "torch.nn.BatchNorm2d"),
        ("from torch.nn.modules.batchnorm import BatchNorm2d", 1, "torch.nn.BatchNorm2d"),
        ("import torch.nn.functional as F; y = F.dropout(x)", 1, "torch.nn.functional.dropout"),
    ],
)
def test_a_name_that_is_not_wanted_is_seen_however_it_is_reached(code: str, line: int, name: str) -> None:
    assert used(code) == [f"dogs.py line {line} uses {name}, which the assignment forbids there"]


@pytest.mark.parametrize(
    "code",
    [
        "import torch\nclass Adam: pass\nx = Adam(p)",
        "from torch import nn\nclass BatchNorm2d(nn.Module): pass",
        "import torch\nx = torch.optim.SGD(p)  # not torch.optim.Adam",
        "'torch.optim.Adam'",
        "from mine import Adam\nAdam()",
        "import torch\nself.torch.optim.Adam",
        "import torch\nx.optim.Adam(torch)",
    ],
)
def test_own_work_of_the_same_name_is_left_in_peace(code: str) -> None:
    assert used(code) == []


def test_a_name_is_seen_in_a_file_that_is_imported() -> None:
    assert used("import helper", helper="import torch\n\ntorch.optim.Adam") == [
        "helper.py line 3 uses torch.optim.Adam, which the assignment forbids there"
    ]
    notes, _ = advise({"dogs.py": b"import torch\ntorch.optim.Adam"}, OWN)
    assert notes == ["dogs.py line 2 uses torch.optim.Adam: write your own."]


@pytest.mark.parametrize(
    ("code", "flagged"),
    [
        ("model.eval()", False),
        ("self.net.eval().exec(x)", False),
        ("eval('1')", True),
        ("x = [eval]", True),
        ("builtins.eval('1')", True),
        ("__builtins__.exec('1')", True),
    ],
)
def test_a_networks_mode_is_no_evasion(code: str, flagged: bool) -> None:
    assert bool(used(code)) == flagged
