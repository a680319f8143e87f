"""Start-up and shutdown of the server process."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import app, interpreter
from core.errors import StorageError
from core.lazy import Lazy
from core.runtime import Runtime, runtime
from core.warmup import WarmUp


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Replace warm-up and closing by slow steps; return the list in which each records its end."""
    ended: list[str] = []

    def slow(name: str) -> None:
        time.sleep(0.2)
        ended.append(name)

    warm_up = WarmUp(lambda: slow("warm-up"), lambda: slow("next page"), lambda: iter([lambda: slow("later")]))
    monkeypatch.setattr(runtime, "warm_up", warm_up)
    monkeypatch.setattr(Runtime, "close", lambda _self: slow("runtime"))
    yield ended
    monkeypatch.undo()
    interpreter.reset()


async def test_the_shutdown_waits_for_the_warm_up_and_then_closes_the_runtime(order: list[str]) -> None:
    async with app.lifespan(None):
        pass
    assert order == ["warm-up", "runtime"]


@pytest.mark.parametrize("address", [None, "", "0.0.0.0"])  # noqa: S104
def test_a_public_address_without_a_password_ends_the_process(address: str | None) -> None:
    with pytest.raises(SystemExit, match="Set VITRINE_ACCESS_PASSWORD"):
        app.access_settings(address)


def test_a_public_name_without_a_password_ends_the_process_on_a_loopback_address_too() -> None:
    with pytest.raises(SystemExit, match=r"does not answer to vitrine.example.org without a password"):
        app.access_settings("127.0.0.1", ["localhost", "vitrine.example.org"])


def test_a_loopback_address_needs_no_password_and_no_settings() -> None:
    assert app.access_settings("127.0.0.1", ["localhost", "127.0.0.1"]) is None
    assert app.access_settings("127.0.0.1", ["localhost", "::1"]) is None


@pytest.mark.parametrize("variable", ["VITRINE_ACCESS_PASSWORD", "vitrine_access_password"])
def test_a_password_is_noticed_on_a_loopback_address_too(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "open sesame")
    settings = app.access_settings("127.0.0.1")
    assert settings is not None
    assert settings.access_password is not None


def test_an_empty_password_ends_the_process_instead_of_letting_everybody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "")
    with pytest.raises(SystemExit, match="the password is empty"):
        app.access_settings("127.0.0.1")


def test_what_a_person_can_mend_is_logged_in_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def refused() -> None:
        raise StorageError("The database cannot be opened.")

    WarmUp(refused, lambda: None, lambda: iter(())).run()
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [
        ("The database cannot be opened.", None)
    ]


async def _seen(application: Any, type_: str, path: str) -> dict[str, Any] | None:
    """Return the scope in which the routes below the prefixes see a request; None when it is the page's."""
    seen: list[dict[str, Any]] = []

    async def routes(scope: dict[str, Any], _receive: object, _send: object) -> None:
        seen.append(scope)

    application._routes = Lazy(lambda: routes)
    await application({"type": type_, "path": path, "root_path": "/proxy"}, None, None)
    return seen[0] if seen else None


@pytest.mark.parametrize("base", ["", "/lab"])
async def test_routes_beside_the_pages_are_those_below_a_prefix(base: str) -> None:
    async def page(_scope: object, _receive: object, _send: object) -> None:
        return

    application = app._OwnRoutes(page, base, [])
    for type_ in ("http", "websocket"):
        scope = await _seen(application, type_, f"{base}/api/projects")
        assert scope is not None
        assert scope["root_path"] == f"/proxy{base}"
    for type_, path in (("lifespan", f"{base}/api/x"), ("http", f"{base}/api"), ("http", f"{base}/explore")):
        assert await _seen(application, type_, path) is None
    if base:
        assert await _seen(application, "http", "/api/projects") is None


@pytest.mark.parametrize("base", ["", "lab"])
def test_the_photographs_of_the_first_screen_are_served(base: str) -> None:
    names = sorted(path.name for path in (Path(app.__file__).parent / "sample" / "thumbnails").iterdir())
    client = TestClient(Starlette(routes=[app.sample_route(base)]))
    prefix = f"/{base}" if base else ""
    assert client.get(f"{prefix}/sample/{names[0]}").status_code == 200
    assert client.get(f"{prefix}/sample/none.jpg").status_code == 404
