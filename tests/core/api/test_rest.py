import re

import pytest
from starlette.testclient import TestClient

from core import ProjectService


def test_every_error_has_one_shape(client: TestClient) -> None:
    missing = client.get("/api/projects/aaaaaaaaaaaaaaaaaaaaa")
    assert missing.status_code == 404
    assert missing.json() == {
        "code": "not_found",
        "detail": "This project does not exist any more. Choose another one.",
    }
    bad = client.post("/api/projects", json={"name": ""})
    assert (bad.status_code, bad.json()["code"], bad.json()["field"]) == (422, "malformed", "name")
    taken = [client.post("/api/projects", json={"name": "Shelf"}) for _ in range(2)][1]
    assert taken.json() == {
        "code": "invalid",
        "detail": "There is a project called Shelf already. Choose another name.",
        "field": "name",
    }


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/ai/nothing", "/api/projects/../../etc/passwd"])
def test_what_does_not_exist_is_a_404_in_json_and_never_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    if path not in ("/api", "/etc/passwd"):
        assert answer.headers["Content-Type"] in ("application/json", "text/plain; charset=utf-8")


def test_a_method_that_a_route_does_not_know_is_refused_with_those_it_knows(client: TestClient) -> None:
    answer = client.patch("/api/projects")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_a_body_of_another_kind_is_told_so(client: TestClient) -> None:
    answer = client.post("/api/projects", content="name=Shelf", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    answer = client.post(f"/api/projects/{project_id}/images", json={"files": []})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/api/projects", content=b'{"name": "' + b"x" * 20_000_001 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_bug_shows_an_id_that_the_log_has_too(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fall(_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(ProjectService, "list_projects", fall)
    careful = TestClient(client.app, base_url="http://localhost:8501", raise_server_exceptions=False)
    answer = careful.get("/api/projects")
    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert "secret inside" not in answer.text
    assert answer.json()["error_id"] in caplog.text


def test_the_description_names_every_promised_route(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"get", "post"} <= paths["/api/projects/{project_id}/image-datasets"].keys()
    assert {"get", "put", "delete"} <= paths["/api/image-datasets/{entry_id}"].keys()


def test_the_page_to_try_the_api_asks_no_other_server(client: TestClient) -> None:
    answer = client.get("/api/docs")
    assert answer.status_code == 200
    assert re.findall(r"https?://", answer.text) == []
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_server_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/api/health").json() == {"status": "ok", "runs_tasks": True, "running_tasks": 0}
