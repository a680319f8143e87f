"""One hostile project for the whole run: exports only read it."""

from collections.abc import Iterator

import pytest

from core import connect
from tests.core.export import hostile as hostile_project
from tests.core.export.hostile import HostileProject


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileProject]:
    with connect(tmp_path_factory.mktemp("hostile")) as db:
        yield hostile_project.make(db)
