"""The file a gradebook lives in: made private, known as ours, opened whole or refused in one line."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

_APPLICATION = 0x47524144  # "GRAD", in the file's header: tells our file from any other SQLite file
_VERSION = 4
_GROWN = (2, 3)  # versions that lack tables and nothing else: those are added when the file is opened
_PATIENCE = 60.0  # seconds to wait for another process's transaction, which takes milliseconds


class GradebookError(ValueError):
    """The file cannot be used, or a row is refused; one line says which and what to do."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the gradebook at `path`, or make it with mode 0600; raises GradebookError unless it is a whole one.

    Threads may share the connection, under a lock of theirs.
    """
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # isolation_level None: transactions begin where the store says so, nowhere else
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise GradebookError(
            f"{path}: cannot be opened as a gradebook ({error}); check the folder and its rights"
        ) from None
    connection.row_factory = sqlite3.Row
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path, write: bool) -> Iterator[None]:
    """All or nothing; SQLite's own complaints come out as a GradebookError."""
    try:
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.ProgrammingError:
        raise  # ours: a closed book, a wrong query
    except sqlite3.IntegrityError as error:
        raise GradebookError(f"{path}: a row was refused ({error})") from None
    except sqlite3.OperationalError as error:
        raise GradebookError(f"{path}: {error}; is another run at work on it, or the disk full?") from None
    except sqlite3.DatabaseError as error:
        raise GradebookError(f"{path}: damaged ({error}); move it away and grade again") from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables in a file without any; refuse, untouched, one that is another program's, version's or damaged."""
    try:
        empty = not _number(connection, "SELECT count(*) FROM sqlite_master")
        problem = "" if empty else _problem(connection)
        if not problem:
            path.chmod(0o600)
            # A write-ahead log lets others read while one writes; where the file system has no locks for it, SQLite
            # keeps its older journal.
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            if empty or _number(connection, "PRAGMA user_version") in _GROWN:
                _create(connection)
    except (OSError, sqlite3.OperationalError) as error:
        raise GradebookError(f"{path}: {error}; check its rights, and whether another run holds it") from None
    except sqlite3.DatabaseError as error:
        problem = f"is not a gradebook or is damaged ({error}); move it away and grade again"
    if problem:
        raise GradebookError(f"{path}: {problem}")


def _create(connection: sqlite3.Connection) -> None:
    """All tables that are not there, in one transaction: a kill leaves the old file or a whole one.

    Another process may be first.
    """
    connection.execute("BEGIN IMMEDIATE")
    if _number(connection, "PRAGMA user_version") != _VERSION:
        for statement in _statements(resources.files(__package__).joinpath("schema.sql").read_text("utf-8")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")


def _problem(connection: sqlite3.Connection) -> str:
    application, version = (_number(connection, f"PRAGMA {name}") for name in ("application_id", "user_version"))
    if application != _APPLICATION:
        return "is another program's database, not a gradebook; choose another folder for the grades"
    if version not in (_VERSION, *_GROWN):
        age = "a newer" if version > _VERSION else "an older"
        return f"is of {age} autograder (format {version}, this one's is {_VERSION}); move it away and grade again"
    said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return "" if said == "ok" else f"is damaged ({' '.join(str(said).split())}); move it away and grade again"


def _statements(script: str) -> Iterator[str]:
    """Statement by statement, because sqlite3's executescript would end our transaction. Triggers hold semicolons."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
