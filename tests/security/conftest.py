"""Client and services of the app, as a program on this machine uses them, with a separate data directory."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api import build_routes
from core.runtime import runtime
from core.services import Services


@pytest.fixture
def services() -> Services:
    return runtime.services


@pytest.fixture
def client() -> Iterator[TestClient]:
    server = Starlette(routes=build_routes(lambda: runtime.services))
    with TestClient(server, base_url="http://localhost:8501", raise_server_exceptions=False) as made:
        yield made
