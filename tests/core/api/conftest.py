"""An HTTP client of all routes, as a program on this machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api import build_routes
from core.services import Services
from tests import described

MakeClient = Callable[..., TestClient]


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return described.api().openapi()


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    app = Starlette(routes=build_routes(lambda: services))
    with TestClient(app, base_url="http://localhost:8501") as test_client:
        yield test_client
