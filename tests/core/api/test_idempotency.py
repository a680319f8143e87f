import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from httpx import Response
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlmodel import select
from starlette.testclient import TestClient

from core import ProjectService
from core.api.idempotency import _Fingerprint
from core.db import KeyedReplies, utc_now
from core.services import Services
from tests.pictures import png

KEY = {"Idempotency-Key": "order-1"}


def test_a_repeated_key_creates_one_row_and_replays_the_response(client: TestClient, services: Services) -> None:
    first = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    again = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(services.projects.list_projects()) == 1


@pytest.fixture
def upload(client: TestClient) -> Callable[..., Response]:
    """Return a function that posts one image, each time with another multipart boundary."""
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]

    def post(name: str, content: bytes) -> Response:
        return client.post(f"/api/projects/{project_id}/images", files=[("files", (name, content))], headers=KEY)

    return post


def test_an_upload_repeated_with_the_same_key_is_replayed(upload: Callable[..., Response]) -> None:
    answers = [upload("red.png", png("red")) for _ in range(2)]
    assert [answer.json()["results"][0]["outcome"] for answer in answers] == ["added", "added"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("name", "content"),
    [("red.png", png("blue")), ("blue.png", png("red")), ("red.png", png("red") + b" "), ("red.png", png("red")[:-1])],
    ids=["other content", "other name", "a byte more", "a byte less"],
)
def test_another_upload_with_the_same_key_is_refused(
    upload: Callable[..., Response], name: str, content: bytes
) -> None:
    upload("red.png", png("red"))
    other = upload(name, content)
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")


@given(
    parts=st.lists(st.binary(max_size=12), max_size=4),
    boundary=st.text("ab-", min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_the_fingerprint_depends_neither_on_the_multipart_boundary_nor_on_the_chunks(
    parts: list[bytes], boundary: str, cuts: list[int]
) -> None:
    """For parts that do not contain the boundary, as multipart requires."""
    marks = [f"--{one}".encode() for one in (boundary, "another-boundary")]
    assume(not any(mark in part + b"\r\n" + part for mark in marks for part in parts))

    def hashed(mark: bytes, places: list[int]) -> str | None:
        body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
        edges = [0, *sorted(places), len(body)]
        chunks = [body[start:end] for start, end in pairwise(edges)]
        messages = [
            {"type": "http.request", "body": chunk, "more_body": number + 1 < len(chunks)}
            for number, chunk in enumerate(chunks)
        ]

        async def receive() -> dict[str, object]:
            return messages.pop(0)

        form = b"multipart/form-data; boundary=" + mark.removeprefix(b"--")
        scope = {"type": "http", "path": "/", "query_string": b"", "headers": [(b"content-type", form)]}
        return asyncio.run(_Fingerprint(scope, receive).read_to_end())

    assert hashed(marks[0], cuts) == hashed(marks[1], []) is not None


def test_a_key_can_be_used_again_after_a_body_that_was_too_large(client: TestClient) -> None:
    refused = client.post("/api/projects", content=b'{"name": "' + b"x" * 20_000_001 + b'"}', headers=KEY)
    assert refused.status_code == 413
    assert client.post("/api/projects", json={"name": "Shelf"}, headers=KEY).status_code == 201


def test_a_repeated_key_starts_one_task_and_returns_its_location_again(client: TestClient) -> None:
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    address = f"/api/projects/{project_id}/image-questions"
    started = [client.post(address, json={"num_questions": 1}, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in started] == [202, 202]
    assert started[0].headers["Location"] == started[1].headers["Location"]
    assert client.get(f"/api/projects/{project_id}/tasks").json()["total"] == 1


def test_a_key_that_was_used_for_another_request_is_refused(client: TestClient) -> None:
    client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    other = client.post("/api/projects", json={"name": "Other"}, headers=KEY)
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_has_between_1_and_200_characters(client: TestClient, key: str) -> None:
    answer = client.post("/api/projects", json={"name": "Shelf"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


def test_a_client_error_is_replayed_too(client: TestClient) -> None:
    refused = [client.post("/api/projects", json={"name": ""}, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in refused] == [422, 422]


def test_a_key_can_be_used_again_after_a_server_error(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = TestClient(client.app, base_url="http://localhost:8501", raise_server_exceptions=False)
    with monkeypatch.context() as broken:
        broken.setattr(ProjectService, "create_project", lambda *_: 1 / 0)
        assert careful.post("/api/projects", json={"name": "Shelf"}, headers=KEY).status_code == 500
    assert careful.post("/api/projects", json={"name": "Shelf"}, headers=KEY).status_code == 201


def test_a_request_interrupted_by_a_server_stop_is_not_executed_again(client: TestClient, services: Services) -> None:
    client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    with services.db.transaction() as session:
        session.exec(select(KeyedReplies)).one().status = None
    answer = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "interrupted")


def test_a_key_whose_first_request_is_in_progress_is_a_conflict(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()
    create = ProjectService.create_project

    def slowly(service: ProjectService, name: str, description: str, **_: object) -> object:
        entered.set()
        leave.wait(60)
        return create(service, name, description)

    monkeypatch.setattr(ProjectService, "create_project", slowly)
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(client.post("/api/projects", json={"name": "Shelf"}, headers=KEY).status_code)
    )
    first.start()
    assert entered.wait(60)
    second = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    leave.set()
    first.join()
    assert (second.status_code, second.json()["code"]) == (409, "in_progress")
    assert answers == [201]


def test_a_stored_response_expires_after_a_day(client: TestClient, services: Services) -> None:
    client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    with services.db.transaction() as session:
        session.exec(select(KeyedReplies)).one().create_at = utc_now() - timedelta(hours=25)
    answer = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    assert (answer.status_code, answer.json()["field"]) == (422, "name")
