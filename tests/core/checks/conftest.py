"""Fixtures of entries."""

from tests.core.dataset.conftest import dataset, image, make  # noqa: F401 - fixtures
