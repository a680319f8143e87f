import asyncio
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from core.api import build_routes, credentials, devices, login
from core.db import connect
from core.services import Services


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    with connect() as db:
        services = Services(db)
        yield TestClient(Starlette(routes=build_routes(lambda: services)), base_url="http://localhost:8501")


def test_the_password_signs_the_browser_in(locked: TestClient) -> None:
    assert locked.get("/api/projects").status_code == 401
    answer = locked.post(login.PATH, json={"password": "open sesame", "name": "  Ana "})
    assert answer.status_code == 204
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=lax" in answer.headers["Set-Cookie"]
    project = locked.post("/api/projects", json={"name": "Shelf"})
    assert project.status_code == 201
    cookie = locked.cookies[credentials.COOKIE]
    with connect() as db:
        actor = credentials.session_actor(db, cookie)
    assert actor is not None
    assert (actor.name, actor.may_write, actor.has_session) == ("Ana", True, True)


def test_the_cookie_is_for_https_only_where_the_page_came_by_https(locked: TestClient) -> None:
    plain = locked.post(login.PATH, json={"password": "open sesame"})
    secure = locked.post(f"https://localhost{login.PATH}", json={"password": "open sesame"})
    assert ["Secure" in answer.headers["Set-Cookie"] for answer in (plain, secure)] == [False, True]


def test_signing_out_ends_the_session_also_for_a_copy_of_the_cookie(locked: TestClient) -> None:
    locked.post(login.PATH, json={"password": "open sesame"})
    copied = {"Cookie": f"{credentials.COOKIE}={locked.cookies[credentials.COOKIE]}"}
    assert locked.get("/api/projects", headers=copied).status_code == 200
    assert locked.delete(login.PATH).status_code == 204
    assert locked.get("/api/projects").status_code == 401
    assert locked.get("/api/projects", headers=copied).status_code == 401


def test_a_damaged_key_is_told_on_the_sign_in_page_and_to_programs(locked: TestClient) -> None:
    with connect() as db:
        (db.data_dir / "secret.key").write_bytes(b"")
    page = locked.post(login.PATH, data={"password": "open sesame", "name": "Ana"})
    program = locked.post(login.PATH, json={"password": "open sesame"})
    assert (page.status_code, program.status_code) == (503, 503)
    assert "Run vitrine rotate-keys" in page.text
    assert 'value="Ana"' in page.text
    assert "Run vitrine rotate-keys" in program.json()["detail"]


@pytest.mark.parametrize("body", [{"password": "wrong"}, {}, [], {"password": None}, "open sesame"])
def test_a_wrong_password_or_body_does_not_sign_in(locked: TestClient, body: object) -> None:
    answer = locked.post(login.PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")
    assert credentials.COOKIE not in locked.cookies


@pytest.mark.parametrize("content", [b'{"password": "\\ud800"}', b"[" * 5_000, b"\xff", b""])
def test_a_body_that_cannot_be_read_is_a_wrong_password(locked: TestClient, content: bytes) -> None:
    assert locked.post(login.PATH, content=content).status_code == 401


def test_after_five_wrong_passwords_even_the_right_one_waits(locked: TestClient) -> None:
    tries = [locked.post(login.PATH, json={"password": str(n)}) for n in range(6)]
    assert [answer.status_code for answer in tries] == [401] * 5 + [429]
    assert tries[-1].json() == {
        "code": "too_many_tries", "detail": "Too many wrong passwords. Try again in 2 seconds.",
    }  # fmt: skip
    assert tries[-1].headers["Retry-After"] == "2"
    assert locked.post(login.PATH, json={"password": "open sesame"}).status_code == 429


def test_a_device_that_has_signed_in_is_not_locked_out_by_others(locked: TestClient) -> None:
    locked.post(login.PATH, json={"password": "open sesame"})
    known = {"Cookie": f"{login.DEVICE_COOKIE}={locked.cookies[login.DEVICE_COOKIE]}"}
    locked.cookies.clear()
    tries = [locked.post(login.PATH, json={"password": str(n)}).status_code for n in range(6)]
    assert tries[-1] == 429
    assert locked.post(login.PATH, json={"password": "open sesame"}, headers=known).status_code == 204
    forged = {"Cookie": f"{login.DEVICE_COOKIE}=ImFuYSI.aaaa"}
    assert locked.post(login.PATH, json={"password": "open sesame"}, headers=forged).status_code == 429


def test_the_form_works_without_scripts_and_leads_to_the_page_that_was_asked_for(locked: TestClient) -> None:
    fields = {"password": "wrong", "name": "<b>Ana", "next": "/explore?q=a&b=c"}
    refused = locked.post(login.PATH, data=fields)
    assert (refused.status_code, refused.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    assert '<p role="alert" id="problem">This is not the password. Try again.</p>' in refused.text
    assert 'value="/explore?q=a&amp;b=c"' in refused.text
    assert 'value="&lt;b&gt;Ana"' in refused.text
    opened = locked.post(login.PATH, data=fields | {"password": "open sesame"}, follow_redirects=False)
    assert (opened.status_code, opened.headers["Location"]) == (303, "/explore?q=a&b=c")
    assert locked.get(login.PATH, follow_redirects=False).headers["Location"] == "/"


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


@pytest.mark.parametrize(("vanishes", "statuses"), [(False, [408]), (True, [])])
def test_a_body_that_stops_ends_by_itself_and_is_no_bug(
    locked: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    vanishes: bool, statuses: list[int],
) -> None:  # fmt: skip
    monkeypatch.setattr(login, "_BODY_TIMEOUT_S", 0.05)
    sent: list[int] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"} if vanishes else await asyncio.Future()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    scope = {
        "type": "http", "method": "POST", "path": login.PATH, "query_string": b"", "scheme": "http",
        "headers": [(b"host", b"localhost"), (b"content-length", b"100")], "client": ("192.0.2.1", 1),
    }  # fmt: skip
    asyncio.run(locked.app(scope, receive, send))
    assert sent == statuses
    assert "request failed" not in caplog.text


def test_the_browser_keeps_a_session_for_two_weeks_and_its_device_for_a_year(locked: TestClient) -> None:
    answer = locked.post(login.PATH, json={"password": "open sesame"})
    kept = {line.partition("=")[0]: line for line in answer.headers.get_list("Set-Cookie")}
    lives = {credentials.COOKIE: 14 * 24 * 3600, devices.DEVICE_COOKIE: 365 * 24 * 3600}
    assert kept.keys() == lives.keys()
    for name, life_s in lives.items():
        assert set(kept[name].split("; ")[1:]) == {f"Max-Age={life_s}", "Path=/", "HttpOnly", "SameSite=lax"}
    (ended,) = locked.delete(login.PATH).headers.get_list("Set-Cookie")
    assert ended.startswith(f'{credentials.COOKIE}=""')
    assert {"Max-Age=0", "Path=/", "HttpOnly", "SameSite=lax"} <= set(ended.split("; "))


def test_who_opens_the_address_of_the_session_is_led_to_the_app(locked: TestClient) -> None:
    locked.post(login.PATH, json={"password": "open sesame"})
    led = locked.get(login.PATH, follow_redirects=False)
    assert (led.status_code, led.headers["Location"]) == (303, "/")
