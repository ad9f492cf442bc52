"""A student's desk: a handout unpacked beside an environment made from its requirements.txt, and nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Desk:
    """The unpacked folder, and the programs of the environment."""

    folder: Path
    programs: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        ours = ("PYTEST", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        environment["PATH"] = f"{self.programs}{os.pathsep}{environment['PATH']}"
        command = [str(self.programs / program), *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=600
        )


def set_up(zip_path: Path, home: Path, environments: Path) -> Desk:
    """Unpack the student zip below `home`. The environment is made anew in `environments`, once for each list of
    requirements: handouts that ask for the same, our wheel's bytes included, are worked on in the same one.
    """
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(home)
    folder = home / zip_path.stem
    asked = [folder / "requirements.txt", *sorted(folder.glob("*.whl"))]
    place = environments / hashlib.sha256(b"".join(file.read_bytes() for file in asked)).hexdigest()[:12]
    python = place / "bin" / "python"
    if not place.exists():
        uv = [str(Path(sys.executable).parent / "uv")]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
        install = [*uv, "pip", "install", "--quiet", "--python", str(python), "-r", "requirements.txt"]
        subprocess.run(install, cwd=folder, check=True)
    return Desk(folder, python.parent)
