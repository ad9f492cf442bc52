"""`python -m benchmarks [speed | checkpoints | redteam | siege] [options]`: one, or all of them in turn."""

from __future__ import annotations

import sys

from benchmarks import checkpoints, redteam, siege, speed

PROGRAMS = {"speed": speed.main, "checkpoints": checkpoints.main, "redteam": redteam.main, "siege": siege.main}


def main(arguments: list[str]) -> None:
    if not arguments:
        for program in PROGRAMS.values():
            program()
    elif arguments[0] in PROGRAMS:
        PROGRAMS[arguments[0]](arguments[1:])
    else:
        sys.exit(f"python -m benchmarks {arguments[0]}: there is no such benchmark; there are {', '.join(PROGRAMS)}")


if __name__ == "__main__":
    main(sys.argv[1:])
