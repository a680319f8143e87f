from typing import Any, cast

from starlette.testclient import TestClient

from core.api.measured import Measured
from core.metrics import Metrics


class _Counted:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        assert 0 <= seconds < 30  # not the time since the machine began
        self.seen.append((method, route, status))


def test_requests_are_counted_by_the_template_of_their_route(client: TestClient) -> None:
    counted, app = _Counted(), cast(Any, client.app)
    measured = TestClient(Measured(app, cast(Metrics, counted), app.routes), base_url=str(client.base_url))
    measured.get("/api/projects")
    measured.get("/api/projects/an-id-of-nothing")
    measured.get("/api/health")
    measured.get("/img/an-id-of-nothing/thumb")
    measured.get("/nowhere/an-id")
    assert counted.seen[:3] == [
        ("GET", "/api/projects", 200), ("GET", "/api/projects/{project_id}", 404), ("GET", "/api/health", 200),
    ]  # fmt: skip
    assert counted.seen[3][1].startswith("/img/{")
    assert counted.seen[4] == ("GET", "none", 404)
