"""Small functions of a check's own that run where the student's code does: what no single call can ask for.

They are given as source, are seen by whoever looks, and come back with plain data that the student's code could have
made up as well. So nothing secret may be in them, and what they return is judged like any other answer.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from .failure import Failure, plain

LARGEST: Final = 200_000
"""Characters of a table that are looked at."""

_READ: Final = """
def read(module, name, most):
    import pathlib
    path = pathlib.Path(module.__file__).with_name(name)
    if not path.is_file():
        return None
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return file.read(most)
"""


def inside(student: Any, source: str, name: str) -> Any:
    """The function `name` that `source` defines, as a handle: `inside(student, "def twice(x): …", "twice")(3)`."""
    made = f"(lambda space: (exec({source!r}, space), space[{name!r}])[1])({{}})"
    return student.builtins.eval(made, {})


def table(student: Any, module: Any, name: str, columns: tuple[str, ...]) -> dict[str, list[float]]:
    """The numbers in a CSV file that lies beside `module`, by column; raises Failure for anything else.

    The first line must be `columns`, in this order, and every further one a finite number for each.
    """
    text = inside(student, _READ, "read")(module, name, LARGEST + 1)
    if not isinstance(text, str):
        raise _wrong(name, "is missing")
    if len(text) > LARGEST:
        raise _wrong(name, f"is longer than {LARGEST:,} characters")
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise _wrong(name, f"cannot be read: {plain(error, 100)}") from None
    if not rows or tuple(cell.strip() for cell in rows[0]) != columns:
        raise _wrong(name, f"should begin with the line {','.join(columns)}")
    values: dict[str, list[float]] = {column: [] for column in columns}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(columns):
            raise _wrong(name, f"has {len(row)} cells in row {number}, where {len(columns)} are asked for")
        for column, cell in zip(columns, row, strict=True):
            values[column].append(_number(name, number, column, cell))
    return values


def _number(name: str, row: int, column: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = float("nan")
    if not abs(number) < 1e300:
        raise _wrong(name, f"has no finite number as {column} in row {row}")
    return number


def _wrong(name: str, what: str) -> Failure:
    return Failure(f"{name} {what}.", hidden=f"{name} is not as the handout describes it.")
