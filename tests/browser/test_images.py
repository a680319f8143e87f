"""The images page in Chromium: grid, drawer, facets, search line, and similar images."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from core import ImageService, ProjectService, connect
from core.db import ImageAnalyses
from core.services import Services
from core.vision.store import derive
from tests.browser.driving import AppServer, settle, wait_until_at_rest
from tests.core.images.pictures import drawn, encoded
from tests.core.vision.map.test_service import direction, store

pytestmark = pytest.mark.browser


def open_images(server: AppServer, page: Page, seeds: range) -> str:
    """Open the page of a new project with one image for each seed, and return the project's id."""
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project(f"Shelf {seeds}")
        ImageService(db).intake.add_images(project.id, [(f"{n:03}.jpg", encoded(drawn(n))) for n in seeds])
    page.goto(f"{server.url}/images?project={project.id}")
    settle(page)
    return project.id


def describe(server: AppServer, project_id: str, labels: dict[str, list[str]]) -> None:
    """Let objects have been found in images, by the names of the images."""
    with connect(server.data_dir) as db, db.transaction() as session:
        images = {image.image_name: image.id for image in ImageService(db).list_images(project_id)}
        for name, found in labels.items():
            items = [{"label": label, "score": 0.9, "box_xyxy": [0, 0, 9, 9]} for label in found]
            session.add(
                ImageAnalyses(
                    project_id=project_id, image_id=images[name], analyzer="objects", version="1",
                    result={"items": items},
                )
            )  # fmt: skip
        session.flush()
        derive(session, project_id, list(images.values()))


def test_facets_and_words_narrow_the_grid_and_stand_in_the_address(server: AppServer, page: Page) -> None:
    project_id = open_images(server, page, range(10, 14))
    describe(server, project_id, {"010.jpg": ["dog", "dog"], "011.jpg": ["dog", "bus"], "012.jpg": []})
    page.reload()
    settle(page)
    bars = page.locator("section").filter(has_text="Objects")
    bars.get_by_role("button", name="dog").click()
    expect(page.locator(".cell")).to_have_count(2)
    expect(page).to_have_url(re.compile("q=object(%3A|:)dog"))
    bars.get_by_role("button", name="bus").click()
    expect(page.locator(".cell")).to_have_count(1)

    line = page.get_by_role("combobox", name="Search the images")
    line.fill("object:dog>=2")
    line.press("Enter")
    expect(page.locator(".cell .name")).to_have_text(["010.jpg"])
    line.fill("object:dgo")
    line.press("Enter")
    page.get_by_role("button", name="Search for object:dog").click()
    expect(page.locator(".cell")).to_have_count(2)

    page.get_by_role("button", name="Objects", exact=True).click()
    line.fill("")
    line.press("Enter")
    expect(page.locator(".cell")).to_have_count(4)
    expect(bars.get_by_role("button", name="dog")).to_have_count(0)


def test_m_and_a_dropped_image_find_similar_ones(server: AppServer, page: Page, tmp_path: Path) -> None:
    project_id = open_images(server, page, range(20, 24))
    with httpx.Client(base_url=server.url, timeout=60) as client:
        task = client.post(f"/api/projects/{project_id}/analyses", json={"analyzers": ["embedding"]}).json()
        client.get(f"{task['url']}/events")
    page.reload()
    settle(page)
    page.locator(".cell").filter(has_text="021.jpg").focus()
    page.keyboard.press("m")
    expect(page.locator(".cell").first).to_contain_text("1.000 similar")
    expect(page.locator(".cell .name").first).to_have_text("021.jpg")

    example = tmp_path / "like.jpg"
    example.write_bytes(encoded(drawn(23), quality=60))
    page.locator("input[aria-label='Example image']").set_input_files(example)
    expect(page.locator(".cell .name").first).to_have_text("023.jpg")
    expect(page.get_by_text("Images like like.jpg")).to_be_visible()
    with connect(server.data_dir) as db:
        assert len(ImageService(db).list_images(project_id)) == 4


