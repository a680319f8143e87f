"""Routes below ``server.baseUrlPath``: they work as without it, and every returned URL includes it."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core import app
from core.accounts.actor import Actor
from core.api import credentials
from core.api.media_urls import image_url
from core.runtime import runtime
from tests.pictures import png


@pytest.fixture
def below() -> Iterator[TestClient]:
    with TestClient(
        Starlette(middleware=[app.own_routes(base_path="/lab/")]), base_url="http://localhost:8501"
    ) as made:
        yield made


def test_routes_work_below_the_base_path_and_return_urls_that_include_it(below: TestClient) -> None:
    assert below.get("/api/projects").status_code == 404
    project_id = below.post("/lab/api/projects", json={"name": "Shelf"}).json()["id"]
    files = [("files", ("red.png", png("red")))]
    image = below.post(f"/lab/api/projects/{project_id}/images", files=files).json()["results"][0]["image"]
    assert below.get("/lab" + image_url(image["id"], image["sha256"])).headers["Content-Type"] == "image/jpeg"

    task = below.post(f"/lab/api/projects/{project_id}/image-questions", json={"num_questions": 1}).json()
    assert task["url"].startswith("/lab/api/tasks/")
    below.get(f"{task['url']}/events")
    entry = {"image_id": image["id"], "question": "Color?", "answer": "Red."}
    below.post(f"/lab/api/projects/{project_id}/image-datasets", json=entry)
    queue = below.get("/lab/desk/queue", params={"project_id": project_id}).json()
    act = {"entry_id": queue["items"][0]["id"], "version": 1, "decision": "confirm", "act_id": "decision-1"}
    assert below.post("/lab/desk/decide", json={"acts": [act]}).json()["results"][0]["ok"]
    task = below.post(f"/lab/api/projects/{project_id}/image-datasets/export", json={}).json()
    assert "event: end" in below.get(f"{task['url']}/events").text
    download_url = below.get(task["url"]).json()["download_url"]
    assert download_url.startswith("/lab/exports/")
    assert below.get(download_url).content.startswith(b"PK")


@pytest.mark.parametrize("path", ["", "upload", "export", "images", "_stcore/health", "static/index.js"])
def test_pages_below_the_base_path_are_served_by_streamlit(path: str) -> None:
    pages = Route("/lab/{rest:path}", lambda _request: PlainTextResponse("a page"))
    with TestClient(
        Starlette(routes=[pages], middleware=[app.own_routes(base_path="lab")]), base_url="http://localhost:8501"
    ) as made:
        assert made.get(f"/lab/{path}").text == "a page"
        assert made.get("/lab/api/health").json()["status"] == "ok"


def test_the_documentation_page_sends_requests_below_the_base_path(below: TestClient) -> None:
    assert 'const base = "/lab";' in below.get("/lab/api/docs").text
    assert below.get("/lab/api/openapi.json").status_code == 200


def test_a_signed_url_is_valid_below_the_base_path(below: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    path = "/img/nobody/thumb"
    assert below.get(f"/lab{path}").status_code == 401
    token = runtime.services.tokens.make_token("robot").row
    signature = credentials.signature(path, Actor("robot", credential=f"token:{token.id}"))
    assert below.get(f"/lab{path}?s={signature}").status_code == 404


def test_a_path_with_a_line_break_does_not_fall_through_to_a_page(below: TestClient) -> None:
    answer = below.get("/lab/api/projects/a%0Ab")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")


@pytest.mark.parametrize(("base_path", "paths"), [("", ("/", "/upload")), ("/lab/", ("/lab/", "/lab/upload"))])
def test_each_page_is_answered_with_the_same_html(base_path: str, paths: tuple[str, str]) -> None:
    with TestClient(Starlette(routes=app.page_routes(["", "upload"], "<p>a page</p>", base_path))) as made:
        for path in paths:
            assert made.get(path).text == "<p>a page</p>"
            assert made.get(path).headers["Cache-Control"] == "no-cache"
        assert made.get(f"{paths[1]}/_stcore/health").status_code == 404


@pytest.mark.parametrize(("base_path", "root"), [("", ""), ("/lab/", "/lab")])
def test_the_name_of_the_first_page_leads_to_the_root_with_its_parameters(base_path: str, root: str) -> None:
    route = app.first_page_route("overview", base_path)
    with TestClient(Starlette(routes=[route]), follow_redirects=False) as made:
        assert made.get(f"{root}/overview").headers["Location"] == f"{root}/"
        assert made.get(f"{root}/overview?project=a&q=%C3%A9").headers["Location"] == f"{root}/?project=a&q=%C3%A9"
