import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from core import Images, Projects, ProjectService, connect
from core.api import build_routes, response_cache
from core.api.media_urls import image_url, tiles_url
from core.api.routers import ALL
from core.services import Services
from tests.pictures import png


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record every real read of the list of projects."""
    recorded: list[str] = []
    read = ProjectService.list_projects

    def recording(service: ProjectService, visible: frozenset[str] | None) -> list[Projects]:
        recorded.append("read")
        return read(service, visible)

    monkeypatch.setattr(ProjectService, "list_projects", recording)
    return recorded


def test_a_response_is_cached_until_the_database_changes(
    client: TestClient, services: Services, reads: list[str]
) -> None:
    first = client.get("/api/projects")
    assert client.get("/api/projects").content == first.content
    assert reads == ["read"]
    services.projects.create_project("Shelf")
    assert client.get("/api/projects").json()["total"] == 1
    assert reads == ["read", "read"]


def test_a_write_by_another_connection_invalidates_the_cache(client: TestClient, services: Services) -> None:
    assert client.get("/api/projects").json()["total"] == 0
    with connect(services.db.data_dir) as other:
        ProjectService(other).create_project("Shelf")
    assert client.get("/api/projects").json()["total"] == 1


def test_each_path_and_query_has_its_own_response(client: TestClient, project: Projects) -> None:
    assert client.get("/api/projects", params={"limit": 1}).json()["total"] == 1
    assert client.get("/api/projects", params={"limit": 0}).status_code == 422
    assert client.get(f"/api/projects/{project.id}").json()["name"] == "Shelf"


def test_no_response_that_depends_on_the_caller_is_shared() -> None:
    depending = [
        route.path
        for router in ALL
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
        if "actor" in inspect.signature(route.endpoint).parameters
    ]
    assert "/api/projects/{project_id}/people/me" in depending
    assert [path for path in depending if response_cache.is_cached(path) and not response_cache.is_own(path)] == []


def test_error_responses_are_not_cached(client: TestClient, reads: list[str]) -> None:
    for _ in range(2):
        assert client.get("/api/projects", params={"cursor": "nowhere"}).status_code == 422
    assert len(reads) == 2


def test_headers_added_by_outer_middleware_stay_out_of_the_cached_response(
    services: Services, project: Projects
) -> None:
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


def test_a_cached_image_answers_range_and_conditional_requests_like_a_new_one(
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


def test_a_cached_thumbnail_survives_unrelated_writes_but_not_the_deletion_of_its_image_or_project(
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


def test_tiles_take_no_room_in_the_cache(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = response_cache.response_store()
    monkeypatch.setattr(response_cache, "response_store", lambda: store)
    client = TestClient(Starlette(routes=build_routes(lambda: services)), base_url="http://localhost:8501")
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red", (300, 200)))])
    assert outcome.image is not None
    thumbnail = image_url(outcome.image.id, outcome.image.sha256)
    tile = tiles_url(outcome.image.id, outcome.image.sha256).format(level=0, x=0, y=0)
    assert [client.get(address).status_code for address in (tile, thumbnail)] == [200, 200]
    assert [path for path, *_ in store] == [thumbnail.split("?")[0]]


async def test_concurrent_requests_for_the_same_address_share_one_response(services: Services) -> None:
    made = 0

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal made
        made += 1
        await asyncio.sleep(0.05)
        await JSONResponse({"made": made})(scope, receive, send)

    app = response_cache.ResponseCache(slow, lambda: services, response_cache.response_store())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
        answers = await asyncio.gather(*(http.get("/api/projects/x") for _ in range(5)))

    assert [answer.json() for answer in answers] == [{"made": 1}] * 5


async def test_after_a_write_concurrent_requests_for_an_image_look_once_whether_it_still_exists(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red", (300, 200)))])
    assert outcome.image is not None
    address, looked, exists = image_url(outcome.image.id, outcome.image.sha256), list[str](), services.images.get_image

    def recording(image_id: str, *, include_hidden: bool = False) -> Images | None:
        looked.append(image_id)
        return exists(image_id, include_hidden=include_hidden)

    app = Starlette(routes=build_routes(lambda: services))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8501") as http:
        first = await http.get(address)
        services.projects.create_project("Elsewhere")
        monkeypatch.setattr(services.images, "get_image", recording)
        answers = await asyncio.gather(*(http.get(address) for _ in range(5)))

    assert [answer.content for answer in answers] == [first.content] * 5
    assert looked == [outcome.image.id]


def test_the_least_recently_used_response_is_evicted_when_the_bodies_grow_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(response_cache, "_MAX_TOTAL_BYTES", 25)
    store = response_cache.response_store()
    for path in ("a", "b"):
        store[path, b""] = response_cache.CachedResponse(1, [], b"x" * 10)
    assert store.get(("a", b"")) is not None
    store["c", b""] = response_cache.CachedResponse(1, [], b"x" * 10)
    assert sorted(path for path, _ in store) == ["a", "c"]


def test_a_cached_response_still_needs_authentication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    for client in _locked_client(tmp_path):
        client.post("/access/session", json={"password": "open sesame"})
        assert client.get("/api/projects").status_code == 200
        client.cookies.clear()
        assert client.get("/api/projects").status_code == 401


def _locked_client(tmp_path: Path) -> Iterator[TestClient]:
    with connect(tmp_path / "data") as db:
        yield TestClient(Starlette(routes=build_routes(lambda: Services(db))), base_url="http://localhost:8501")


@pytest.mark.parametrize(
    ("status", "headers", "parts", "kept"),
    [
        (200, [(b"content-length", b"4")], [b"abcd"], b"abcd"),
        (200, [(b"content-length", b"4")], [b"ab", b"cd"], b"abcd"),
        (200, [(b"content-length", b"5")], [b"abcde"], None), (200, [(b"content-length", b"5")], [b"abcd", b"e"], None),
        (200, [], [b"abcd"], None), (404, [(b"content-length", b"4")], [b"abcd"], None),
        (200, [(b"content-length", b"0")], [b""], b""),
    ],
)  # fmt: skip
async def test_a_whole_short_response_of_known_length_is_kept(
    monkeypatch: pytest.MonkeyPatch, status: int, headers: list[tuple[bytes, bytes]], parts: list[bytes],
    kept: bytes | None,
) -> None:  # fmt: skip
    monkeypatch.setattr(response_cache, "_MAX_BODY_BYTES", 4)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    recorder = response_cache._Recorder(send)
    await recorder({"type": "http.response.start", "status": status, "headers": headers})
    for number, part in enumerate(parts, 1):
        assert not recorder.is_complete
        await recorder({"type": "http.response.body", "body": part, "more_body": number < len(parts)})
    assert (recorder.is_complete, bytes(recorder.body) if recorder.is_complete else None) == (kept is not None, kept)
    assert len(sent) == 1 + len(parts)