def test_a_similar_image_is_deleted_from_its_group(server: AppServer, page: Page) -> None:
    project_id = open_images(server, page, range(300, 301))
    with connect(server.data_dir) as db:
        smaller = drawn(300).resize((80, 60))
        ImageService(db).intake.add_images(project_id, [("smaller.jpg", encoded(smaller))])
    page.goto(f"{server.url}/images?project={project_id}&as=Look-alikes")
    settle(page)
    expect(page.get_by_text("1 group of similar images")).to_be_visible()
    page.get_by_role("listitem").filter(has_text="smaller.jpg").get_by_role("button", name="Delete").click()

    expect(page.get_by_text("1 image was deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("300.jpg", exact=True)).to_be_visible()


def test_keys_move_select_and_open_and_a_deletion_is_undone(server: AppServer, page: Page) -> None:
    open_images(server, page, range(200, 208))
    cells = page.locator(".cell")
    expect(cells).to_have_count(8)
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This deletes 2 images with 0 questions and 0 entries")).to_be_visible()
    page.get_by_role("button", name="Delete 2 images").click()
    expect(cells).to_have_count(6)
    page.get_by_role("button", name="Undo").click()
    expect(cells).to_have_count(8)

    settle(page)
    cells.first.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("1 of 8 on this page")).to_be_visible()
    expect(drawer.locator(".stage img")).to_be_visible()  # its keys are there with it
    page.keyboard.press("ArrowRight")
    expect(drawer.get_by_text("2 of 8 on this page")).to_be_visible()
    expect(drawer.locator(".stage img")).to_have_js_property("complete", True)


def test_the_next_page_shows_prefetched_thumbnails(server: AppServer, page: Page) -> None:
    fetched: set[str] = set()
    page.on("requestfinished", lambda request: fetched.add(request.url) if "/img/" in request.url else None)
    open_images(server, page, range(300, 430))
    expect(page.get_by_text("1 to 60 of 130 images")).to_be_visible()
    for _ in range(600):
        if len(fetched) >= 120:
            break
        page.wait_for_timeout(100)
    before = frozenset(fetched)
    assert len(before) >= 120

    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("61 to 120 of 130 images")).to_be_visible()
    expect(page.locator(".cell")).to_have_count(60)
    shown = page.locator(".cell img").evaluate_all("images => images.map(image => image.src)")
    assert len(shown) == 60
    assert set(shown) - before == set()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_text("1 to 60 of 130 images")).to_be_visible()


def test_page_turns_faster_than_the_server_are_queued(server: AppServer, page: Page) -> None:
    open_images(server, page, range(500, 630))
    expect(page.get_by_text("1 to 60 of 130 images")).to_be_visible()
    settle(page)
    page.locator(".cell").first.focus()

    for key, where in (("PageDown", "121 to 130 of 130 images"), ("PageUp", "1 to 60 of 130 images")):
        page.keyboard.press(key)
        page.keyboard.press(key)
        expect(page.get_by_text(where)).to_be_visible()
        settle(page)
        expect(page.get_by_text(where)).to_be_visible()


def map_of_eleven(server: AppServer, page: Page, first: int) -> str:
    """Make a project of twelve images, of which eleven have a vector, and return the address of its map."""
    project_id = open_images(server, page, range(first, first + 12))
    with connect(server.data_dir) as db:
        services = Services(db)
        ids = [image.id for image in services.images.list_images(project_id)]
        store(services, project_id, {id_: direction(number % 2) for number, id_ in enumerate(ids[:11])})
        services.close()
    return f"{server.url}/images?project={project_id}&as=Map"


def test_the_points_of_the_map_are_drawn_before_their_colors_are_known(server: AppServer, page: Page) -> None:
    address = map_of_eleven(server, page, 760)
    held: list[Route] = []
    page.route("**/map/*/column?*", lambda route: held.append(route))
    page.goto(address)
    expect(page.locator(".map canvas")).to_have_attribute("data-points", "11", timeout=60_000)
    expect(page.locator(".map .legend button")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.locator(".map .legend button").first).to_be_visible()


def test_the_map_lays_itself_out_and_its_selection_is_that_of_the_grid(server: AppServer, page: Page) -> None:
    page.goto(map_of_eleven(server, page, 700))
    canvas = page.locator(".map canvas")
    expect(canvas).to_have_attribute("data-points", "11", timeout=60_000)
    expect(page.get_by_text("1 image not analyzed yet")).to_be_visible()

    box = canvas.bounding_box()
    assert box is not None
    page.get_by_role("button", name="Lasso", exact=True).click()
    corners = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2), (2, box["height"] - 2)]
    page.mouse.move(box["x"] + corners[0][0], box["y"] + corners[0][1])
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.up()
    expect(canvas).to_have_attribute("data-selected", "11")
    expect(page.locator(".map .chosen li")).to_have_count(11)
    settle(page)

    canvas.focus()
    page.keyboard.press("Space")
    expect(canvas).to_have_attribute("data-selected", "10")
    expect(page.get_by_text("10 selected", exact=True)).to_have_count(2)
    page.get_by_role("radio", name="Grid").click()
    expect(page.locator('.cell[aria-selected="true"]')).to_have_count(10)


def test_a_crop_that_was_drawn_is_saved_as_a_version_and_undone(server: AppServer, page: Page) -> None:
    open_images(server, page, range(730, 731))
    page.locator(".cell").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Edit image").click()
    drawer.get_by_role("radio", name="Crop").click()
    settle(page)
    stage = drawer.locator(".editor .stage")
    expect(drawer.locator(".editor img")).to_be_visible()
    wait_until_at_rest(stage)
    box = stage.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"], steps=4)
    page.mouse.up()
    expect(drawer.locator(".editor [data-part=status]")).to_contain_text("one to keep")

    save = drawer.get_by_role("button", name="Save as a new version")
    expect(save).to_be_enabled()
    save.click()
    expect(drawer.get_by_text("New version of 730.jpg")).to_be_visible()
    drawer.get_by_role("button", name="Back to the original").click()
    expect(drawer.get_by_text("New version of 730.jpg")).to_have_count(0)
    expect(drawer.get_by_text("730.jpg", exact=True).first).to_be_visible()
