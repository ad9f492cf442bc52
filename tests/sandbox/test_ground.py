"""What workers need on disk lies in one folder; a grader that is killed leaves it to the next one's sweep."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from plain import HERE, HOUSE
from talk import SMALL, ask, eventually, is_root, is_running

from autograder.sandbox import ground, watchdog
from autograder.sandbox.box import Box, Zygote
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.probe import probe
from autograder.sandbox.sources import site_folders


@pytest.fixture(scope="module")
def walls() -> Isolation:
    """What a plain user has where there are no namespaces; nothing but the sweep takes its processes along."""
    return probe("landlock")


@pytest.fixture
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ground, "_EVERYONES", ())
    return tmp_path


@pytest.fixture
def strays() -> Iterator[list[int]]:
    """Processes that must not outlive a test even if it fails."""
    found: list[int] = []
    yield found
    for pid in filter(is_running, found):
        os.kill(pid, signal.SIGKILL)


def test_it_is_made_when_it_is_needed_and_removed(own_tmp: Path) -> None:
    place = ground.Ground()
    assert place.places({"mount", "pid"}) == ("", "")
    assert os.listdir(own_tmp) == []
    jail, boxes = place.places({"uid"}) if not is_root() else place.places({"landlock"})
    assert (jail, Path(boxes).stat().st_mode & 0o777) == ("", 0o711)
    jail, boxes = place.places({"uid", "jail"})
    assert Path(boxes).parent == Path(jail)
    place.close()
    place.close()
    assert os.listdir(own_tmp) == []


def test_a_worker_of_another_user_can_walk_there(own_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_tmp.chmod(0o700)
    with pytest.raises(OSError, match="no temporary folder"):
        ground.Ground().places({"uid"})
    monkeypatch.setattr(ground, "_EVERYONES", ("/tmp",))
    place = ground.Ground()
    try:
        assert place.places({"uid"})[1].startswith("/tmp/")
    finally:
        place.close()


def test_what_a_worker_closed_is_removed_too(tmp_path: Path) -> None:
    inner = tmp_path / "box" / "closed"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    inner.chmod(0)
    ground.remove(str(tmp_path / "box"))
    assert not inner.parent.exists()


@pytest.mark.parametrize(
    ("name", "swept"),
    [
        ("{here}4194305-12-abc", True),
        ("{here}{me}-1-abc", True),  # my number, but when it was another's
        ("{mine}abc", False),
        ("autograder-1-4194305-12-abc", False),  # a grader of another container that shares this folder
        ("autograder-notes", False),
    ],
)
def test_only_the_folders_of_the_dead_are_swept(own_tmp: Path, name: str, swept: bool) -> None:
    here = ground._machine()
    folder = own_tmp / name.format(here=here, me=os.getpid(), mine=ground.prefix())
    folder.mkdir()
    ground.sweep()
    assert folder.exists() != swept


def test_a_link_is_never_followed(own_tmp: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    precious = tmp_path_factory.mktemp("precious")
    (precious / "file").touch()
    (own_tmp / f"{ground._machine()}4194305-12-abc").symlink_to(precious)
    ground.sweep()
    assert (precious / "file").exists()


GRADER = """
import sys, time
from pathlib import Path
from talk import SMALL, ask
from autograder.sandbox import watchdog
from autograder.sandbox.box import Zygote
from autograder.sandbox.probe import _available
zygote = Zygote(_available("landlock"), ())
box = zygote.open(Path(sys.argv[1]), SMALL)
ask(box, "leave_the_session")
print(zygote.pid, *watchdog.tree(box.pid), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("zygote_too", [False, True])
def test_a_killed_grader_leaves_nothing(own_tmp: Path, submission: Path, strays: list[int], zygote_too: bool) -> None:
    path = os.pathsep.join([str(HOUSE), str(HERE), *site_folders(sys.path)])
    environment = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(own_tmp)}
    with subprocess.Popen(
        [sys.executable, "-c", GRADER, str(submission)], stdout=subprocess.PIPE, text=True, env=environment
    ) as grader:
        assert grader.stdout is not None
        zygote, *family = map(int, grader.stdout.readline().split())
        strays += [zygote, *family]
        assert len(family) == 2
        for pid in ([zygote] if zygote_too else []) + [grader.pid]:
            os.kill(pid, signal.SIGKILL)
    if zygote_too:  # only the worker itself dies with the zygote
        assert eventually(lambda: not is_running(family[0]))
        assert is_running(family[1])
    else:
        assert eventually(lambda: not any(map(is_running, (zygote, *family))))
    assert len(os.listdir(own_tmp)) == 1
    ground.sweep()
    assert os.listdir(own_tmp) == []
    assert eventually(lambda: not any(map(is_running, (zygote, *family))))


def test_a_dead_zygotes_boxes_take_their_children_along(
    own_tmp: Path, walls: Isolation, submission: Path, strays: list[int]
) -> None:
    with Zygote(walls, ()) as zygote:
        box = zygote.open(submission, SMALL)
        family = _family(box)
        strays += family
        os.kill(zygote.pid, signal.SIGKILL)
        box.close()
        assert eventually(lambda: not any(map(is_running, family)))


def test_who_left_the_group_is_found_by_its_descent(
    own_tmp: Path, walls: Isolation, submission: Path, strays: list[int]
) -> None:
    """Without the filter a worker's child may begin a session of its own, where no signal to the group reaches it."""
    with Zygote(walls.without("seccomp"), ()) as zygote:
        other = zygote.open(submission, SMALL)
        box = zygote.open(submission, SMALL)
        family = _family(box)
        strays += family
        assert os.getsid(family[1]) != box.pid
        box.close()
        assert not any(map(is_running, family))
        assert ask(other, "double", 2) == 4, "other workers go on"


def _family(box: Box) -> list[int]:
    ask(box, "leave_the_session")
    return watchdog.tree(box.pid)
