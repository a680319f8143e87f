"""A project with rows in every table that moves, and a second data directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import connect
from core.services import Services
from tests.core.moving import projects


@pytest.fixture
def project_id(services: Services) -> str:
    return projects.make(services)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Services]:
    """Return the services of another, empty data directory."""
    with connect(tmp_path / "elsewhere") as db:
        made = Services(db)
        yield made
        made.close(keep_image_workers=True)
