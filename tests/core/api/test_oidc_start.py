"""How the browser is sent to an OpenID provider: what its cookie keeps, and how often it may come back."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from core.api import attempts
from core.api.oidc.routes import FLOW_COOKIE
from core.api.oidc.sealing import unseal
from core.services import Services
from tests.core.api.test_oidc import START, _sign_in, browser, people, provider  # noqa: F401 - fixtures
from tests.oidc import FakeProvider


def _flow(people: Services, browser: TestClient, **query: str) -> dict[str, Any]:  # noqa: F811
    browser.get(START, params=query)
    flow = unseal(people.db.settings, browser.cookies[FLOW_COOKIE], 60)
    assert isinstance(flow, dict)
    return flow


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_the_cookie_is_for_this_browser_alone_and_its_scripts_cannot_read_it(
    browser: TestClient,  # noqa: F811
    scheme: str,
    is_secure: bool,
) -> None:
    cookie = browser.get(f"{scheme}://localhost:8501{START}").headers["Set-Cookie"]
    attributes = {one.strip() for one in cookie.split(";")[1:]}
    wanted = {"HttpOnly", "Max-Age=600", "Path=/access/oidc", "SameSite=lax"}
    assert attributes == wanted | ({"Secure"} if is_secure else set())


@pytest.mark.parametrize(("chars", "kept"), [(1_500, 1_500), (1_501, 0)])
def test_a_page_is_remembered_unless_its_address_is_too_long(
    people: Services,  # noqa: F811
    browser: TestClient,  # noqa: F811
    chars: int,
    kept: int,
) -> None:
    assert len(_flow(people, browser, next="/".ljust(chars, "x"))["next"]) == kept


def test_an_invitation_is_remembered_when_there_is_one(people: Services, browser: TestClient) -> None:  # noqa: F811
    assert "invitation" not in _flow(people, browser)
    assert _flow(people, browser, invitation="secret")["invitation"] == "secret"


def test_whoever_signs_in_again_and_again_does_not_wait(
    browser: TestClient,  # noqa: F811
    provider: FakeProvider,  # noqa: F811
) -> None:
    assert [_sign_in(browser, provider).status_code for _ in range(7)] == [303] * 7


def test_strangers_share_what_unknown_devices_may_try(
    browser: TestClient,  # noqa: F811
    provider: FakeProvider,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "UNKNOWN_BURST", 0)
    assert _sign_in(browser, provider).status_code == 429


def test_only_whoever_signed_out_here_is_asked_for_the_password_again(browser: TestClient) -> None:  # noqa: F811
    assert "prompt=login" not in browser.get(START).headers["Location"]
