"""An HTTP client of all routes, as a program on this machine."""

from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api import build_routes
from core.services import Services

MakeClient = Callable[..., TestClient]


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    app = Starlette(routes=build_routes(lambda: services))
    with TestClient(app, base_url="http://localhost:8501") as test_client:
        yield test_client
