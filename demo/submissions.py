"""Makes the example classes: zips in a folder, as a learning platform would hand them over."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.course import slips
from autograder.model import Assignment
from demo import hostile, weights

Files = dict[str, bytes]

SLIPS_SHOWN = 2


def write(assignment: Assignment, folder: Path) -> Path:
    """Write the class below `folder` (submissions/ and roster.csv) and return the folder of submissions."""
    target = folder / "submissions"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, content in everyone(assignment).items():
        (target / name).write_bytes(content)
    (folder / "roster.csv").write_text(
        "id,name,team\nada,Ada Lovelace,\nemmy,Emmy Noether,team7\nsofja,Sofja Kowalewskaja,team7\n"
        "grace,Grace Hopper,\nalan,Alan Turing,\nmaryam,Maryam Mirzakhani,\n",
        encoding="utf-8",
    )
    return target


def write_small(assignment: Assignment, folder: Path) -> Path:
    """Write submissions below `folder`, right, untouched, and begun or with odd weights, and return their folder."""
    target = folder / "submissions"
    target.mkdir(parents=True)
    right = solution(assignment)
    blank = untouched(assignment, right)
    first = [name for name in assignment.files if name.endswith(".py")][:2]
    begun = {**blank, **{name: right[name] for name in first}}
    made = {"ada": right, "blank": blank, **(weights.everyone(right, blank) or {"begun": begun})}
    for name, files in made.items():
        (target / f"{name}.zip").write_bytes(zipped(files))
    return target


def untouched(assignment: Assignment, files: Files) -> Files:
    """The same files as students get them."""
    return {name: (assignment.handout / name).read_bytes() for name in files if (assignment.handout / name).is_file()}


def everyone(assignment: Assignment) -> dict[str, bytes]:
    """File name → bytes, for each submission of the class."""
    right = solution(assignment)
    blank = untouched(assignment, right)
    # Whoever got into trouble had not begun with the last networks, as it is in classes; it spares time as well.
    begun = {**right, "softmax.py": blank["softmax.py"], "cnn.py": blank["cnn.py"]}
    made: dict[str, bytes] = {
        "ada.zip": zipped(right, top="a5_layers"),
        "blank.zip": zipped(blank),
        "grace+alan.zip": zipped({**right, "authors.toml": b'students = ["grace", "alan"]\n'}),
        "team7.zip": zipped({**right, "__MACOSX/._layers.py": b"\0", ".DS_Store": b"\0", "notes.txt": b"see page 3"}),
        "nested.zip": zipped({"homework.zip": zipped(right)}),
        "misspelt.zip": zipped({("layer.py" if name == "layers.py" else name): text for name, text in right.items()}),
        "import-crash.zip": zipped(prefixed(begun, "softmax.py", hostile.BROKEN_IMPORT)),
        "endless.zip": zipped(bodied(begun, "test", hostile.ENDLESS, "vgg.py")),
        "gigabyte.zip": zipped(bodied(begun, "dropout_backward", hostile.GIGABYTE)),
        "leaves-early.zip": zipped(bodied(begun, "max_pool_backward", hostile.LEAVE)),
        "reads-answers.zip": zipped(prefixed(blank, "layers.py", hostile.READ_THE_ANSWERS)),
        "patches-numpy.zip": zipped(prefixed(blank, "layers.py", hostile.PATCH_THE_COMPARISONS)),
        "zip-slip.zip": zipped({**blank, "../../solutions/a5_layers/layers.py": b"pwned = True\n"}),
        "not-a-zip.zip": b"%PDF-1.7\n% the wrong file from the downloads folder\n",
    }
    for slip in chosen_slips(assignment):
        touched = {edit.file for edit in slip.edits}
        later = {name: begun[name] for name in ("softmax.py", "cnn.py") if name not in touched}
        made[f"slip-{slip.id.replace('_', '-')}.zip"] = zipped({**slipped(assignment, slip), **later})
    return dict(sorted(made.items()))


def solution(assignment: Assignment) -> Files:
    """The files that a perfect student hands in."""
    assert assignment.solution is not None, "the example class is made from the solution"
    asked = [*assignment.files, *assignment.optional]
    return {name: (assignment.solution / name).read_bytes() for name in asked if (assignment.solution / name).is_file()}


def chosen_slips(assignment: Assignment) -> list[slips.Slip]:
    """A handful, spread over the list."""
    known = slips.load(assignment)
    return list(known[:: max(1, len(known) // SLIPS_SHOWN)])[:SLIPS_SHOWN]


def slipped(assignment: Assignment, slip: slips.Slip) -> Files:
    """The solution with one familiar mistake in it."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in solution(assignment).items():
            (Path(scratch) / name).write_bytes(text)
        slips.apply(slip, Path(scratch))
        return {path.name: path.read_bytes() for path in Path(scratch).iterdir()}


def prefixed(files: Mapping[str, bytes], name: str, code: str) -> Files:
    """`name` with `code` put before it, behind its `from __future__` lines."""
    lines = files[name].decode().splitlines(keepends=True)
    at = max((n + 1 for n, line in enumerate(lines) if line.startswith("from __future__")), default=0)
    return {**files, name: "".join([*lines[:at], code.lstrip("\n"), "\n", *lines[at:]]).encode()}


def bodied(files: Mapping[str, bytes], function: str, body: str, name: str = "layers.py") -> Files:
    """`function` of `name` redefined at the file's end with `body`."""
    return {**files, name: files[name] + f"\n\ndef {function}(*args, **kwargs):\n{body}".encode()}


def zipped(files: Mapping[str, bytes], top: str = "") -> bytes:
    """A zip with the same bytes on every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(f"{top}/{name}" if top else name, (2026, 1, 1, 0, 0, 0)), files[name])
    return out.getvalue()
