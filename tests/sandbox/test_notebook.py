"""A notebook as a module: cells that fail, in whatever way, leave a sentence, and what else was defined is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from books import book

from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.box import Zygote
from autograder.sandbox.student import Student, StudentError, Unavailable

BOOK_LIMITS = Limits(notebook_seconds=10, memory_mb=1024)


@pytest.fixture(params=["at home", "in a worker"])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(place: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A student over a notebook of the given cells, and other files beside it."""
    students = []
    monkeypatch.chdir(tmp_path)

    def make(*cells: str, limits: Limits = BOOK_LIMITS, files: dict[str, str] | None = None) -> Student:
        tmp_path.chmod(0o755)
        (tmp_path / "ex08.ipynb").write_text(book(*cells))
        for name, text in (files or {}).items():
            (tmp_path / name).write_text(text)
        names = ["ex08.ipynb", *(files or {})]
        if place == "at home":
            students.append(Student(lambda: local.connect(tmp_path), limits, names, names))
        else:
            zygote: Zygote = request.getfixturevalue("zygote")
            students.append(Student(lambda: zygote.open(tmp_path, limits), limits, names, names))
        return students[-1]

    yield make
    for student in students:
        student.close()


def says(student: Student) -> str:
    return "\n".join(student.notebook("ex08").says)


def test_what_cells_define_is_reached_like_a_modules_names(run: Any) -> None:
    student = run("import numpy as np\nk = 3", "def f(x):\n    return k * x", "class A:\n    n = np.arange(3)", "f(2)")
    assert student.ex08.f(2) == 6
    assert np.array_equal(student.ex08.A().n, [0, 1, 2])
    assert student.ex08.k == 3
    assert student.has("ex08.f")
    assert not student.has("ex08.g")
    assert says(student) == ""


def test_jupyters_own_words_do_no_harm(run: Any) -> None:
    student = run(
        "%matplotlib inline\n%load_ext autoreload\n!pip install torch\nx = !ls",
        "%%time\ndef f():\n    return 1",
        "%%bash\nrm -rf /",
        "%%capture out\ny = 2",
        "from google.colab import drive, files\ndrive.mount('/content/drive')\nup = files.upload()",
        "import google.colab\ngoogle.colab.output.clear()",
        "%time z = f()\nz2 = get_ipython().run_line_magic('timeit', 'f()')",
        "f?",
        "display(f)",
        "%%writefile hello.txt\nhello\n",
        "from pathlib import Path\ntext = Path('hello.txt').read_text()",
    )
    assert (student.ex08.f(), student.ex08.y, student.ex08.z, student.ex08.text) == (1, 2, 1, "hello\n")
    notes = student.notebook("ex08").notes
    assert not student.notebook("ex08").failures
    assert any("google.colab" in note for note in notes)
    assert any("cell 3: %%bash" in note for note in notes)
    assert any("!pip install torch was not run" in note for note in notes)


def test_a_cell_that_fails_halfway_keeps_what_was_before_and_what_comes_after(run: Any) -> None:
    student = run("def f():\n    return 1\nraise ValueError('no')\ndef g():\n    return 2", "def h():\n    return 3")
    assert (student.ex08.f(), student.ex08.h()) == (1, 3)
    with pytest.raises(Unavailable) as raised:
        student.ex08.g()
    assert raised.value.why == (
        "ex08.ipynb has no g, because cell 1, line 3, `raise ValueError('no')`, failed: ValueError: no."
    )
    assert (
        raised.value.why_hidden
        == "ex08.ipynb has no g, because a cell failed: ValueError (ex08.ipynb, cell 1, line 3)."
    )
    assert says(student).startswith("ex08.ipynb, cell 1, line 3: `raise ValueError('no')`: ValueError: no.")


def test_a_name_above_the_cell_that_makes_it_is_out_of_order(run: Any) -> None:
    student = run("a = 1", "print(model)", "b = 2", "model = 3")
    assert "model is used in cell 2 but made in cell 4: put them in the order they run in" in says(student)
    assert student.ex08.model == 3


def test_what_a_failed_cell_should_have_made_is_told_shortly(run: Any) -> None:
    student = run("data = open('nothing.csv').read()", "n = len(data)", "def f():\n    return data")
    assert "data is not there, because cell 1, which makes it, failed" in says(student)
    with pytest.raises(StudentError, match="data is not there, because cell 1"):
        student.ex08.f()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = = 1\ny = 2", "cell 1, line 1: `x = = 1`: SyntaxError"),
        ("name = input('Your name?')", "input() asks a person"),
        ("import sys\nsys.exit(1)", "SystemExit would end Jupyter's kernel"),
        ("import tensorflow_of_nobody", "No module named 'tensorflow_of_nobody'"),
        ("def f(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise GeneratorExit", "GeneratorExit would end"),
        ("def f():\n    f()\nf()", "RecursionError"),
        ("'\\ud800'.encode()", "UnicodeEncodeError"),
    ],
)
def test_each_mishap_is_a_sentence_and_the_next_cell_runs(run: Any, source: str, said: str) -> None:
    student = run(source, "after = 1")
    assert said in says(student)
    assert student.ex08.after == 1


def test_tracebacks_name_cell_and_line(run: Any) -> None:
    student = run("x = 1", "def f():\n    y = 2\n    raise ValueError('bad')")
    with pytest.raises(StudentError) as raised:
        student.ex08.f()
    assert raised.value.why == "ex08.ipynb, cell 2, line 3, in f: ValueError: bad"
    assert raised.value.why_hidden == "f raised ValueError (ex08.ipynb, cell 2, line 3)."


