"""Several images, earlier turns and labels at the desk, in Chromium."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from tests.browser.driving import AppServer
from tests.browser.test_desk import entries_of, open_desk, wait_until_saved
from tests.pictures import png

pytestmark = pytest.mark.browser

Add = Callable[..., None]
NAMES = ("red", "green", "blue")


def desk_with_images(
    page: Page, server: AppServer, *entries: tuple[int, dict[str, Any]], widths_px: Sequence[int] = (64, 64, 64)
) -> str:
    """Open the desk of a new project whose entries have so many of three images."""
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project(f"Several {time.monotonic_ns()}")
        files = [(f"{name}.png", png(name, (width, 48))) for name, width in zip(NAMES, widths_px, strict=True)]
        outcomes = ImageService(db).intake.add_images(made.id, files)
        ids = [outcome.image.id for outcome in outcomes if outcome.image is not None]
        for count, entry in entries:
            ImageDatasetService(db).create_dataset_entry(
                made.id, ids[0], **{"image_ids": ids[:count], "answer": "Yes"} | entry
            )
    open_desk(page, server, made.id)
    return made.id


def test_images_stand_side_by_side_and_keys_walk_and_zoom_the_current_one(server: AppServer, page: Page) -> None:
    entries = (3, {"question": "Which is warmest?", "origin": "imported"}), (1, {"question": "?"})
    desk_with_images(page, server, *entries, widths_px=(64, 128, 256))
    figures = page.locator(".desk .lens figure")
    current = page.locator(".desk .lens figure.current")
    expect(figures).to_have_count(3)
    expect(figures.locator("figcaption")).to_have_text(["1. red.png", "2. green.png", "3. blue.png"])
    expect(current).to_have_text("1. red.png")
    expect(page.locator(".desk .facts")).to_contain_text("imported · 3 images")
    boxes = [box for figure in figures.all() if (box := figure.bounding_box()) is not None]
    assert len({round(box["y"]) for box in boxes}) == 1, boxes
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]

    page.keyboard.press(".")
    expect(current).to_have_text("2. green.png")
    page.keyboard.press("z")
    shown = page.locator(".desk .lens img")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("alt", "green.png")
    page.keyboard.press(".")
    page.keyboard.press(".")
    expect(shown).to_have_attribute("alt", "blue.png")
    expect(page.locator(".desk [data-part=percent]")).to_contain_text("100%")  # as the image before
    page.keyboard.press("z")
    expect(current).to_have_text("3. blue.png")
    page.keyboard.press(",")
    expect(current).to_have_text("2. green.png")
    figures.first.click()
    expect(current).to_have_text("1. red.png")

    page.keyboard.press("a")
    expect(figures).to_have_count(0)
    expect(shown).to_have_count(1)


def test_earlier_turns_and_the_system_prompt_stand_above_the_question(server: AppServer, page: Page) -> None:
    talk = {"conversation_id": "talk"}
    desk_with_images(
        page, server,
        (1, {"question": "What is it?", "answer": "A card", "turn": 0, "confirmed": True, **talk}),
        (1, {"question": "And its color?", "answer": "Red", "turn": 1, "system": "Be brief.", **talk}),
    )  # fmt: skip
    expect(page.locator(".desk .question")).to_have_text("And its color?")
    turns = page.locator(".desk .turns")
    expect(turns).to_contain_text("Be brief.")
    expect(turns).to_contain_text("1 earlier turn")
    expect(turns).to_contain_text("What is it?A card")
    expect(page.locator(".desk .others")).to_be_empty()


def test_digits_choose_labels_and_r_with_a_digit_gives_stars(server: AppServer, page: Page) -> None:
    options = ["calm", "warm", "dark"]
    project_id = desk_with_images(
        page, server, (1, {"question": "Mood?", "answer": '["warm"]', "answer_type": "label", "options": options})
    )
    chosen = page.locator(".desk .text .chip.on")
    expect(page.locator(".desk .text .chip kbd")).to_have_text(["1", "2", "3"])
    page.keyboard.press("1")
    expect(chosen).to_have_text(["calm1", "warm2"])
    page.keyboard.press("2")
    expect(chosen).to_have_text(["calm1"])
    page.keyboard.press("1")  # the last label stays
    expect(chosen).to_have_text(["calm1"])
    expect(page.locator(".desk .stars")).to_have_attribute("aria-label", "No stars yet")
    page.keyboard.press("r")
    page.keyboard.press("4")
    expect(page.locator(".desk .stars")).to_have_attribute("aria-label", "4 of 5 stars")
    page.keyboard.press("9")
    page.locator(".desk .text .chip", has_text="dark").click()
    wait_until_saved(page)
    (entry,) = entries_of(server, project_id)
    assert (entry.answer, entry.score) == ('["calm", "dark"]', 4.0)


def test_boxes_lie_on_their_places_and_a_key_hides_them(server: AppServer, page: Page) -> None:
    """The images have 64 x 48 px; boxes are in px of the original, whatever size it is shown in."""
    two = [{"label": "cup", "xyxy": [16, 12, 48, 36]}, {"label": "plate", "xyxy": [0, 0, 32, 24], "image": 1}]
    first, second = {"question": "One?", "boxes": two[:1]}, {"question": "Two?", "boxes": two}
    many = [{"label": f"cup {n}", "xyxy": [n, 0, n + 4, 4]} for n in range(60)]
    last = (1, {"question": "None?"}), (1, {"question": "Many?", "boxes": many})
    desk_with_images(page, server, (1, first), (2, second), *last)
    box = page.locator(".desk .box")
    expect(box).to_have_text("cup")
    expect(page.locator(".desk .facts")).to_contain_text("1 box")
    expect(page.locator(".desk .lens img.loaded")).to_be_visible()
    assert _share(page, ".desk .over .boxes", ".desk .lens img") == pytest.approx((0, 0, 1, 1), abs=0.02)
    assert _share(page, ".desk .box", ".desk .over .boxes") == pytest.approx((0.25, 0.25, 0.5, 0.5), abs=0.01)

    page.keyboard.press("b")
    expect(box).to_be_hidden()
    page.keyboard.press("b")
    expect(box).to_be_visible()
    page.keyboard.press("z")
    assert _share(page, ".desk .box", ".desk .over .boxes") == pytest.approx((0.25, 0.25, 0.5, 0.5), abs=0.01)
    page.keyboard.press("z")

    page.keyboard.press("a")
    expect(box).to_have_text(["cup", "plate"])
    assert _share(page, ".desk figure:nth-child(2) .box", ".desk figure:nth-child(2) .boxes") == pytest.approx(
        (0, 0, 0.5, 0.5), abs=0.01
    )
    page.keyboard.press("a")
    expect(page.locator(".desk .question")).to_have_text("None?")
    expect(box).to_have_count(0)
    page.keyboard.press("a")
    expect(box).to_have_text([f"cup {n}" for n in range(60)])


def _share(page: Page, inner: str, outer: str) -> tuple[float, float, float, float]:
    """Return left, top, width and height of an element in shares of what *outer* shows: an image keeps its shape."""
    shape = """([inner, outer]) => {
        const image = outer.tagName === "IMG" ? outer.naturalWidth / outer.naturalHeight : 0;
        const [a, b] = [inner, outer].map((node) => node.getBoundingClientRect());
        const width = image ? Math.min(b.width, b.height * image) : b.width, height = image ? width / image : b.height;
        const left = b.left + (b.width - width) / 2, top = b.top + (b.height - height) / 2;
        return [(a.left - left) / width, (a.top - top) / height, a.width / width, a.height / height];
    }"""
    nodes = [page.locator(selector).first.element_handle() for selector in (inner, outer)]
    left, top, width, height = page.evaluate(shape, nodes)
    return left, top, width, height
