"""Signing in by an OpenID provider in Chromium: one person, from the sign-in page to signing out."""

from pathlib import Path

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Page, expect

from core.db import connect
from core.services import Services
from tests.browser.driving import AppServer, settle

pytestmark = pytest.mark.browser


def test_a_person_of_the_provider_works_on_pages_api_and_websocket_until_signing_out(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # of the provider for tests, which has no TLS
    with connect(tmp_path / "data") as db:
        Services(db).accounts.create_account("root", "nine green bottles", is_admin=True)
        project_id = Services(db).projects.create_project("Shelf").id
    ana = User(sub="7f", claims={"preferred_username": "ana", "groups": ["annotators"]})
    with run_server_in_thread(user_claims=[ana]) as sso:
        settings = {
            "VITRINE_SIGN_IN": "accounts", "VITRINE_OIDC_ISSUER": f"http://localhost:{sso.server_port}",
            "VITRINE_OIDC_CLIENT_ID": "vitrine", "VITRINE_OIDC_CLIENT_SECRET": "secret",
            "VITRINE_OIDC_ROLES": '{"annotators": {"Shelf": "annotator"}}',
        }  # fmt: skip
        with AppServer.running(tmp_path, **settings) as app:
            page.goto(f"{app.url}/images?project={project_id}")
            page.get_by_role("link", name="Sign in with localhost").click()
            page.get_by_role("button", name="7f").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Images")
            assert page.url == f"{app.url}/images?project={project_id}"
            settle(page)
            me = page.evaluate("async () => (await fetch('/api/accounts/me')).json()")
            assert (me["name"], me["roles"]) == ("ana", {project_id: "annotator"})
            page.get_by_test_id("stSidebar").get_by_role("button", name="ana").click()
            expect(page.get_by_text("You sign in at localhost.")).to_be_visible()
            page.keyboard.press("Escape")

            page.get_by_role("button", name="Sign out", exact=True).click()
            expect(page.get_by_text("Sign in to use this Vitrine.")).to_be_visible()
            page.get_by_role("link", name="Sign in with localhost").click()
            assert "prompt=login" in page.url
        assert "Traceback" not in app.log_text()
