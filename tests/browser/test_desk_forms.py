"""The forms of the desk in Chromium: answers by type, completion of tags, half stars."""

import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from core.db import ImageVectors
from core.vision.vectors import rows
from tests.browser.conftest import OpenPage
from tests.browser.driving import AppServer
from tests.browser.test_desk import entries_of, open_desk, wait_until_saved
from tests.pictures import png

pytestmark = pytest.mark.browser

SCHEMA = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}


def desk_with(page: Page, server: AppServer, *entries: dict[str, Any]) -> str:
    """Create a project with these entries, open its desk, and return its id."""
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project(f"Forms {time.monotonic_ns()}")
        image = ImageService(db).intake.add_images(made.id, [("red.png", png("red"))])[0].image
        assert image is not None
        for entry in entries:
            ImageDatasetService(db).create_dataset_entry(made.id, image.id, **{"model": "m"} | entry)
    open_desk(page, server, made.id)
    return made.id


def test_tab_completes_a_tag_and_never_moves_the_focus(server: AppServer, page: Page) -> None:
    project_id = desk_with(
        page, server, {"question": "One?", "answer": "1"}, {"question": "Two?", "answer": "2", "tags": "draft"}
    )
    page.keyboard.press("t")
    page.keyboard.type("dr")
    page.keyboard.press("Tab")
    expect(page.locator(".desk .form input")).to_have_value("draft, ")
    page.keyboard.type("new")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_until_saved(page)
    first = entries_of(server, project_id)[0]
    assert (first.tags, first.score) == ("draft,new", 0)


def test_tab_before_the_known_tags_have_come_completes_when_they_come(server: AppServer, page: Page) -> None:
    counts: list[Route] = []
    page.route("**/desk/count*", lambda route: counts.append(route))
    desk_with(page, server, {"question": "One?", "answer": "1"}, {"question": "Two?", "answer": "2", "tags": "draft"})
    page.keyboard.press("t")
    page.keyboard.type("dr")
    page.keyboard.press("Tab")
    expect(page.locator(".desk .form input")).to_have_value("dr")
    for count in counts:
        count.continue_()
    expect(page.locator(".desk .form input")).to_have_value("draft, ")


def test_the_same_star_again_removes_half_a_star(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"question": "One?", "answer": "1"})
    page.keyboard.press("4")
    page.keyboard.press("4")
    expect(page.locator(".desk .stars")).to_have_attribute("aria-label", "3.5 of 5 stars")
    wait_until_saved(page)
    assert entries_of(server, project_id)[0].score == 3.5


def test_labels_are_chips_and_their_diff_is_readable(server: AppServer, page: Page) -> None:
    entry = {"question": "Mood?", "answer": '["calm"]', "answer_type": "label", "options": ["calm", "warm"]}
    project_id = desk_with(page, server, entry)
    page.keyboard.press("e")
    page.locator(".desk .form .chips button", has_text="warm").click()
    expect(page.locator(".desk .diff")).to_contain_text("calm, warm")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk .ending")).to_be_visible()
    wait_until_saved(page)
    first = entries_of(server, project_id)[0]
    assert (first.answer, first.confirmed) == ('["calm", "warm"]', True)


def test_an_answer_with_a_schema_is_validated_while_typing_and_saved_only_when_valid(
    server: AppServer, page: Page
) -> None:
    entry = {"question": "How many?", "answer": '{"count": 1}', "answer_type": "custom_format", "options": SCHEMA}
    project_id = desk_with(page, server, entry)
    first: list[Route] = []
    page.route("**/desk/check", lambda route: route.continue_() if first else first.append(route))
    with page.expect_request("**/desk/check"):
        page.keyboard.press("e")
    page.locator(".desk textarea.code").fill('{"count": "two"}')
    expect(page.locator(".desk .status")).to_contain_text("breaks its schema")
    with page.expect_response("**/desk/check") as late:  # what was asked first is answered last
        first[0].continue_()
    late.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert "breaks its schema" in page.locator(".desk .status").inner_text()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk textarea.code")).to_be_visible()
    page.locator(".desk textarea.code").fill('{"count": 2}')
    expect(page.locator(".desk .status")).to_have_text("Valid")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk .ending")).to_be_visible()
    wait_until_saved(page)
    first = entries_of(server, project_id)[0]
    assert (first.answer, first.confirmed) == ('{"count": 2}', True)


