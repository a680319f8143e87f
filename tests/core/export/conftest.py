"""One nasty project for the whole run: exports only read it."""

from collections.abc import Iterator

import pytest

from core import connect
from tests.core.export import nasty as nasty_project
from tests.core.export.nasty import Nasty


@pytest.fixture(scope="session")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nasty]:
    with connect(tmp_path_factory.mktemp("nasty")) as db:
        yield nasty_project.make(db)
