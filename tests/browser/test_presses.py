"""A click counts although what was clicked is drawn again, by an answer of the server, between press and release."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from core import connect
from core.services import Services
from tests.browser.driving import AppServer, settle
from tests.browser.test_images import open_images
from tests.browser.test_upload import open_upload
from tests.core.vision.map.test_service import direction, store

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


def test_a_tag_is_removed_while_the_removal_of_another_one_is_answered(server: AppServer, page: Page) -> None:
    project_id = open_images(server, page, range(900, 901))
    with connect(server.data_dir) as db:
        services = Services(db)
        [image] = services.images.list_images(project_id)
        services.tag_review.change(image.id, ["sky", "tree", "wall"])
        services.close()
    page.locator(".cell").focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    with held(page, "**/tags", "POST") as removals:
        with page.expect_request("**/tags"):
            drawer.get_by_role("button", name="Remove sky").click()
        expect(drawer.get_by_role("button", name="Remove sky")).to_have_count(0)
        press_while_it_is_answered(page, drawer.get_by_role("button", name="Remove tree"), "**/tags", removals)
        expect(drawer.get_by_role("button", name="Remove tree")).to_have_count(0)
        answer(page, removals, 1)
    expect(drawer.get_by_role("button", name="Take tree back")).to_be_visible()


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


def test_an_image_in_the_list_of_the_map_is_opened_while_more_names_come(server: AppServer, page: Page) -> None:
    project_id = open_images(server, page, range(910, 914))
    with connect(server.data_dir) as db:
        services = Services(db)
        ids = [image.id for image in services.images.list_images(project_id)]
        store(services, project_id, {id_: direction(number % 2) for number, id_ in enumerate(ids)})
        services.close()
    page.goto(f"{server.url}/images?project={project_id}&as=Map")
    canvas, listed = page.locator(".map canvas"), page.locator(".map .chosen li button")
    expect(canvas).to_have_attribute("data-points", "4")
    settle(page)
    canvas.focus()
    page.keyboard.press("Space")
    expect(listed).to_have_count(1)
    settle(page)
    url = "**/map/*/images*"
    with held(page, url, "GET") as names:
        with page.expect_request(url):
            page.keyboard.press("Control+a")
        press_while_it_is_answered(page, listed, url, names)
        expect(page.get_by_role("dialog")).to_be_visible()
    expect(listed).to_have_count(4)


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
