"""The filter bars and the search line in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from tests.browser.driving import AppServer, settle
from tests.pictures import png

pytestmark = pytest.mark.browser


def test_a_bar_adds_its_term_to_the_search_line_and_the_address_and_removes_it_again(
    server: AppServer, page: Page
) -> None:
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project("Shelf")
        image = ImageService(db).intake.add_images(project.id, [("red.png", png("red"))])[0].image
        assert image is not None
        for kind, answer in (("count", "2"), ("yes/no", "yes"), ("yes/no", "<b>no</b>")):
            ImageDatasetService(db).create_dataset_entry(project.id, image.id, "What?", answer, "m", kind=kind)
    page.goto(f"{server.url}/explore?project={project.id}")
    settle(page)
    bar = page.locator(".st-key-facets section button", has_text="yes/no")
    bar.click()
    search = page.locator("input[aria-label=Search]")
    expect(search).to_have_value("kind:yes/no")
    expect(page).to_have_url(re.compile(r"q=kind%3Ayes%2Fno"))
    expect(page.get_by_role("button", name="Review 2")).to_be_visible()
    page.get_by_role("tab", name="Balance").click()
    answer = page.locator(".st-key-balance section button", has_text="<b>no</b>")
    answer.click()
    expect(search).to_have_value("kind:yes/no answer:<b>no</b>")
    expect(page.get_by_role("button", name="Review 1")).to_be_visible()
    bar.click()
    expect(search).to_have_value("answer:<b>no</b>")


def test_the_bar_of_the_only_value_ends_before_its_number(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project("Shelf of one kind")
        image = ImageService(db).intake.add_images(project.id, [("red.png", png("red"))])[0].image
        assert image is not None
        for _ in range(12):
            ImageDatasetService(db).create_dataset_entry(project.id, image.id, "What?", "2", "m", kind="count")
    page.goto(f"{server.url}/explore?project={project.id}")
    settle(page)
    page.get_by_role("tab", name="Balance").click()
    bar = page.locator(".st-key-balance section button[title='2: 12']")
    number = bar.locator(".count")
    ends_px = bar.evaluate("node => parseFloat(getComputedStyle(node, '::before').width)")
    starts_px = number.evaluate("node => node.offsetLeft")
    assert 0.6 * starts_px < ends_px < starts_px
    expect(number).to_have_css("text-align", "right")


def test_the_search_line_completes_fields_and_values_with_the_keyboard(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project("Completed shelf")
        image = ImageService(db).intake.add_images(project.id, [("red.png", png("red"))])[0].image
        assert image is not None
        for kind in ("count", "two words"):
            ImageDatasetService(db).create_dataset_entry(project.id, image.id, "What?", "2", "m", kind=kind)
    page.goto(f"{server.url}/explore?project={project.id}")
    settle(page)
    search = page.locator("input[aria-label=Search]")
    search.click()
    page.keyboard.type("ki")
    expect(page.locator("#offers").get_by_role("option")).to_have_text(["kind:kind of question"])
    page.keyboard.press("Tab")
    expect(page.locator("#offers").get_by_role("option")).to_have_text(["count1", "two words1"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(search).to_have_value('kind:"two words" ')
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Review 1")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=kind%3A%22two\+words%22"))
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("button", name="Review 2")).to_be_visible()
