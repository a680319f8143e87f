import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from core import Projects, ProjectService, connect
from core.api import build_routes, response_cache
from core.api.media import image_url
from core.services import Services
from tests.pictures import png


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each time that the list of projects is really read."""
    noted: list[str] = []
    read = ProjectService.list_projects

    def noting(service: ProjectService) -> list[Projects]:
        noted.append("read")
        return read(service)

    monkeypatch.setattr(ProjectService, "list_projects", noting)
    return noted


def test_an_answer_is_kept_until_someone_writes(client: TestClient, services: Services, reads: list[str]) -> None:
    first = client.get("/api/projects")
    assert client.get("/api/projects").content == first.content
    assert reads == ["read"]
    services.projects.create_project("Shelf")
    assert client.get("/api/projects").json()["total"] == 1
    assert reads == ["read", "read"]


def test_another_process_that_writes_is_noticed(client: TestClient, services: Services, reads: list[str]) -> None:
    assert client.get("/api/projects").json()["total"] == 0
    with connect(services.db.data_dir) as other:
        ProjectService(other).create_project("Shelf")
    assert client.get("/api/projects").json()["total"] == 1


def test_each_address_has_an_answer_of_its_own(client: TestClient, project: Projects) -> None:
    assert client.get("/api/projects", params={"limit": 1}).json()["total"] == 1
    assert client.get("/api/projects", params={"limit": 0}).status_code == 422
    assert client.get(f"/api/projects/{project.id}").json()["name"] == "Shelf"


def test_refusals_are_not_kept(client: TestClient, services: Services, reads: list[str]) -> None:
    for _ in range(2):
        assert client.get("/api/projects", params={"cursor": "nowhere"}).status_code == 422
    assert len(reads) == 2


def test_what_a_middleware_writes_into_one_answer_stays_out_of_the_next(services: Services, project: Projects) -> None:
    for number in range(20):
        services.projects.create_project(f"Shelf {number}")
    app = GZipMiddleware(Starlette(routes=build_routes(lambda: services)))
    client = TestClient(app, base_url="http://localhost:8501")
    packed = [client.get("/api/projects") for _ in range(3)]
    plain = client.get("/api/projects", headers={"Accept-Encoding": "identity"})
    assert [answer.headers["Content-Encoding"] for answer in packed] == ["gzip"] * 3
    assert {answer.headers["Vary"] for answer in packed} == {"Accept-Encoding"}
    assert "Content-Encoding" not in plain.headers
    assert plain.json() == packed[0].json()


def test_a_kept_image_answers_parts_and_repeats_as_a_fresh_one(
    client: TestClient, services: Services, project: Projects
) -> None:
    content = png("red", (300, 200))
    (outcome,) = services.intake.add_images(project.id, [("red.png", content)])
    assert outcome.image is not None
    address = image_url(outcome.image.id, outcome.image.sha256, "original")
    fresh, again = client.get(address), client.get(address)
    assert fresh.headers == again.headers
    assert fresh.content == again.content == content
    assert client.get(address, headers={"Range": "bytes=0-3"}).content == content[:4]
    unchanged = client.get(address, headers={"If-None-Match": fresh.headers["ETag"]})
    assert (unchanged.status_code, unchanged.headers["Cache-Control"]) == (304, fresh.headers["Cache-Control"])


def test_a_kept_thumbnail_outlives_writes_elsewhere_but_not_its_image_or_project(
    client: TestClient, services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red", (300, 200)))])
    assert outcome.image is not None
    address = image_url(outcome.image.id, outcome.image.sha256, "thumb")
    first = client.get(address)

    with monkeypatch.context() as patch:
        patch.setattr("core.api.media.image_file", lambda *_: pytest.fail("the file was read again"))
        services.projects.create_project("Elsewhere")
        assert client.get(address).content == first.content

    services.images.delete_image(outcome.image.id)
    assert client.get(address).status_code == 404
    services.library.restore_images([outcome.image.id])
    assert client.get(address).content == first.content
    services.projects.delete_project(project.id)
    assert client.get(address).status_code == 404


async def test_an_answer_is_made_once_for_all_who_ask_at_the_same_time(services: Services) -> None:
    made = 0

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal made
        made += 1
        await asyncio.sleep(0.05)
        await JSONResponse({"made": made})(scope, receive, send)

    app = response_cache.ResponseCache(slow, lambda: services, response_cache.ResponseStore())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
        answers = await asyncio.gather(*(http.get("/api/projects") for _ in range(5)))

    assert [answer.json() for answer in answers] == [{"made": 1}] * 5


def test_no_more_is_kept_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "_MOST_BYTES_TOGETHER", 25)
    store = response_cache.ResponseStore()
    for number in range(4):
        store.put((str(number), b""), response_cache._Reply(1, [], b"x" * 10))
    assert [number for number in range(4) if store.get((str(number), b""))] == [2, 3]


def test_with_a_password_a_kept_answer_still_asks_for_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    for client in _locked_client(tmp_path):
        client.post("/access/session", json={"password": "open sesame"})
        assert client.get("/api/projects").status_code == 200
        client.cookies.clear()
        assert client.get("/api/projects").status_code == 401


def _locked_client(tmp_path: Path) -> Iterator[TestClient]:
    with connect(tmp_path / "data") as db:
        yield TestClient(Starlette(routes=build_routes(lambda: Services(db))), base_url="http://localhost:8501")
