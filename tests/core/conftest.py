"""An object storage for the tests that ask for one."""

from collections.abc import Iterator

import pytest

from tests.fakes.object_storage import FakeObjectStorage, object_storage


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeObjectStorage]:
    """A storage that the settings name, with an empty bucket."""
    with object_storage() as fake:
        fake.use(monkeypatch)
        yield fake
