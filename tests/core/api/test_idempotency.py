import threading
from datetime import timedelta

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from core.app import Services
from core.db import KeyedReplies, utc_now
from tests.pictures import png

KEY = {"Idempotency-Key": "order-1"}


def test_the_same_key_twice_makes_one_thing(client: TestClient, services: Services) -> None:
    first = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    again = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(services.projects.list_projects()) == 1


def test_an_upload_under_the_same_key_is_answered_as_before(client: TestClient) -> None:
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]

    def upload() -> str:
        files = [("files", ("red.png", png("red")))]
        return client.post(f"/api/projects/{project_id}/images", files=files, headers=KEY).json()["results"][0][
            "outcome"
        ]

    assert [upload(), upload()] == ["added", "added"]


def test_a_key_that_was_used_for_something_else_is_refused(client: TestClient) -> None:
    client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    other = client.post("/api/projects", json={"name": "Other"}, headers=KEY)
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_is_neither_empty_nor_endless(client: TestClient, key: str) -> None:
    answer = client.post("/api/projects", json={"name": "Shelf"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


def test_a_refusal_is_remembered_too(client: TestClient) -> None:
    refused = [client.post("/api/projects", json={"name": ""}, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in refused] == [422, 422]


def test_a_request_that_failed_inside_can_be_tried_again(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = TestClient(client.app, base_url="http://localhost:8501", raise_server_exceptions=False)
    with monkeypatch.context() as broken:
        broken.setattr(services.projects, "create_project", lambda *_: 1 / 0)
        assert careful.post("/api/projects", json={"name": "Shelf"}, headers=KEY).status_code == 500
    assert careful.post("/api/projects", json={"name": "Shelf"}, headers=KEY).status_code == 201


def test_a_request_that_died_with_the_server_is_not_repeated_blindly(client: TestClient, services: Services) -> None:
    client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    with services.db.transaction() as session:
        session.exec(select(KeyedReplies)).one().status = None
    answer = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "interrupted")


def test_the_second_of_two_at_once_is_told_to_wait(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()
    create = services.projects.create_project

    def slowly(name: str, description: str) -> object:
        entered.set()
        leave.wait(10)
        return create(name, description)

    monkeypatch.setattr(services.projects, "create_project", slowly)
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(client.post("/api/projects", json={"name": "Shelf"}, headers=KEY).status_code)
    )
    first.start()
    assert entered.wait(10)
    second = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    leave.set()
    first.join()
    assert (second.status_code, second.json()["code"]) == (409, "in_progress")
    assert answers == [201]


def test_a_reply_is_forgotten_after_a_day(client: TestClient, services: Services) -> None:
    client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    with services.db.transaction() as session:
        session.exec(select(KeyedReplies)).one().create_at = utc_now() - timedelta(hours=25)
    answer = client.post("/api/projects", json={"name": "Shelf"}, headers=KEY)
    assert (answer.status_code, answer.json()["field"]) == (422, "name")
