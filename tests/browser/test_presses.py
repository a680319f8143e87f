"""A click counts although what was clicked is drawn again, by an answer of the server, between press and release."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.driving import AppServer
from tests.browser.test_images import open_images
from tests.browser.test_upload import open_upload

pytestmark = pytest.mark.browser

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextmanager
def held(page: Page, url: str, method: str) -> Iterator[list[Route]]:
    """Hold the requests that are sent in the block."""
    routes: list[Route] = []
    page.route(url, lambda route: routes.append(route) if route.request.method == method else route.continue_())
    yield routes
    page.unroute(url)


def answer(page: Page, routes: list[Route], place: int = 0) -> None:
    """Let the held request at that place be answered, as soon as it is sent."""
    while len(routes) <= place:
        page.wait_for_timeout(10)
    routes[place].continue_()


def press_while_it_is_answered(page: Page, button: Locator, url: str, routes: list[Route]) -> None:
    """Press the button, let the first held request be answered, and release the button."""
    button.hover()
    page.mouse.down()
    with page.expect_response(url) as answered:
        answer(page, routes)
    answered.value.finished()
    page.evaluate(DRAWN)
    page.mouse.up()


def test_an_upload_is_stopped_while_a_part_of_it_is_answered(server: AppServer, page: Page, tmp_path: Path) -> None:
    open_upload(server, page, range(0))
    archive = tmp_path / "many.zip"
    archive.write_bytes(b"PK\3\4" + bytes(4_000_000))  # parts are of 1 MB, then of up to 8
    url = "**/uploads/*"
    with held(page, url, "PUT") as parts:
        with page.expect_request(lambda request: request.method == "PUT"):
            page.locator("input[type=file][aria-label=Files]").set_input_files(archive)
        stop = page.locator(".drop").get_by_role("button", name="Stop")
        press_while_it_is_answered(page, stop, url, parts)
        expect(stop).to_have_count(0)
    expect(page.locator(".drop").get_by_text("many.zip")).to_have_count(0)


def test_a_suggestion_is_taken_by_the_press_itself_and_later_values_do_not_come_back(
    server: AppServer, page: Page
) -> None:
    open_images(server, page, range(920, 922))
    line = page.get_by_role("combobox", name="Search the images")
    url = "**/desk/values*"
    line.press_sequentially("name:9")
    offers = page.get_by_role("option")
    expect(offers).to_have_count(2)
    with held(page, url, "GET") as values:
        with page.expect_request(url):
            line.press_sequentially("2")
        press_while_it_is_answered(page, offers.filter(has_text="921.jpg"), url, values)
    expect(line).to_have_value("name:921.jpg ")
    expect(offers).to_have_count(0)
