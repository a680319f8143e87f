"""The health checks that supervisors call."""

import pytest
from starlette.testclient import TestClient

from core.db import Database
from core.errors import StorageError


def test_a_process_with_its_database_is_alive_and_ready(client: TestClient) -> None:
    health, ready = client.get("/api/health"), client.get("/api/ready")

    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


def test_a_process_without_its_database_is_alive_but_not_ready(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_db: Database) -> None:
        raise StorageError("The database server does not answer.")

    monkeypatch.setattr(Database, "check_connection", fail)

    health, ready = client.get("/api/health"), client.get("/api/ready")

    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable"})
    assert {answer.headers["Cache-Control"] for answer in (health, ready)} == {"no-store"}
