"""Running a piece of the tests as a plain user, whatever closed folder the interpreter and the repository lie below.

As a script: python plain.py rows|secrets|shield, prints JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from autograder.sandbox import namespaces, syscalls
from autograder.sandbox.sources import site_folders

HERE = Path(__file__).parent
HOUSE = HERE.parent.parent
NOBODY = 65534


def as_plain_user(what: str) -> str:
    """What this script prints when an ordinary user runs it. Run by one, it needs no other."""
    is_root = os.geteuid() == 0
    path = os.pathsep.join([str(HOUSE), str(HERE), *site_folders(sys.path)])
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), what],
        env={"PATH": os.defpath, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        preexec_fn=_become_plain if is_root else None,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _become_plain() -> None:
    open_the_way()
    become_plain()


def open_the_way(opened: bool = True) -> None:
    """In a mount namespace of its own, open the way to what is needed through folders that are closed to others.

    Without `opened` there is the namespace, and the way stays closed.
    """
    new_mounts, private = 0x20000, 0x44000
    syscalls.call("unshare", new_mounts)
    syscalls.call("mount", b"none", b"/", b"none", private, 0)
    if not opened:
        return
    needed = dict.fromkeys(map(os.path.realpath, (sys.base_prefix, sys.prefix, HOUSE, *site_folders(sys.path))))
    behind = {path: closed for path in needed if (closed := _first_closed(path))}
    trees = [namespaces.clone_tree(path, path, 2) for path in behind]
    for closed in set(behind.values()):
        syscalls.call("mount", b"none", os.fsencode(closed), b"tmpfs", 0, b"mode=755")
    for tree in trees:
        os.makedirs(tree.target, mode=0o755, exist_ok=True)
        syscalls.call("move_mount", tree.fd, b"", -100, os.fsencode(tree.target), 4)


def become_plain() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _first_closed(path: str) -> str | None:
    """The outermost folder on the way to `path` that others may not pass."""
    for folder in (*reversed(Path(path).parents), Path(path)):
        if not folder.stat().st_mode & 0o001:
            return str(folder)
    return None


def main(what: str) -> dict[str, object]:
    said: dict[str, object] = {"uid": os.getuid()}
    if what == "shield":
        return said | {"readable": [_environment_is_readable(do) for do in ("pass", "shield()")]}
    from house import House, discoveries, less
    from rows import Trial, outside, rows

    from autograder.sandbox.box import shield
    from autograder.sandbox.probe import probe

    shield()
    full = probe()
    said |= {"level": full.level, "missing": full.missing}
    if what == "rows":
        with outside() as found, contextlib.closing(Trial(full, found)) as trial:
            return said | {"rows": {row.name: trial.run(row) for row in rows() if row.layer != "cgroup"}}
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place:
        house = House(Path(place))
        submission = house.build()
        return said | {name: sorted(discoveries(house, submission, walls)) for name, walls in less(full).items()}


def _environment_is_readable(do: str) -> bool:
    """Whether a process of the same user can look into one that did this first."""
    code = f"from autograder.sandbox.box import shield; {do}; print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            return bool(Path(f"/proc/{process.pid}/environ").read_bytes())
        except PermissionError:
            return False


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
