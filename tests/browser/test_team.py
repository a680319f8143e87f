"""Guidelines on the page Team in Chromium: the preview stays in its frame."""

import pytest
from playwright.sync_api import Page, expect

from core.db import connect
from core.services import Services
from tests.browser.driving import AppServer, settle
from tests.core.images.pictures import drawn, encoded

pytestmark = pytest.mark.browser


def test_an_image_that_is_added_to_guidelines_closes_its_form_and_fits_the_preview(
    server: AppServer, page: Page
) -> None:
    with connect(server.data_dir) as db:
        project = Services(db).projects.create_project("Shelf")
    page.goto(f"{server.url}/team?project={project.id}")
    settle(page)
    page.get_by_role("button", name="Add an image").click()
    wide = encoded(drawn(1).resize((1600, 900)), "PNG")
    page.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": wide})
    expect(page.get_by_text("a.png")).to_be_visible()
    page.get_by_role("button", name="Add to the text").click()
    shown = page.get_by_alt_text("a.png")
    expect(shown).to_be_visible()
    expect(page.get_by_role("button", name="Add to the text")).to_be_hidden()
    assert shown.evaluate("image => image.clientWidth <= image.closest('article').clientWidth")
    expect(shown).to_have_css("border-radius", "4px")
