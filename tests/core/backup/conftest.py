"""A data directory with a project and a few images, and a directory for its backups."""

from pathlib import Path

import pytest

from core import Projects
from core.db import Database
from tests.core.backup.originals import add_originals


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def paths(db: Database, project: Projects) -> list[str]:
    return add_originals(db, project.id, 5)
