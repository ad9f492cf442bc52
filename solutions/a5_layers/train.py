"""Trains what the sheet has trained on real data: `python solutions/a5_layers/train.py --data DIR`, or --help.

It is a part of the reference runs, which `make reference` makes for all sheets.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import reference

if __name__ == "__main__":
    reference.main(sheets=["a5"])
