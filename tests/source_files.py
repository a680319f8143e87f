"""The source files of the project, for tests that read them."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
