"""The frame around every page in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from pages import PAGES
from pages.components.shared import streamlit_private
from tests.browser.driving import ROOT, AppServer, settle
from tests.pictures import png

pytestmark = pytest.mark.browser


def test_the_root_address_opens_the_overview(server: AppServer, page: Page) -> None:
    page.goto(server.url)
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_a_deep_link_is_drawn_with_the_frame(server: AppServer, page: Page) -> None:
    page.goto(f"{server.url}/upload")
    settle(page)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_test_id("stPageLink")).to_have_count(sum(not entry.needs_accounts for entry in PAGES))
    expect(page).to_have_title("Upload · Vitrine")


def test_the_tab_has_the_icon_and_the_sidebar_the_wordmark(server: AppServer, page: Page) -> None:
    page.goto(server.url)
    settle(page)
    icon = (ROOT / "pages" / "assets" / "vitrine.png").read_bytes()
    address = page.locator("link[rel~=icon]").first.evaluate("link => link.href")
    assert address == f"{server.url}/favicon.png"
    assert page.request.get(address).body() == icon
    expect(page.get_by_test_id("stSidebar").get_by_alt_text("Vitrine")).to_be_visible()


def test_a_link_to_the_current_page_removes_the_open_task_from_the_address(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        project_id = ProjectService(db).create_project("Shelf").id
        ImageService(db).intake.add_images(project_id, [("red.png", png("red"))])
    page.goto(f"{server.url}/generate?project={project_id}")
    page.get_by_role("button", name="Generate for 1 image").click()
    expect(page.get_by_text("Completed: 1 image")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="New recipe").click()
    expect(page).to_have_url(re.compile(rf"/generate\?project={project_id}$"))
    settle(page)
    page.get_by_text("Change the recipe").click()
    page.get_by_role("button", name="count", exact=True).click()
    expect(page.get_by_role("button", name="count", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Generate for 1 image")).to_be_visible()


def test_back_leads_to_the_page_that_was_left_as_it_was(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        project_id = ProjectService(db).create_project("Left").id
        image = ImageService(db).intake.add_images(project_id, [("red.png", png("red"))])[0].image
        assert image is not None
        ImageDatasetService(db).create_dataset_entry(project_id, image.id, "What?", "2", "m", kind="count")
    left = f"{server.url}/explore?project={project_id}&as=Entries&q=kind%3Acount"
    page.goto(left)
    settle(page)
    for move, address in (
        (page.get_by_role("link", name="Check"), f"/check?project={project_id}"),
        (page.get_by_role("button", name="Review 1"), f"/curate?project={project_id}&q=kind%3Acount"),
    ):
        move.click()
        expect(page).to_have_url(server.url + address)
        settle(page)
        page.go_back()
        expect(page).to_have_url(left)
        settle(page)
        expect(page.locator("input[aria-label=Search]")).to_have_value("kind:count")


def test_a_part_that_answers_when_its_page_is_left_does_not_empty_the_next_one(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        project_id = ProjectService(db).create_project("Late").id
        image = ImageService(db).intake.add_images(project_id, [("red.png", png("red"))])[0].image
        assert image is not None
        ImageDatasetService(db).create_dataset_entry(project_id, image.id, "What?", "2", "m")
    page.goto(f"{server.url}/explore?project={project_id}")
    settle(page)
    page.get_by_role("link", name="Check").click()
    below = page.locator("//h2[contains(., 'Are the answers right?')]/following::button").first
    expect(below).to_be_visible()
    settle(page)
    below.evaluate("""button => {
      addEventListener("popstate", () => setTimeout(() => button.click()));
      history.back();
    }""")
    expect(page).to_have_title(re.compile("^Explore"))
    settle(page)
    page.wait_for_timeout(500)
    expect(page.get_by_role("button", name="Review 1")).to_be_visible(timeout=5_000)


def test_the_test_ids_that_the_frame_and_the_desk_rely_on_are_in_the_page(server: AppServer, page: Page) -> None:
    page.goto(f"{server.url}/settings")
    settle(page)
    styled = [
        f'[data-testid="{name}"]'
        for name in set(re.findall(r'data-testid="(\w+)"', (ROOT / "pages" / "assets" / "frame.css").read_text()))
        # A moment on each page; on the page Export; in the drawer of an image.
        if name not in ("stSkeleton", "stSliderThumbValue", "stTabs")
    ]
    for selector in (streamlit_private.MAIN, streamlit_private.MAIN_BLOCK, *styled):
        assert page.locator(selector).count(), (
            f"{selector}, seen in Streamlit {streamlit_private.SEEN_IN}, is gone from the page. Look for the new test "
            "id in the browser's inspector and put it into streamlit_private.py or frame.css."
        )
