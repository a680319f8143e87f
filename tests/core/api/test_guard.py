from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.access import TokenService
from core.accounts.actor import Actor
from core.api import credentials, guard
from core.api.credentials import TOKEN_HEADER
from core.config import Settings
from core.db import connect
from core.errors import ConfigurationError, StorageError
from core.services import Services


def _who(request: Request) -> Response:
    actor = request.scope["vitrine.actor"]
    return JSONResponse({"name": actor.name, "may_write": actor.may_write})


def _fails(request: Request) -> Response:
    raise StorageError("The disk is full.") if request.path_params["name"] == "disk" else RuntimeError("secret inside")


def _client(services: Services, hosts: tuple[str, ...] = ()) -> TestClient:
    route = Route(
        "/who/{name}",
        guard.AuthMiddleware(Route("/who/{name}", _who, methods=["GET", "POST"]).app, lambda: services, hosts),
    )
    return TestClient(Starlette(routes=[route]), base_url="http://localhost:8501")


@pytest.fixture
def local(services: Services) -> TestClient:
    return _client(services)


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    with connect() as db:
        assert isinstance(db.settings, Settings)
        yield _client(Services(db), ("*",))


def test_without_a_password_programs_on_this_machine_need_no_token(local: TestClient) -> None:
    assert local.post("/who/me").json() == {"name": "local", "may_write": True}


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:9", "[::1]:8501", "LOCALHOST"])
def test_host_names_of_this_machine_are_allowed(local: TestClient, host: str) -> None:
    assert local.get("/who/me", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.7:8501", "[::1", "", "a b"])
def test_other_host_names_are_refused(local: TestClient, host: str) -> None:
    answer = local.get("/who/me", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_host")


def test_configured_host_names_and_their_subdomains_are_allowed(services: Services) -> None:
    client = _client(services, ("vitrine.example", "*.lab.example"))
    assert client.get("/who/me", headers={"Host": "vitrine.example:443"}).status_code == 200
    assert client.get("/who/me", headers={"Host": "two.lab.example"}).status_code == 200
    assert client.get("/who/me", headers={"Host": "lab.example"}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost:8501"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_is_refused(local: TestClient, method: str, headers: dict[str, str]) -> None:
    answer = local.request(method, "/who/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_page")


def test_a_page_of_another_origin_is_refused_even_with_a_token(local: TestClient) -> None:
    headers = {"Origin": "https://evil.example", TOKEN_HEADER: credentials.page_token()}
    assert local.post("/who/me", headers=headers).status_code == 403


def test_a_page_of_the_same_origin_is_allowed(local: TestClient) -> None:
    headers = {"Origin": "http://localhost:8501", "Sec-Fetch-Site": "same-origin"}
    assert local.post("/who/me", headers=headers).status_code == 200


def test_with_a_password_a_request_without_credentials_is_refused(locked: TestClient) -> None:
    answer = locked.get("/who/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "not_signed_in"


def test_a_page_token_names_the_person_in_local_mode(local: TestClient) -> None:
    headers = {TOKEN_HEADER: credentials.page_token("ana")}
    assert local.post("/who/me", headers=headers).json() == {"name": "ana", "may_write": True}


def test_with_a_password_a_page_token_counts_for_nothing(locked: TestClient) -> None:
    assert locked.get("/who/me", headers={TOKEN_HEADER: credentials.page_token("ana")}).status_code == 401


@pytest.mark.parametrize("token", ["", "ana", "ImFuYSI.aaaa.bbbb", "ä"])
def test_a_forged_page_token_is_refused_also_without_a_password(local: TestClient, token: str) -> None:
    answer = local.get("/who/me", headers={TOKEN_HEADER.encode(): token.encode()})
    assert answer.status_code == 401


def test_a_page_token_expires(local: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    token = credentials.page_token()
    monkeypatch.setattr(credentials, "PAGE_TOKEN_LIFE_S", -1)
    assert local.get("/who/me", headers={TOKEN_HEADER: token}).status_code == 401


def test_a_check_inside_a_route_uses_the_actor_of_the_middleware(services: Services) -> None:
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")],
        "vitrine.database": services.db, "vitrine.hosts": ("localhost",),
        "vitrine.actor": Actor("link", may_write=False),
    }  # fmt: skip
    refused = guard.check(HTTPConnection(scope), write=True)
    assert isinstance(refused, Response)
    assert refused.status_code == 403
    assert guard.check(HTTPConnection(scope)) == Actor("link", may_write=False)


def test_a_bearer_token_identifies_the_actor_and_limits_it_to_its_scope(locked: TestClient, tmp_path: Path) -> None:
    with connect() as db:
        writer, reader = TokenService(db).make_token("robot"), TokenService(db).make_token("eye", "read")
    robot = {"Authorization": f"Bearer {writer.secret}"}
    assert locked.post("/who/me", headers=robot).json() == {"name": "robot", "may_write": True}
    eye = {"Authorization": f"Bearer {reader.secret}"}
    assert locked.get("/who/me", headers=eye).json() == {"name": "eye", "may_write": False}
    refused = locked.post("/who/me", headers=eye)
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic YTpi", "vitrine_x"])
def test_a_wrong_bearer_token_is_refused_also_without_a_password(local: TestClient, header: str) -> None:
    assert local.get("/who/me", headers={"Authorization": header}).status_code == 401


def test_without_a_password_a_connection_on_another_interface_is_refused(services: Services) -> None:
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")],
        "vitrine.database": services.db, "vitrine.hosts": ("localhost",), "server": ("192.168.1.7", 8501),
    }  # fmt: skip
    refused = guard.check(HTTPConnection(scope))
    assert isinstance(refused, Response)
    assert refused.status_code == 403


def test_without_a_password_a_client_that_a_proxy_names_is_refused(local: TestClient) -> None:
    answer = local.get("/who/me", headers={"X-Forwarded-For": "127.0.0.1, 192.0.2.7"})
    assert (answer.status_code, answer.json()["code"]) == (403, "open_door")
    assert local.get("/who/me", headers={"X-Forwarded-For": "127.0.0.1, ::1"}).status_code == 200


@pytest.fixture
def failing(services: Services) -> TestClient:
    route = Route("/who/{name}", guard.AuthMiddleware(Route("/who/{name}", _fails).app, lambda: services))
    return TestClient(Starlette(routes=[route]), base_url="http://localhost:8501")


def test_an_unexpected_error_shows_only_its_id_in_the_log(
    failing: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = failing.get("/who/me")
    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert "secret inside" not in answer.text
    assert answer.json()["error_id"] in answer.json()["detail"]
    assert f"request failed [{answer.json()['error_id']}]" in caplog.text


def test_an_expected_error_shows_its_message(failing: TestClient) -> None:
    answer = failing.get("/who/disk")
    assert (answer.status_code, answer.json()["detail"]) == (507, "The disk is full.")


def test_a_database_that_cannot_be_opened_is_an_error_response() -> None:
    def nowhere() -> Services:
        raise ConfigurationError("The tables are newer than this version.")

    route = Route("/who/{name}", guard.AuthMiddleware(Route("/who/{name}", _who).app, nowhere))
    answer = TestClient(Starlette(routes=[route]), base_url="http://localhost:8501").get("/who/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "configuration")
