"""With a password, nothing of the running app answers strangers: pages, Streamlit's routes, files, API, websocket."""

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core.access import TokenService
from core.api import open_connections
from core.db import connect as connect_database
from tests.browser.driving import AppServer

PASSWORD = "open sesame"
BASE = "lab"
PATHS = (
    "", "explore", "settings", "_stcore/health", "_stcore/host-config", "_stcore/metrics", "_stcore/stream",
    "_stcore/script-health-check", "_stcore/upload_file/session/file", "_stcore/bidi-components/x/y.js",
    "_stcore/agent/openapi.json", "_stcore/agent/interact", "_stcore/agent/mcp", "media/x.png",
    "component/x/index.html", "static/index.js", "static/js/index.js", "favicon.png", "manifest.json", "index.html",
    "app/static/x", "oauth2callback", "auth/login", "api/projects", "api/openapi.json", "api/docs", "api/status",
    "ai/generated-images", "img/x/thumb", "exports/x", "uploads", "uploads/x", "desk/queue", "access/session",
    "access/oidc/start", "access/oidc/callback",
)  # fmt: skip
SPELLINGS = (
    "/lab/{}", "//lab//{}", "/lab/{}/", "/lab/./{}", "/lab/x/../{}", "/LAB/{}", "/lab/{}%20", "/lab/{};x=1",
    "/%6c%61%62/{}", "/lab/%2e/{}", "/lab%2F{}", "/lab/{}?s=x", "/{}", "/api/health/../../lab/{}", "/lab/api/health/{}",
)  # fmt: skip
CREDENTIALS = (
    {},
    {"Cookie": "vitrine-access=ImFuYSI.aaaa.bbbb; vitrine-device=ImFuYSI.aaaa"},
    {"Authorization": "Bearer vitrine_guess"},
    {"X-Vitrine-Token": "ImxvY2FsIg.aaaa.bbbb"},
    {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
)
SECRETS = ("streamlit", "Overview", "Curate", "Home.py", "uvicorn", "python")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("server")
    settings = {"VITRINE_ACCESS_PASSWORD": PASSWORD, "STREAMLIT_SERVER_BASE_URL_PATH": BASE}
    with AppServer.running(directory, **settings) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def person(app: AppServer) -> Iterator[httpx.Client]:
    """Return the browser of a person who has signed in, before any test guesses passwords."""
    with httpx.Client(base_url=f"{app.url}/{BASE}", timeout=60) as browser:
        browser.post("/access/session", json={"password": PASSWORD, "name": "Ana"}).raise_for_status()
        yield browser


def _request(app: AppServer, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Send a path as it is written: other clients resolve its dots."""
    connection = http.client.HTTPConnection(str(urlsplit(app.url).netloc), timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def _stream(app: AppServer, **headers: str) -> ClientConnection:
    address = f"{app.url.replace('http', 'ws')}/{BASE}/_stcore/stream"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return connect(address, additional_headers=named, compression=None)


def _cookie(browser: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


@pytest.mark.parametrize("credentials", CREDENTIALS, ids=["none", "cookies", "bearer", "page token", "browser"])
def test_no_path_in_any_spelling_tells_a_stranger_anything(app: AppServer, credentials: dict[str, str]) -> None:
    is_browser = "Accept" in credentials
    for method in ("GET",) if is_browser else ("GET", "POST", "PUT", "OPTIONS"):
        for path in PATHS:
            for spelling in SPELLINGS:
                written = spelling.format(path)
                if path == "access/session" and method == "POST":
                    continue  # some of the spellings are the route that signs in
                status, headers, body = _request(app, method, written, credentials)
                assert status == 401, (method, written, status)
                assert ("<form" in body) is is_browser, (method, written)
                shown = body.replace(written, "").lower()
                assert not [secret for secret in SECRETS if secret.lower() in shown], (method, written, body)
                assert "set-cookie" not in headers


def test_the_health_checks_are_open_and_say_no_facts(app: AppServer) -> None:
    answers = {
        path: _request(app, "GET", f"/{BASE}{path}", {"Host": "10.1.2.3"})[::2]
        for path in ("/api/health", "/api/ready")
    }
    assert answers == {"/api/health": (200, '{"status":"ok"}'), "/api/ready": (200, '{"status":"ready"}')}


def test_nobody_stores_a_byte_without_signing_in(app: AppServer) -> None:
    with httpx.Client(base_url=f"{app.url}/{BASE}", timeout=60) as stranger:
        for method, path in (("PUT", "/_stcore/upload_file/a/b"), ("POST", "/api/projects/a/images")):
            answer = stranger.request(method, path, files={"file": ("a.bin", b"x" * 2_000_000)})
            assert answer.status_code == 401
    assert app.process.poll() is None


def test_no_websocket_is_accepted_without_a_session(app: AppServer, person: httpx.Client) -> None:
    with connect_database(app.data_dir) as db:
        token = TokenService(db).make_token("robot").secret
    own = f"{app.url}"
    for headers in (
        {},
        {"Origin": own},
        {"Origin": own, "Cookie": "vitrine-access=x"},
        {"Origin": own, "Authorization": f"Bearer {token}"},
        {"Origin": "http://127.0.0.1:1", "Cookie": _cookie(person)},
        {"Origin": "null", "Cookie": _cookie(person)},
        {"Origin": own.replace("http:", "https:"), "Cookie": _cookie(person)},
    ):
        with pytest.raises(InvalidStatus, match="403"):
            _stream(app, **headers)
    with _stream(app, Origin=own, Cookie=_cookie(person)):
        pass


def test_a_token_opens_the_routes_for_programs_and_no_page(app: AppServer) -> None:
    with connect_database(app.data_dir) as db:
        bearer = {"Authorization": f"Bearer {TokenService(db).make_token('robot').secret}"}
    for path, expected in (
        ("/api/projects", 200),
        ("/", 401),
        ("/_stcore/host-config", 401),
        ("/_stcore/metrics", 401),
    ):
        assert httpx.get(f"{app.url}/{BASE}{path}", headers=bearer).status_code == expected, path


def test_a_signed_in_person_gets_pages_files_and_streamlits_routes(app: AppServer, person: httpx.Client) -> None:
    for path in ("/", "/explore", "/_stcore/health", "/_stcore/host-config", "/api/projects", "/favicon.png"):
        assert person.get(path).status_code == 200, path


def test_a_proxy_that_drops_the_websocket_upgrade_is_told_so(person: httpx.Client) -> None:
    answer = person.get("/_stcore/stream")
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
    assert answer.json()["detail"] == (
        "The page's connection arrived without its websocket upgrade. Let the proxy pass Upgrade and Connection on;"
        " docs/deploy has working files."
    )


def test_a_link_on_another_site_opens_a_page_but_no_route(app: AppServer, person: httpx.Client) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert person.get("/explore", headers=link).status_code == 200
    assert person.get("/api/projects", headers=link).status_code == 403
    assert person.get("/explore", headers=link | {"Sec-Fetch-Dest": "iframe"}).status_code == 403


def test_signing_out_closes_the_websockets_of_the_session_and_no_others(app: AppServer, person: httpx.Client) -> None:
    signed_in = httpx.post(
        f"{app.url}/{BASE}/access/session", json={"password": PASSWORD}, headers={"Cookie": _cookie(person)}
    )
    cookie = {"Cookie": f"vitrine-access={signed_in.cookies['vitrine-access']}"}
    with (
        _stream(app, Origin=app.url, **cookie) as ending,
        _stream(app, Origin=app.url, Cookie=_cookie(person)) as staying,
    ):
        assert httpx.delete(f"{app.url}/{BASE}/access/session", headers=cookie).status_code == 204
        assert httpx.get(f"{app.url}/{BASE}/api/projects", headers=cookie).status_code == 401
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                ending.recv(timeout=20 * open_connections.CHECK_INTERVAL_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == open_connections.SIGNED_OUT
        assert staying.ping().wait(20)


def test_parallel_wrong_passwords_are_counted_before_they_are_checked(app: AppServer, person: httpx.Client) -> None:
    """Whatever address the guesser claims to have; the person who has signed in before is not locked out."""
    statuses = _guess(f"{app.url}/{BASE}", 60)
    assert sorted(set(statuses)) == [401, 429]
    assert statuses.count(401) <= 10
    assert person.post("/access/session", json={"password": PASSWORD}).status_code == 204


@pytest.mark.prove
def test_of_300_parallel_wrong_passwords_at_most_ten_are_checked(tmp_path_factory: pytest.TempPathFactory) -> None:
    with AppServer.running(tmp_path_factory.mktemp("server"), VITRINE_ACCESS_PASSWORD=PASSWORD) as app:
        began = time.monotonic()
        statuses = _guess(app.url, 300)
        print(f"{statuses.count(401)} checked of 300 in {time.monotonic() - began:.1f} s")
        assert statuses.count(401) <= 10
        assert statuses.count(429) == 300 - statuses.count(401)


def _guess(url: str, count: int) -> list[int]:
    def guess(number: int) -> int:
        headers = {"X-Forwarded-For": f"192.0.2.{number % 250}", "X-Real-IP": f"192.0.2.{number % 250}"}
        answer = httpx.post(f"{url}/access/session", json={"password": str(number)}, headers=headers, timeout=60)
        assert (answer.status_code == 429) is ("Retry-After" in answer.headers)
        return answer.status_code

    with ThreadPoolExecutor(30) as threads:
        return list(threads.map(guess, range(count)))
