"""Boxes of entries at the desk, in Chromium: drawn and corrected by mouse and by keys, in px of the original."""

import io
import time
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core import ImageDatasets, ImageDatasetService, ImageService, ProjectService, connect
from core.dataset import EntryQueries
from core.db import ImageAnalyses
from core.vision import store
from core.vision.analyzers.base import Analysis
from tests.browser.driving import AppServer
from tests.browser.test_desk import entries_of, open_desk, wait_until_saved

pytestmark = pytest.mark.browser

SIZE = (3000, 2000)
LAYER = ".desk .boxes.editing"


def png(size: tuple[int, int]) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, "teal").save(data, "PNG")
    return data.getvalue()


def desk_with(page: Page, server: AppServer, *boxes: dict[str, Any], entries: int = 1, images: int = 1) -> str:
    """Open the desk of a new project with entries about an image of 3000 x 2000 px; the first has *boxes*."""
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project(f"Boxes {time.monotonic_ns()}")
        files = [(f"{number}.png", png((SIZE[0] - number, SIZE[1]))) for number in range(images)]
        outcomes = ImageService(db).intake.add_images(made.id, files)
        ids = [outcome.image.id for outcome in outcomes if outcome.image is not None]
        for number in range(entries):
            ImageDatasetService(db).create_dataset_entry(
                made.id, ids[0], f"Question {number}?", "Yes", image_ids=ids, boxes=list(boxes) if not number else None
            )
    open_desk(page, server, made.id)
    return made.id


def stored(server: AppServer, page: Page, project_id: str) -> list[tuple[str, list[float]]]:
    wait_until_saved(page)
    boxes = entries_of(server, project_id)[0].boxes or []
    return [(box["label"], box["xyxy"]) for box in boxes]


def actions(server: AppServer, entry: ImageDatasets) -> list[str]:
    with connect(server.data_dir) as db:
        return [event.action for event in EntryQueries(db).history(entry.id) if not event.is_undone]


def place_of(page: Page, selector: str) -> tuple[float, float, float, float]:
    """Return left, top, width and height of an element on the screen."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the image, in px of the original, is on the screen."""
    left, top, width, height = place_of(page, LAYER)
    return left + width * x / SIZE[0], top + height * y / SIZE[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    page.mouse.move(*at(page, *end))
    page.mouse.up()


def near(boxes: list[tuple[str, list[float]]], px: float = 6.0) -> Any:
    """Two px of the screen are about six of the image when all of it is shown."""
    return [(label, pytest.approx(xyxy, abs=px)) for label, xyxy in boxes]


def test_a_box_is_drawn_labeled_resized_moved_and_deleted_with_the_mouse(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server)
    page.get_by_role("button", name="Edit boxes").click()
    drag(page, (600, 400), (1200, 1000))
    page.keyboard.type("a cup")
    page.keyboard.press("Enter")
    assert stored(server, page, project_id) == near([("a cup", [600, 400, 1200, 1000])])
    expect(page.locator(".desk .box")).to_have_text("a cup")

    drag(page, (1200, 1000), (1500, 1200))  # the handle at the bottom right
    drag(page, (900, 700), (1800, 700))  # inside of the box
    assert stored(server, page, project_id) == near([("a cup", [1500, 400, 2400, 1200])], px=12)

    drag(page, (-20, 100), (200, 200))  # from beside the image
    expect(page.locator(".desk .box")).to_have_count(2)
    page.mouse.click(*at(page, 1900, 800))
    expect(page.locator(".desk .box.selected")).to_have_text("a cup")
    page.get_by_role("button", name="Delete").click()
    assert stored(server, page, project_id) == near([("a cup", [0, 100, 200, 200])])
    (entry,) = entries_of(server, project_id)
    assert actions(server, entry) == ["create", *["edit"] * 6]

    for _ in range(6):
        page.keyboard.press("u")
    assert stored(server, page, project_id) == []
    assert actions(server, entry) == ["create", *["undo"] * 6]
    page.keyboard.press("Escape")
    expect(page.locator(LAYER)).to_have_count(0)


def test_keys_alone_draw_and_correct_a_box(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"label": "plate", "xyxy": [10, 20, 30.5, 40]})
    page.keyboard.press("d")
    page.keyboard.press("Tab")
    expect(page.locator(".desk .status")).to_have_text("Box 1 of 1: plate, left 10, top 20, 20.5 × 20 px")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("c")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("c")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".desk .status")).to_have_text(
        "Bottom right corner of box 1 of 1: plate, left 2, top 29, 30.5 × 21 px"
    )
    page.keyboard.press("l")
    page.keyboard.type("bowl")
    page.keyboard.press("Enter")
    assert stored(server, page, project_id) == [("bowl", [2, 29, 32.5, 50])]

    page.keyboard.press("n")
    expect(page.locator(".desk .boxes.editing")).to_be_focused()  # its keys move the new box
    assert stored(server, page, project_id)[1][0] == "bowl"
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.keyboard.press("a")
    wait_until_saved(page)
    (entry,) = entries_of(server, project_id)
    assert (entry.decision, stored(server, page, project_id)) == ("confirmed", [("bowl", [2, 29, 32.5, 50])])
    # Moves that follow each other closely are saved as one edit, and so are those of each corner.
    created, *edits, confirmed = actions(server, entry)
    assert (created, set(edits), confirmed) == ("create", {"edit"}, "confirm")
    assert 6 <= len(edits) < 9


