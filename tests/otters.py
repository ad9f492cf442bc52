"""What Otter itself makes of a submission."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONWARNINGS": "ignore"}


def theirs(submission: Path, bundle: Path, place: Path) -> dict[str, float]:
    """Question → score by `otter run`."""
    with zipfile.ZipFile(place / "submission.zip", "w") as archive:
        for path in submission.iterdir():
            archive.write(path, path.name)
    call = [sys.executable, "-m", "otter", "run", "submission.zip", "-a", str(bundle), "-o", str(place), "--no-logo"]
    done = subprocess.run(call, cwd=place, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads((place / "results.json").read_text())
    return {test["name"]: test["score"] for test in said["tests"] if "score" in test}
