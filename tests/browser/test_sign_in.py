"""Signing in and out in Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import AppServer, settle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("server")
    with AppServer.running(directory, VITRINE_ACCESS_PASSWORD="open sesame") as app:
        yield app


def test_signing_in_opens_the_requested_page_and_signing_out_closes_it(locked: AppServer, page: Page) -> None:
    page.goto(f"{locked.url}/settings")
    expect(page.get_by_text("Sign in to use this Vitrine.")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)

    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the password. Try again.")

    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")

    page.reload()
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Sign in to use this Vitrine.")).to_be_visible()
