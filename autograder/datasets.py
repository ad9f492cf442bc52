"""The commands about data sets, and the option by which every other command is told where real ones lie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Real data sets: where they come from, and how to get them.")


def _use(folder: Path | None) -> Path | None:
    if folder is not None:
        from autograder import data

        data.use(folder)
    return folder


Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="AUTOGRADER_DATA", callback=_use, help="the folder that real data sets lie in"),
]


@app.command("list")
def shown(data: Data = None) -> None:
    """Say for each data set where it would come from."""
    from autograder.data import shelf

    for name, where in shelf.listed():
        print(f"{name:<14} {where}")


@app.command("fetch")
def fetched(
    name: Annotated[str, typer.Argument(help="mnist, fashion_mnist, cifar10 or qmnist")],
    data: Annotated[
        Path | None, typer.Option("--data", envvar="AUTOGRADER_DATA", help="the folder it goes to; made where needed")
    ] = None,
) -> None:
    """Download a real data set; what is there and whole is not fetched again."""
    from autograder import progress
    from autograder.data import DataError, fetch

    if data is None:
        raise DataError(f"{name}: where to? Say --data DIR, or name a folder in AUTOGRADER_DATA")
    with progress.fetching() as seen:
        said = fetch.fetch(name, data, seen)
    print(said)
