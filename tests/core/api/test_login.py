from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api import build_routes, guard, login
from core.config import Settings
from core.db import connect
from core.services import Services


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    with connect() as db:
        yield TestClient(Starlette(routes=build_routes(lambda: Services(db))), base_url="http://localhost:8501")


def test_the_password_signs_the_browser_in(locked: TestClient) -> None:
    assert locked.get("/api/projects").status_code == 401
    answer = locked.post(login.PATH, json={"password": "open sesame", "name": "  Ana "})
    assert answer.status_code == 204
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=strict" in answer.headers["Set-Cookie"]
    assert locked.get("/api/projects").status_code == 200
    assert guard.visitor(Settings(), None, locked.cookies[guard.COOKIE]) == guard.Actor("Ana")


def test_signing_out_ends_the_session(locked: TestClient) -> None:
    locked.post(login.PATH, json={"password": "open sesame"})
    assert locked.delete(login.PATH).status_code == 204
    assert locked.get("/api/projects").status_code == 401


@pytest.mark.parametrize("body", [{"password": "wrong"}, {}, [], {"password": None}, "open sesame"])
def test_a_wrong_password_or_body_does_not_sign_in(locked: TestClient, body: object) -> None:
    answer = locked.post(login.PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")
    assert guard.COOKIE not in locked.cookies


def test_after_ten_wrong_passwords_even_the_right_one_is_refused_for_a_while(locked: TestClient) -> None:
    tries = [locked.post(login.PATH, json={"password": str(n)}).status_code for n in range(11)]
    assert tries == [401] * 10 + [429]
    assert locked.post(login.PATH, json={"password": "open sesame"}).status_code == 429


def test_a_page_of_another_origin_cannot_sign_in(locked: TestClient) -> None:
    headers = {"Origin": "https://evil.example"}
    assert locked.post(login.PATH, json={"password": "open sesame"}, headers=headers).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://["])
def test_a_large_body_of_another_origin_is_refused_for_its_origin(locked: TestClient, origin: str) -> None:
    reply = locked.post("/access/session", content=b"x" * 20_000, headers={"Origin": origin})
    assert (reply.status_code, reply.json()["code"]) == (403, "foreign_page")


def test_a_large_body_is_refused_for_its_size(locked: TestClient) -> None:
    assert locked.post("/access/session", content=b"x" * 20_000).status_code == 413


def test_without_a_configured_password_signing_in_is_refused(client: TestClient) -> None:
    assert client.post(login.PATH, json={"password": ""}).status_code == 401


def test_a_visitor_is_identified_by_cookie_with_a_password_and_by_address_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert guard.visitor(Settings(), None, None) == guard.Actor("local")
    assert guard.visitor(Settings(), "127.0.0.1", None) == guard.Actor("local")
    assert guard.visitor(Settings(), "192.168.1.7", None) is None
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    assert guard.visitor(Settings(), None, None) is None
    assert guard.visitor(Settings(), "192.168.1.7", "forged") is None