def test_a_missing_name_is_likened_to_those_there(run: Any) -> None:
    with pytest.raises(Unavailable, match="has no train_steps; did you mean train_step"):
        run("def train_step():\n    pass").ex08.train_steps()


def test_figures_are_kept_with_their_cells(run: Any) -> None:
    student = run(
        "import matplotlib.pyplot as plt",
        "plt.plot([1, 2])\nplt.show()\nplt.figure(figsize=(200, 1))\nplt.plot([2, 1])",
        "fig, ax = plt.subplots()\ndisplay(fig)\nplt.close(fig)",
        "for _ in range(30):\n    plt.figure(figsize=(1, 1))\n    plt.plot([1])\n    plt.show()",
    )
    shown = student.notebook("ex08").pictures
    assert [cell for cell, _ in shown][:4] == [2, 2, 3, 4]
    assert len(shown) == 20
    assert all(picture.dtype == np.uint8 and max(picture.shape[:2]) <= 1001 for _, picture in shown)
    assert shown[0][1].min() < 100


def test_a_label_that_stands_out_is_shown(run: Any) -> None:
    student = run(
        "import matplotlib.pyplot as plt",
        "plt.figure(figsize=(4, 2))\nplt.axis('off')\nplt.plot([1, 2])\nplt.show()",
        "plt.figure(figsize=(4, 2))\nplt.plot([1, 2])\nplt.xlabel('epoch', size=30)\nplt.show()",
        "plt.figure(figsize=(4, 2))\nplt.plot([1, 2])\nplt.text(90, 1, 'far away')\nplt.show()",
    )
    plain, labelled, far = (picture for _, picture in student.notebook("ex08").pictures)
    assert plain.shape == far.shape == (200, 400, 3)
    assert labelled.shape[0] > 220
    assert (labelled[-25:-10] < 100).any(), "the letters below the axis"
    assert (labelled[-5:] == 255).all()


def test_a_class_of_a_notebook_can_be_pickled(run: Any) -> None:
    student = run(
        "import pickle\nfrom dataclasses import dataclass",
        "@dataclass\nclass A:\n    x: 'int' = 1",
        "def again():\n    return pickle.loads(pickle.dumps(A(3))).x",
        "if __name__ == '__main__':\n    main = again()",
    )
    assert (student.ex08.main, student.ex08.again()) == (3, 3)


def test_modules_beside_it_and_names_from_it_are_imported(run: Any) -> None:
    student = run("from helper import two\nx = two()", files={"helper.py": "def two():\n    return 2\n"})
    assert student.ex08.x == 2
    assert student.helper.two() == 2


def test_a_notebook_comes_before_a_module_exported_from_it(run: Any) -> None:
    assert run("x = 1", files={"ex08.py": "x = 2\n"}).ex08.x == 1


def test_what_is_no_notebook_is_told_at_the_first_use(tmp_path: Path) -> None:
    (tmp_path / "ex08.ipynb").write_text("{")
    student = Student(lambda: local.connect(tmp_path), BOOK_LIMITS, ["ex08.ipynb"], ["ex08.ipynb"])
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"ex08.ipynb is not a whole notebook, its JSON breaks off") as raised:
            student.ex08.f()
    assert raised.value.why_hidden == "ex08.ipynb could not be read as a notebook."
    missing = Student(lambda: local.connect(tmp_path), BOOK_LIMITS, ["ex8.ipynb"], ["ex09.ipynb"])
    with pytest.raises(Unavailable, match=r"ex09.ipynb is missing from the submission; did you mean ex8.ipynb\?"):
        missing.ex09.f()


def test_a_cell_that_never_ends_is_stopped_alone(zygote: Zygote, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "ex08.ipynb").write_text(
        book("a = 1", "while True:\n    try:\n        a += 1\n    except Exception:\n        pass", "b = 2")
    )
    limits = Limits(notebook_seconds=2, call_seconds=1, check_seconds=1)
    student = Student(lambda: zygote.open(tmp_path, limits), limits, ["ex08.ipynb"])
    student.begin("check", 1)
    assert student.ex08.b == 2
    assert "TimeoutError: the computing time of the notebook was used up here" in says(student)
    student.close()


def test_endless_printing_ends_nothing(zygote: Zygote, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "ex08.ipynb").write_text(book("for i in range(100_000):\n    print(i)", "b = 2"))
    student = Student(lambda: zygote.open(tmp_path, BOOK_LIMITS), BOOK_LIMITS, ["ex08.ipynb"])
    assert student.ex08.b == 2
    assert "what else the notebook printed is left out" in student.printed
    student.close()


def test_data_files_lie_where_a_notebook_looks_and_can_be_written(run: Any) -> None:
    student = run(
        "from pathlib import Path\ntext = Path('data.csv').read_text()\nPath('data.csv').write_text('!')",
        files={"data.csv": "1,2\n"},
    )
    assert student.ex08.text == "1,2\n"


def test_many_large_figures_are_no_flood(zygote: Zygote, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    draws = "import matplotlib.pyplot as plt\nfor _ in range(6):\n    plt.plot([1])\n    plt.show()"
    (tmp_path / "ex08.ipynb").write_text(book(draws, "b = 2"))
    limits = Limits(reply_mb=4, notebook_seconds=10, memory_mb=1024)
    student = Student(lambda: zygote.open(tmp_path, limits), limits, ["ex08.ipynb"])
    assert len(student.notebook("ex08").pictures) == 2
    assert student.ex08.b == 2
    student.close()
