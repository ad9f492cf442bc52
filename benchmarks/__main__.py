"""`make bench`: every benchmark of the kit, one after the other."""

from __future__ import annotations

from benchmarks import speed

if __name__ == "__main__":
    speed.main()
