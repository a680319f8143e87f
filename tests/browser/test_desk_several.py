"""Several images, earlier turns and labels at the desk, in Chromium."""

import time
from collections.abc import Callable
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


def desk_with_images(page: Page, server: AppServer, *entries: tuple[int, dict[str, Any]]) -> str:
    """Open the desk of a new project whose entries have so many of three images."""
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project(f"Several {time.monotonic_ns()}")
        files = [(f"{name}.png", png(name)) for name in NAMES]
        outcomes = ImageService(db).intake.add_images(made.id, files)
        ids = [outcome.image.id for outcome in outcomes if outcome.image is not None]
        for count, entry in entries:
            ImageDatasetService(db).create_dataset_entry(
                made.id, ids[0], **{"image_ids": ids[:count], "answer": "Yes"} | entry
            )
    open_desk(page, server, made.id)
    return made.id


def test_images_stand_side_by_side_and_keys_walk_and_zoom_the_current_one(server: AppServer, page: Page) -> None:
    desk_with_images(page, server, (3, {"question": "Which is warmest?", "origin": "imported"}), (1, {"question": "?"}))
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
