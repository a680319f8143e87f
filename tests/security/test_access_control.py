"""Every route refuses other origins, unknown host names and, with a password, requests without credentials."""

from collections.abc import Iterator
from functools import cache

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from core import ProjectService, connect, ownership
from core.api import build_routes
from core.services import Services
from tests import described

SOME_ID = "a" * 21
# Ids of what belongs to no project.
OF_THE_SERVER = ("account_id", "invitation_id", "token_id", "profile")
# The sign-in route and invitations need no credentials; pages of other origins may not call it either.
PUBLIC_PATHS = (
    "/access/session", f"/access/invitation/{SOME_ID}", "/access/oidc/start", "/access/oidc/callback",
)  # fmt: skip
# Say nothing about the server, so that a supervisor can ask without a token and by any name.
OPEN_PATHS = ("/api/health", "/api/ready")


@cache
def every_route() -> tuple[tuple[str, str], ...]:
    """Return method and path of every route except the pages, with an id for each path parameter."""
    found = [(method.upper(), path) for path, methods in described.paths().items() for method in methods]
    found += [("GET", "/api/openapi.json"), ("GET", "/api/docs"), ("POST", "/api/nothing"), ("GET", "/ai/nothing")]
    for route in build_routes(lambda: None):
        assert isinstance(route, Route)
        if "{rest:" not in route.path and route.path not in OPEN_PATHS:
            found += [(method, route.path) for method in route.methods or () if method != "HEAD"]
    files = ("upload_id", "size", "level", "x", "y")
    parameters = (*ownership.OWNED, *OF_THE_SERVER, *files, "project_id", "check", "secret", "view")
    return tuple(sorted((method, _filled(path, parameters)) for method, path in found))


def _filled(path: str, parameters: tuple[str, ...]) -> str:
    for name in parameters:
        path = path.replace(f"{{{name}}}", "thumb" if name == "size" else SOME_ID)
    assert "{" not in path
    return path


def _route_id(route: tuple[str, str]) -> str:
    return " ".join(route)


def test_the_list_of_routes_is_complete() -> None:
    assert len(every_route()) > 45
    assert ("POST", "/desk/decide") in every_route()
    assert ("GET", f"/img/{SOME_ID}/thumb") in every_route()
    assert ("GET", f"/img/{SOME_ID}/tile/{SOME_ID}/{SOME_ID}/{SOME_ID}") in every_route()


@pytest.mark.parametrize("route", every_route(), ids=_route_id)
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, "foreign_host"),
        ({"Host": "localhost.evil.example:8501"}, "foreign_host"),
        ({"Origin": "https://evil.example"}, "foreign_page"),
        ({"Origin": "null"}, "foreign_page"),
        ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, "foreign_page"),
        ({"Sec-Fetch-Site": "cross-site"}, "foreign_page"),
    ],
    ids=["other host", "host with our name as prefix", "origin", "null origin", "other port", "fetch metadata"],
)
def test_every_route_refuses_unknown_hosts_and_other_origins(
    unlocked: TestClient, route: tuple[str, str], headers: dict[str, str], code: str
) -> None:
    answer = unlocked.request(*route, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, code)


@pytest.mark.parametrize("route", every_route(), ids=_route_id)
def test_with_a_password_every_route_refuses_invalid_credentials(locked: TestClient, route: tuple[str, str]) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer vitrine_guess"},
        {"X-Vitrine-Token": "guess"},
        {"Cookie": "vitrine-access=x"},
    ):
        answer = locked.request(*route, headers=headers)
        if route[1] in PUBLIC_PATHS:
            assert "Set-Cookie" not in answer.headers or "Max-Age=0" in answer.headers["Set-Cookie"]
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


@pytest.fixture(scope="module")
def unlocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield from _client(tmp_path_factory)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
        yield from _client(tmp_path_factory)


def _client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Yield a client with one database for the whole module; check afterwards that no project was created."""
    with connect(tmp_path_factory.mktemp("data")) as db:
        services = Services(db)
        with TestClient(Starlette(routes=build_routes(lambda: services)), base_url="http://localhost:8501") as client:
            yield client
        assert ProjectService(db).list_projects() == []