def test_at_any_zoom_a_box_is_in_px_of_the_original(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server)
    page.keyboard.press("d")
    for zoom in range(2):
        if zoom:
            page.locator(".desk .stage").hover(position={"x": 300, "y": 250})
            page.mouse.wheel(0, -1200)
        else:
            page.keyboard.press("z")  # 100 %
        expect(page.locator(".desk .stage .zoom span")).to_contain_text("%")
        layer, stage = place_of(page, LAYER), place_of(page, ".desk .stage")
        left = round((stage[0] + 100 - layer[0]) / layer[2] * SIZE[0])
        top = round((stage[1] + 100 - layer[1]) / layer[3] * SIZE[1])
        drag(page, (left, top), (left + 17, top + 9))
        page.keyboard.press("Escape")  # of the label
        assert stored(server, page, project_id)[-1] == ("", [left, top, left + 17, top + 9])
        page.keyboard.press("Tab")


def test_an_edit_of_a_box_that_somebody_else_changed_first_is_refused(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"label": "cup", "xyxy": [100, 100, 300, 300]})
    page.keyboard.press("d")
    page.keyboard.press("Tab")
    (entry,) = entries_of(server, project_id)
    with connect(server.data_dir) as db:
        ImageDatasetService(db).update_dataset_entry(entry.id, boxes=[{"label": "pan", "xyxy": [1, 2, 3, 4]}])
    page.keyboard.press("ArrowRight")
    expect(page.locator(".desk .notice")).to_contain_text("This entry was changed in the meantime")
    expect(page.locator(".desk .notice")).to_contain_text("cup, left 101, top 100, 200 × 200 px")
    expect(page.locator(".desk .box")).to_have_text("pan")
    assert stored(server, page, project_id) == [("pan", [1, 2, 3, 4])]


def test_boxes_of_each_image_of_an_entry_are_drawn_on_their_own(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"label": "cup", "xyxy": [1, 2, 300, 400], "image": 1}, images=2)
    page.keyboard.press("d")
    expect(page.locator(".desk .lens img")).to_have_attribute("alt", "0.png")
    expect(page.locator(".desk .box")).to_have_count(0)
    page.keyboard.press(".")
    expect(page.locator(".desk .box")).to_have_text("cup")
    page.keyboard.press("Tab")
    page.keyboard.press("1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert stored(server, page, project_id) == [("cup", [1, 3, 300, 401])]
    assert entries_of(server, project_id)[0].boxes == [{"label": "cup", "xyxy": [1, 3, 300, 401], "image": 1}]


def found_in_the_image(server: AppServer, project_id: str) -> None:
    cup = {"label": "cup", "score": 0.912, "box_xyxy": [600.0, 400.0, 1200.0, 1000.0]}
    line = {"text": "EXIT", "score": 0.99, "box_xyxy": [30.0, 20.0, 900.0, 200.0]}
    with connect(server.data_dir) as db:
        image_id = ImageDatasetService(db).list_dataset_entries(project_id)[0].image_id
        with db.transaction() as session:
            store.write(session, project_id, "text", "1", {image_id: Analysis({"lines": [line]})})
            session.add(
                ImageAnalyses(
                    project_id=project_id, image_id=image_id, analyzer="objects", version="1", result={"items": [cup]}
                )
            )


def test_what_was_found_is_shown_by_keys_and_an_object_becomes_a_box(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"label": "plate", "xyxy": [2000, 1000, 2500, 1500]})
    found_in_the_image(server, project_id)
    page.reload()
    shown = page.locator(".desk .over .box")
    expect(page.get_by_role("button", name="Objects")).to_be_visible()
    expect(shown).to_have_text(["plate"])
    page.keyboard.press("o")
    expect(shown).to_have_text(["plate", "cup 0.91"])
    page.get_by_role("button", name="Text").click()
    expect(shown).to_have_text(["plate", "cup 0.91", "EXIT"])
    page.keyboard.press("b")
    expect(shown).to_have_count(0)
    page.keyboard.press("b")
    page.keyboard.press("w")
    expect(shown).to_have_text(["plate", "cup 0.91"])

    page.keyboard.press("d")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".desk .status")).to_contain_text("Found in the image: cup, score 0.91")
    page.keyboard.press("Enter")
    taken = ("cup", [600, 400, 1200, 1000])
    assert stored(server, page, project_id) == [("plate", [2000, 1000, 2500, 1500]), taken]
    page.keyboard.press("u")
    page.mouse.click(*at(page, 900, 700))
    assert stored(server, page, project_id) == [("plate", [2000, 1000, 2500, 1500]), taken]
    expect(page.locator(".desk .box.selected")).to_have_text("cup")
