"""A student's desk: a handout unpacked beside a new environment made from its requirements.txt, and nothing else."""

from __future__ import annotations

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
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "VIRTUAL_ENV", "PYTHONPATH"))}
        environment["PATH"] = f"{self.programs}{os.pathsep}{environment['PATH']}"
        command = [str(self.programs / program), *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=600
        )


def set_up(zip_path: Path, home: Path) -> Desk:
    """Unpack the student zip below `home`, and make an environment of what its requirements.txt lists."""
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(home)
    folder = home / zip_path.stem
    uv = [str(Path(sys.executable).parent / "uv")]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(home / "env")], check=True)
    python = home / "env" / "bin" / "python"
    install = [*uv, "pip", "install", "--quiet", "--python", str(python), "-r", "requirements.txt"]
    subprocess.run(install, cwd=folder, check=True)
    return Desk(folder, python.parent)
