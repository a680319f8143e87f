import re

import pytest
from starlette.testclient import TestClient

from core import ProjectService


def test_errors_have_the_same_body_on_all_routes(client: TestClient) -> None:
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


def test_a_body_that_is_not_json_is_refused_with_its_place_and_names_no_field(client: TestClient) -> None:
    broken = client.post("/api/projects", content=b'{"name":', headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()) == (
        422,
        {
            "code": "malformed",
            "detail": "The body is not JSON (Expecting value at character 8). Correct it and send it again.",
        },
    )


def test_what_is_no_id_is_not_found_in_a_sentence(client: TestClient) -> None:
    assert client.get("/api/projects/shelf").json() == {
        "code": "not_found",
        "detail": "There is nothing with this project_id. Look it up in its list.",
        "field": "project_id",
    }


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/ai/nothing", "/api/projects/../../etc/passwd"])
def test_unknown_paths_are_not_found_instead_of_falling_through_to_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    if path not in ("/api", "/etc/passwd"):
        assert answer.headers["Content-Type"] in ("application/json", "text/plain; charset=utf-8")


def test_a_wrong_method_is_refused_with_the_allowed_methods(client: TestClient) -> None:
    answer = client.patch("/api/projects")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST"
    assert client.post("/api/image-datasets/nothing").headers["Allow"] == "DELETE, GET, PUT"


def test_a_body_that_is_not_utf_8_gets_a_sentence(client: TestClient) -> None:
    answer = client.post("/api/projects", content=b'{"name": "caf\xe9"}', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["detail"] == "The body is not UTF-8. Encode it as UTF-8 and send it again."


def test_a_body_of_another_media_type_is_refused(client: TestClient) -> None:
    answer = client.post("/api/projects", content="name=Shelf", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    answer = client.post(f"/api/projects/{project_id}/images", json={"files": []})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/api/projects", content=b'{"name": "' + b"x" * 20_000_001 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_unexpected_error_shows_only_its_id_in_the_log(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(ProjectService, "list_projects", fail)
    careful = TestClient(client.app, base_url="http://localhost:8501", raise_server_exceptions=False)
    answer = careful.get("/api/projects")
    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert "secret inside" not in answer.text
    assert answer.json()["error_id"] in caplog.text


def test_the_openapi_document_has_the_promised_routes_of_entries(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"get", "post"} <= paths["/api/projects/{project_id}/image-datasets"].keys()
    assert {"get", "put", "delete"} <= paths["/api/image-datasets/{entry_id}"].keys()


def test_the_documentation_page_loads_nothing_from_other_servers(client: TestClient) -> None:
    answer = client.get("/api/docs")
    assert answer.status_code == 200
    assert re.findall(r"https?://", answer.text) == []
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_health_check_reports_the_task_engine(client: TestClient) -> None:
    assert client.get("/api/health").json() == {"status": "ok"}
    assert client.get("/api/ready").json() == {"status": "ready"}
    assert client.get("/api/status").json() == {"runs_tasks": True, "running_tasks": 0, "workers": None}
    assert client.get("/api/workers").json() == []
