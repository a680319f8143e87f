"""The package as pip would install it, built from the sdist."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def unpacked_package(directory: Path) -> Path:
    """Build the sdist, from it the wheel, and return a directory for PYTHONPATH that holds what pip would install."""
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(directory), "--target"]
    run([*build, "sdist"], ROOT)
    (sdist,) = directory.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    run([*build, "wheel"], directory / sdist.name.removesuffix(".tar.gz"))
    (wheel,) = directory.glob("*.whl")
    packages = directory / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)  # noqa: S202 - our own archive
    return packages


def run(command: list[str], cwd: Path, **environment: str) -> str:
    """Return what *command* printed; a failure shows all of it."""
    ended = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