def test_other_answers_to_the_same_question_come_first_with_their_model(server: AppServer, page: Page) -> None:
    desk_with(
        page, server,
        {"question": "Who?", "answer": "Ann"}, {"question": "Where?", "answer": "Here", "model": "a"},
        {"question": "Who?", "answer": "Bob", "model": "b"},
    )  # fmt: skip
    expect(page.locator(".desk .question")).to_have_text("Who?")
    expect(page.locator(".desk .others .caption")).to_have_text(["The same question", "1 other entry of this image"])
    expect(page.locator(".desk .others li")).to_have_text(["·b: Bob", "·Where? Here"])


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1000, 700), (800, 900), (800, 600)])
def test_the_desk_is_not_cut_off_at_any_size(server: AppServer, open_page: OpenPage, width: int, height: int) -> None:
    page = open_page(width=width, height=height)
    desk_with(page, server, {"question": "One?", "answer": "1"}, {"question": "Two?", "answer": "2"})
    page.keyboard.press("x")
    expect(page.locator(".desk .last .chip")).to_have_count(5)

    def box(part: str) -> dict[str, float]:
        found = page.locator(part).bounding_box()
        assert found is not None
        return dict(found)

    def bottom(part: str) -> float:
        return box(part)["y"] + box(part)["height"]

    expect(page.locator(".desk .keys")).to_be_visible()
    assert bottom(".desk .side") <= bottom(".desk .body") <= box(".desk .keys")["y"] + 1
    assert box(".desk .reading")["height"] >= 130
    assert box(".desk .stage")["height"] >= 130
    if height >= 700:  # a lower window scrolls to the rest
        assert bottom(".desk") <= height


def test_a_change_of_several_words_is_one_change(server: AppServer, page: Page) -> None:
    desk_with(page, server, {"question": "What is in the box?", "answer": "1"})
    page.keyboard.press("e")
    page.locator(".desk textarea.question").fill("Who was near the box?")
    expect(page.locator(".desk .diff del")).to_have_text(["What is in"])
    expect(page.locator(".desk .diff ins")).to_have_text(["Who was near"])


def test_a_similar_image_becomes_the_twin_of_an_entry_until_undo(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project(f"Twins {time.monotonic_ns()}")
        files = [(f"{color}.png", png(color)) for color in ("red", "green", "blue")]
        images = [outcome.image for outcome in ImageService(db).intake.add_images(project.id, files) if outcome.image]
        with db.transaction() as session:
            for number, image in enumerate(images):
                vector = rows.packed(np.array([1.0, number / 10]))
                session.add(ImageVectors(project_id=project.id, image_id=image.id, kind="test 1", vector=vector))
        ImageDatasetService(db).create_dataset_entry(project.id, images[0].id, "Is it red?", "yes", model="m")
    open_desk(page, server, project.id)
    page.keyboard.press("p")
    expect(page.locator(".desk .candidates button")).to_have_count(2)
    page.keyboard.press("2")
    page.keyboard.type("Yes")
    page.keyboard.press("Enter")
    expect(page.locator(".desk .status")).to_contain_text("so it makes no twin")
    page.locator(".desk .form input").fill("no")
    page.keyboard.press("Enter")
    expect(page.locator(".desk .twin")).to_contain_text("no")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".desk .facts")).to_contain_text("blue.png")
    page.keyboard.press("u")
    expect(page.locator(".desk .twin")).to_have_count(0)
    page.keyboard.press("a")
    wait_until_saved(page)
    (entry,) = entries_of(server, project.id)
    assert (entry.confirmed, entry.tags) == (True, "")
