"""`python -m benchmarks [speed | checkpoints | redteam | siege] [options]`: one, or all of them in turn.

`python -m benchmarks reference [options]` trains the reference networks, which takes hours without a GPU.
"""

from __future__ import annotations

import sys

from benchmarks import checkpoints, redteam, reference, siege, speed

PROGRAMS = {"speed": speed.main, "checkpoints": checkpoints.main, "redteam": redteam.main, "siege": siege.main}
ALONE = {"reference": reference.main}


def main(arguments: list[str]) -> None:
    if not arguments:
        for program in PROGRAMS.values():
            program()
    elif arguments[0] in PROGRAMS | ALONE:
        (PROGRAMS | ALONE)[arguments[0]](arguments[1:])
    else:
        there = ", ".join(PROGRAMS | ALONE)
        sys.exit(f"python -m benchmarks {arguments[0]}: there is no such benchmark; there are {there}")


if __name__ == "__main__":
    main(sys.argv[1:])
