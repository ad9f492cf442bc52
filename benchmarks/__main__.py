"""`python -m benchmarks [speed | redteam | siege] [options]`: one benchmark, or all of them one after the other."""

from __future__ import annotations

import sys

from benchmarks import redteam, siege, speed

PROGRAMS = {"speed": speed.main, "redteam": redteam.main, "siege": siege.main}


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
