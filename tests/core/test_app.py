"""Start-up and shutdown of the server process."""

import time
from collections.abc import Iterator

import pytest

from core import app, interpreter
from core.errors import StorageError
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
