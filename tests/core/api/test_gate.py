"""The gate in front of an application, as the server puts it: with a password, proxies and a base path."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from core import app
from core.access import SignInService
from core.accounts.actor import Actor
from core.api import credentials, open_connections
from core.config import load_settings
from core.db import connect
from core.db.migrate import NEWER_DATABASE
from core.runtime import runtime

PASSWORD = "open sesame"
SIGN_IN = "/access/session"
STREAM = "ws://localhost:8501"
OpenGate = Callable[..., TestClient]


async def _page(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.scheme} {request.headers['Host']} {request.client and request.client.host}")


async def _stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    if "echo" in socket.query_params:
        await socket.send_text(await socket.receive_text())
    await socket.close()


@pytest.fixture
def open_gate(monkeypatch: pytest.MonkeyPatch) -> OpenGate:
    """Return a client of the whole server: ``open_gate(base="", peer="127.0.0.1", VITRINE_ACCESS_PASSWORD=…)``."""

    def make(base: str = "", peer: str = "127.0.0.1", **environment: str) -> TestClient:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        pages = [WebSocketRoute(f"{base}/_stcore/stream", _stream), Route("/{rest:path}", _page)]
        hosts = ["localhost", "vitrine.example"]
        settings = load_settings() if environment else None
        gate = app.gate(settings, base_path=base, allowed_hosts=hosts)
        server = Starlette(routes=pages, middleware=[gate, app.own_routes(base_path=base, allowed_hosts=hosts)])
        return TestClient(server, base_url="http://localhost:8501", client=(peer, 5000))

    return make


@contextmanager
def _refused() -> Iterator[None]:
    with pytest.raises(WebSocketDisconnect):
        yield


def test_without_a_password_a_page_needs_no_settings_and_no_database(open_gate: OpenGate) -> None:
    client = open_gate()
    assert client.get("/explore").text == "http localhost:8501 127.0.0.1"
    assert runtime.opened_database() is None
    with client.websocket_connect(f"{STREAM}/_stcore/stream", headers={"Origin": "http://localhost:8501"}) as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost:8625"}, {"Origin": "null"}, {"Host": "evil.example"}], ids=str
)
def test_without_a_password_other_origins_and_hosts_are_refused_everywhere(
    open_gate: OpenGate, headers: dict[str, str]
) -> None:
    client = open_gate()
    for path in ("/", "/_stcore/health", "/api/projects", "/static/index.js"):
        assert client.get(path, headers=headers).status_code == 403, path
    with _refused(), client.websocket_connect(f"{STREAM}/_stcore/stream", headers=headers):
        pass


def test_without_a_password_no_proxy_lets_other_machines_in(open_gate: OpenGate) -> None:
    answer = open_gate().get("/", headers={"X-Forwarded-For": "192.0.2.7"})
    assert (answer.status_code, answer.json()["code"]) == (403, "open_door")


@pytest.mark.parametrize("base", ["", "/lab"])
def test_with_a_password_a_page_asks_for_it_and_opens_afterwards(open_gate: OpenGate, base: str) -> None:
    client = open_gate(base, VITRINE_ACCESS_PASSWORD=PASSWORD)
    asked = client.get(f"{base}/explore?q=a", headers={"Accept": "text/html"})
    assert asked.status_code == 401
    assert f'action="{base}{SIGN_IN}"' in asked.text
    assert f'name="next" value="{base}/explore?q=a"' in asked.text
    with _refused(), client.websocket_connect(f"{STREAM}{base}/_stcore/stream"):
        pass
    fields = {"password": PASSWORD, "next": f"{base}/explore?q=a"}
    assert client.post(f"{base}{SIGN_IN}", data=fields).text.startswith("http localhost:8501")
    with client.websocket_connect(f"{STREAM}{base}/_stcore/stream") as socket:
        assert socket.receive_text() == "hello"


def test_until_there_is_an_account_the_sign_in_page_says_how_to_make_one(open_gate: OpenGate) -> None:
    client = open_gate(VITRINE_SIGN_IN="accounts")
    browser = {"Accept": "text/html"}
    assert "vitrine user add NAME --admin" in client.get("/", headers=browser).text
    runtime.services.accounts.create_account("root", PASSWORD, is_admin=True)
    assert "<p>Sign in to use this Vitrine.</p>" in client.get("/", headers=browser).text


def test_a_page_behind_a_trusted_proxy_has_the_origin_that_the_browser_sees(open_gate: OpenGate) -> None:
    client = open_gate(peer="10.0.0.1", VITRINE_ACCESS_PASSWORD=PASSWORD, VITRINE_TRUSTED_PROXIES="10.0.0.0/8, ::1")
    proxy = {
        "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "vitrine.example",
        "Origin": "https://vitrine.example",
    }  # fmt: skip
    signed_in = client.post(SIGN_IN, json={"password": PASSWORD}, headers=proxy)
    assert signed_in.status_code == 204
    assert "Secure" in signed_in.headers["Set-Cookie"]
    cookie = {"Cookie": f"vitrine-access={signed_in.cookies['vitrine-access']}"}
    assert client.get("/", headers=proxy | cookie).text == "https vitrine.example 192.0.2.7"
    with client.websocket_connect(f"{STREAM}/_stcore/stream", headers=proxy | cookie) as socket:
        assert socket.receive_text() == "hello"
    for wrong in ({"Origin": "http://vitrine.example"}, {"X-Forwarded-Host": "evil.example"}):
        assert client.get("/", headers=proxy | cookie | wrong).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "headers", "said"),
    [
        ("GET", "/explore", {"Host": "wrong.example"}, "Add it to server.allowedHosts"),
        ("POST", SIGN_IN, {"Host": "vitrine.example", "Origin": "https://vitrine.example"}, "VITRINE_TRUSTED_PROXIES"),
    ],
)
def test_a_person_reads_a_refusal_as_a_page_and_a_program_as_json(
    open_gate: OpenGate, method: str, path: str, headers: dict[str, str], said: str
) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    for browser in ({"Sec-Fetch-Mode": "navigate"}, {"Accept": "text/html,*/*"}):
        page = client.request(method, path, headers=headers | browser)
        assert (page.status_code, page.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
        assert '<p role="alert">' in page.text
        assert said in page.text
    program = client.request(method, path, headers=headers | {"Sec-Fetch-Mode": "cors", "Accept": "text/html"})
    assert program.status_code == 403
    assert said in program.json()["detail"]


def test_a_page_that_is_open_after_the_session_is_told_to_reload(open_gate: OpenGate) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    assert client.get("/_stcore/health").json()["detail"] == "You are signed out. Reload to sign in."
    assert "Authorization: Bearer" in client.get("/api/projects").json()["detail"]


def test_twenty_people_behind_one_proxy_have_attempts_of_their_own(open_gate: OpenGate) -> None:
    client = open_gate(peer="10.0.0.1", VITRINE_ACCESS_PASSWORD=PASSWORD, VITRINE_TRUSTED_PROXIES="10.0.0.1")

    def attempt(forwarded_for: str, password: str) -> int:
        client.cookies.clear()
        headers = {"X-Forwarded-For": forwarded_for}
        return client.post(SIGN_IN, json={"password": password}, headers=headers).status_code

    # The guesser writes another address in front each time; the proxy adds the real one.
    guesses = [attempt(f"203.0.113.{number}, 192.0.2.66", "wrong") for number in range(8)]
    assert guesses == [401] * 5 + [429] * 3
    for person in range(20):
        assert [attempt(f"192.0.2.{person}", password) for password in ("wrong", "wrong", PASSWORD)] == [401, 401, 204]


def test_forged_headers_give_no_attempts_without_a_trusted_proxy(open_gate: OpenGate) -> None:
    client = open_gate(peer="192.0.2.66", VITRINE_ACCESS_PASSWORD=PASSWORD)
    names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP", "X-Forwarded-Host")
    guesses = [
        client.post(SIGN_IN, json={"password": "x"}, headers=dict.fromkeys(names, f"192.0.2.{number}")).status_code
        for number in range(8)
    ]
    assert guesses == [401] * 5 + [429] * 3


def test_addresses_of_one_ipv6_network_share_their_attempts(open_gate: OpenGate) -> None:
    client = open_gate(peer="10.0.0.1", VITRINE_ACCESS_PASSWORD=PASSWORD, VITRINE_TRUSTED_PROXIES="10.0.0.1")
    guesses = [
        client.post(SIGN_IN, json={"password": "x"}, headers={"X-Forwarded-For": f"2001:db8::{number}"}).status_code
        for number in range(8)
    ]
    assert guesses == [401] * 5 + [429] * 3


@pytest.mark.parametrize("path", ["/img/nobody/thumb", "/img/nobody/tile/0/1/2"])
@pytest.mark.parametrize("base", ["", "/lab"])
def test_a_signed_address_passes_the_gate_also_below_a_base_path(open_gate: OpenGate, base: str, path: str) -> None:
    client = open_gate(base, VITRINE_ACCESS_PASSWORD=PASSWORD)
    token = runtime.services.tokens.make_token("robot").row
    signature = credentials.signature(path, Actor("robot", credential=f"token:{token.id}"))
    assert client.get(f"{base}{path}?s={signature}").json()["code"] == "not_found"
    assert client.get(f"{base}{path.replace('nobody', 'other')}?s={signature}").status_code == 401
    assert client.get(f"{base}{path}").status_code == 401


@pytest.mark.parametrize("prefix", app.PREFIXES)
def test_a_token_opens_no_page_at_the_name_of_a_prefix(open_gate: OpenGate, prefix: str) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    bearer = {"Authorization": f"Bearer {runtime.services.tokens.make_token('robot').secret}"}
    assert client.get("/api/projects", headers=bearer).status_code == 200
    assert client.get(f"/{prefix}", headers=bearer).status_code == 401


def test_what_a_signed_in_person_gets_is_kept_by_no_shared_cache_and_framed_by_no_other_page(
    open_gate: OpenGate,
) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    client.post(SIGN_IN, json={"password": PASSWORD})
    for path in ("/explore", "/api/projects", "/api/projects"):  # the second time from the cache of responses
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers.get_list("Cache-Control") == ["private, no-cache"]
        assert answer.headers.get_list("X-Frame-Options") == ["SAMEORIGIN"]


def test_every_response_has_the_id_of_its_request(open_gate: OpenGate) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    for path in ("/api/health", "/api/projects", "/", "/img/none/thumb"):
        given = client.get(path, headers={"X-Request-Id": "from-the-proxy-1"})
        assert given.headers["X-Request-Id"] == "from-the-proxy-1"
        assert len(client.get(path, headers={"X-Request-Id": "bad id"}).headers["X-Request-Id"]) == 16


def test_a_database_of_a_newer_version_is_refused_with_what_to_do(open_gate: OpenGate) -> None:
    with connect() as db, db.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    client = open_gate()
    refused = client.get("/api/projects")
    assert (refused.status_code, refused.json()["detail"]) == (503, NEWER_DATABASE)
    assert (client.get("/api/health").status_code, client.get("/api/ready").json()) == (200, {"status": "unavailable"})


def test_a_link_on_another_site_leads_to_a_page_and_to_nothing_for_programs(open_gate: OpenGate) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/explore", headers=link).status_code == 401  # asks for the password
    for path in ("/api/projects", "/img/nobody/thumb", "/access/oidc/start", "/access/invitation/guessed"):
        assert client.get(path, headers=link).status_code == 403, path


def test_a_stream_without_its_upgrade_is_said_to_the_browser_and_once_in_the_log(
    open_gate: OpenGate, caplog: pytest.LogCaptureFixture
) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    client.post(SIGN_IN, json={"password": PASSWORD})
    for _ in range(2):
        answer = client.get("/_stcore/stream")
        assert (answer.status_code, answer.json()["code"]) == (426, "upgrade_required")
        assert (answer.headers["Upgrade"], answer.headers["Connection"]) == ("websocket", "Upgrade")
    said = [record.message for record in caplog.records if "websocket upgrade" in record.message]
    assert len(said) == 1


def test_strangers_may_sign_in_and_out_and_not_look_who_is(open_gate: OpenGate) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    assert client.get(SIGN_IN).status_code == 401
    assert client.delete(SIGN_IN).status_code == 204
    assert client.post(SIGN_IN, json={"password": "wrong"}).status_code == 401


def test_a_page_stays_open_as_long_as_its_own_session(open_gate: OpenGate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_connections, "CHECK_INTERVAL_S", 0.02)
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    address = f"{STREAM}/_stcore/stream?echo"

    def signed_in() -> dict[str, str]:
        client.cookies.clear()
        cookie = client.post(SIGN_IN, json={"password": PASSWORD}).cookies[credentials.COOKIE]
        client.cookies.clear()
        return {"Cookie": f"{credentials.COOKIE}={cookie}"}

    ending, staying = signed_in(), signed_in()
    with (
        client.websocket_connect(address, headers=ending) as first,
        client.websocket_connect(address, headers=staying) as second,
    ):
        assert [socket.receive_text() for socket in (first, second)] == ["hello"] * 2
        assert client.delete(SIGN_IN, headers=ending).status_code == 204
        with pytest.raises(WebSocketDisconnect) as closed:
            first.receive_text()
        assert closed.value.code == open_connections.SIGNED_OUT
        second.send_text("still here")
        assert second.receive_text() == "still here"


def test_an_address_that_a_session_signed_ends_with_the_session(open_gate: OpenGate) -> None:
    client = open_gate(VITRINE_ACCESS_PASSWORD=PASSWORD)
    client.post(SIGN_IN, json={"password": PASSWORD})
    actor = credentials.session_actor(runtime.database, client.cookies[credentials.COOKIE])
    assert actor is not None
    path = "/img/nobody/thumb"
    signed = f"{path}?s={credentials.signature(path, actor)}"
    client.cookies.clear()
    assert client.get(signed).status_code == 404  # whoever has it may look; there is no such image
    SignInService(runtime.database).end(actor.credential.removeprefix("session:"))
    credentials.sessions_ended()
    assert client.get(signed).status_code == 401
