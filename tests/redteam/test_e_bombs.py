"""Group E: attacking the machine, or the other submissions of the run."""

from __future__ import annotations

import ast
import os
import pickle
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest
from attacks_e import ATTACKS, BUILDS, DIRTY, UNPICKLED
from common import AgainstAttacks, AgainstRaid
from raid import HERE, Raid

__all__ = ["ATTACKS"]

KIT = HERE.parent.parent / "autograder"
RUNS_WHAT_IT_READS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "joblib", "shelve", "yaml"}
MEANT_TO = {
    "sandbox/notebook.py": {"eval"},
    "sandbox/weights.py": {"torch.load", "weights_only=True"},
    "data/keeping.py": {"np.load", "np.save", "allow_pickle=False"},
    "data/unseen.py": {"np.load", "allow_pickle=False"},
    "live.py": {"np.load", "np.savez", "allow_pickle=False"},
}
"""File → what it is there for: to run a notebook's cells, in the worker; to read a submission's weights, in the worker
too and no objects with them; to read staff's own images; to read arrays that another process of a session drew, where
students and Otter run checks without a wall. Never pickles."""
READS_PICKLES = {"load", "loads", "read_pickle", "Unpickler", "hub", "jit", "package"}


class TestAttacks(AgainstAttacks):
    # no attack of this group needs to be shown in a grader without walls: it would take this machine down
    test_in_a_grader_without_walls_it_works = None


class TestRaid(AgainstRaid):
    pass


def test_the_pickles_would_go_off_where_one_unpickles(tmp_path: Path) -> None:
    module = ModuleType("bombs")
    exec(UNPICKLED.code.replace("__BAIT__", str(tmp_path)).split("\n\n\ndef")[0], module.__dict__)
    pickle.loads(pickle.dumps(module.Bomb()))
    assert (tmp_path / "unpickled").exists()


def risky(source: str) -> set[str]:
    """What in a piece of code could run what it reads."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {name for name in names if name.partition(".")[0] in RUNS_WHAT_IT_READS}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner, name = node.value.id, node.attr
            if owner in ("torch", "joblib", "pandas", "pd") and name in READS_PICKLES:
                found.add(f"{owner}.{name}")
            if owner in ("np", "numpy") and name in ("load", "fromregex", "save", "savez"):
                found.add(f"{owner}.{name}")
        if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "weights_only"):
            found.add(f"{node.arg}={ast.unparse(node.value)}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
            found.add(node.func.id)
    return found


@pytest.mark.covers("E2")
@pytest.mark.parametrize("path", sorted(KIT.rglob("*.py")), ids=lambda path: path.relative_to(KIT).as_posix())
def test_the_kit_holds_no_line_that_runs_what_it_reads(path: Path) -> None:
    assert risky(path.read_text("utf-8")) == MEANT_TO.get(path.relative_to(KIT).as_posix(), set())


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from dill import loads",
        "model = torch.load(path)",
        "torch.load(path, weights_only=False)",
        "x = np.load(path)",
        "x = np.load(path, allow_pickle=True)",
        "def f():\n    import joblib.numpy_pickle",
        "exec(text)",
    ],
)
def test_such_a_line_would_be_seen(line: str) -> None:
    assert risky(line)


@pytest.mark.parametrize("kind", ["json", "html"])
def test_dirty_text_is_clean_on_every_page(kind: str, raid: Raid) -> None:
    page = (raid.out / "feedback" / f"{DIRTY.submission}.{kind}").read_text("utf-8")
    assert "fake" in page, "nothing of it was shown"
    assert_clean(page)
    assert "<script>alert" not in page or kind == "json"


@pytest.mark.parametrize("name", ["grades.csv", "summary.html"])
def test_dirty_text_is_clean_for_staff(name: str, raid: Raid) -> None:
    page = (raid.out / name).read_text("utf-8")
    assert_clean(page)
    assert "<script>alert" not in page or name.endswith(".csv")


def assert_clean(page: str) -> None:
    """No character that moves a cursor, colours a terminal or turns the direction of text."""
    assert [c for c in page if c not in "\n\r\t" and unicodedata.category(c) in ("Cc", "Cs", "Cf")] == []


def test_build_files_are_not_even_kept(raid: Raid) -> None:
    kept = raid.out / "submissions" / BUILDS.submission
    assert sorted(os.listdir(kept)) == ["noxfile.py", "work.py"], "a module beside the work is all that may come along"
