"""What the tests of imports share."""

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that the settings allow to import from; to be asked for before the database."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    monkeypatch.setenv("VITRINE_IMPORT_ROOTS", str(allowed))
    return allowed
