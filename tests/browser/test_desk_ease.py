"""The desk in small windows, keys of one's own, and what a key press takes back or opens."""

import time

import pytest
from playwright.sync_api import Page, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from core.dataset import GuidelineService
from tests.browser.conftest import OpenPage
from tests.browser.driving import AppServer, settle
from tests.pictures import png

pytestmark = pytest.mark.browser

SHARE = """() => {
  const box = (name) => {
    const hosts = [...document.querySelectorAll("*")].filter((node) => node.shadowRoot);
    return hosts.map((node) => node.shadowRoot.querySelector(name)).find(Boolean).getBoundingClientRect();
  };
  const [stage, reading] = [box(".desk .stage"), box(".desk .reading")];
  return [(stage.width * stage.height) / (innerWidth * innerHeight), Math.round(reading.height)];
}"""


@pytest.fixture
def project_id(server: AppServer) -> str:
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project(f"Ease {time.monotonic_ns()}")
        images = ImageService(db)
        dataset = ImageDatasetService(db)
        (outcome,) = images.intake.add_images(made.id, [("red.png", png("red"))])
        assert outcome.image is not None
        for number in range(2):
            dataset.create_dataset_entry(made.id, outcome.image.id, f"Question {number}?", "yes", "m")
        dataset.create_dataset_entry(
            made.id, outcome.image.id, "Which color?", '["red"]', "m", "label", options=["red", "blue"]
        )
        GuidelineService(db, images).save(made.id, "Count twice.")
        return made.id


def _open(page: Page, server: AppServer, project_id: str) -> None:
    page.goto(f"{server.url}/curate?project={project_id}")
    settle(page)
    expect(page.locator(".desk .question")).to_have_text("Question 0?")


def _decision(server: AppServer, project_id: str, question: str) -> tuple[str, str, str]:
    with connect(server.data_dir) as db:
        for entry in ImageDatasetService(db).iter_dataset_entries(project_id):
            if entry.question == question:
                return entry.decision, entry.reject_reason, entry.answer
    raise AssertionError(question)


def _wait_until_saved(page: Page) -> None:
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('vitrine-act:'))")


@pytest.mark.parametrize(("width", "height"), [(960, 600), (1024, 768), (768, 1024), (390, 844)])
def test_the_picture_has_half_of_a_small_window_and_what_opens_leaves_the_way_back_free(
    server: AppServer, open_page: OpenPage, project_id: str, width: int, height: int
) -> None:
    page = open_page(width=width, height=height)
    _open(page, server, project_id)
    share, _ = page.evaluate(SHARE)
    assert share >= 0.5

    page.keyboard.press("i")
    expect(page.locator(".desk .guide")).to_contain_text("Count twice.")
    guide, side = (page.locator(f".desk .{name}").bounding_box() for name in ("guide", "side"))
    assert guide is not None
    assert side is not None
    beside = guide["x"] >= side["x"] + side["width"] - 1
    below = guide["y"] >= side["y"] + side["height"] - 1
    is_phone = width < 640  # there they lie over the entry until they are closed
    assert is_phone or beside or below

    page.keyboard.press("h")
    card, top, keys = (page.locator(f".desk {name}").bounding_box() for name in (".card", ".top", ".keys"))
    assert card is not None
    assert top is not None
    assert keys is not None
    # What leads back to the page and the keys themselves stay in reach of a finger.
    assert top["y"] + top["height"] <= card["y"]
    assert card["y"] + card["height"] <= keys["y"]
    page.get_by_role("button", name="Back to the page").click()
    expect(page.locator(".desk.full")).to_have_count(0)


def test_keys_are_changed_kept_and_reset_and_undo_takes_back_a_whole_decision(
    server: AppServer, page: Page, project_id: str
) -> None:
    _open(page, server, project_id)
    question = page.locator(".desk .question")
    page.keyboard.press("x")
    page.keyboard.press("Shift+Digit2")
    expect(page.locator(".desk .last .chip.on")).to_have_text("bad question⇧2")
    _wait_until_saved(page)
    assert _decision(server, project_id, "Question 0?") == ("rejected", "bad question", "yes")
    page.keyboard.press("u")
    expect(question).to_have_text("Question 0?")
    _wait_until_saved(page)
    assert _decision(server, project_id, "Question 0?") == ("open", "", "yes")

    card = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    card.get_by_role("button", name="A", exact=True).click()
    page.keyboard.press("x")
    expect(card.get_by_role("status")).to_have_text("X is the key of “Reject” already. Choose another one.")
    page.keyboard.press("j")
    expect(card.get_by_role("button", name="J", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()

    page.reload()
    settle(page)
    page.keyboard.press("a")  # no key any more
    expect(question).to_have_text("Question 0?")
    page.keyboard.press("j")
    expect(question).to_have_text("Question 1?")
    page.keyboard.press("?")
    card.get_by_role("button", name="Reset all keys").click()
    expect(card.get_by_role("button", name="A", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(question).to_have_text("Which color?")

    page.keyboard.press("e")
    expect(page.locator(".desk .form .chip.on")).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk .ending")).to_contain_text("3 confirmed")
    expect(page.locator(".desk .result")).to_contain_text("3 confirmed entries")
    _wait_until_saved(page)
    assert _decision(server, project_id, "Which color?") == ("confirmed", "", '["blue"]')


def test_what_was_typed_is_kept_until_it_is_saved(server: AppServer, page: Page, project_id: str) -> None:
    _open(page, server, project_id)
    notice, answer = page.locator(".desk [data-part=notice]"), page.locator(".desk textarea.answer")
    confirm = page.locator(".desk .keys").get_by_role("button", name="Confirm")
    page.keyboard.press("e")
    expect(confirm).to_be_disabled()  # the form is open
    page.keyboard.type(", or no")
    page.keyboard.press("Escape")
    expect(confirm).to_be_enabled()
    expect(notice).to_contain_text("What you typed here is not saved.")

    page.reload()
    settle(page)
    notice.get_by_role("button", name="Go on with it").click()
    expect(answer).to_have_value("yes, or no")
    page.get_by_role("button", name="Start from the saved text").click()
    expect(answer).to_have_value("yes")
    page.keyboard.type(", no")
    page.keyboard.press("Shift+Enter")
    _wait_until_saved(page)
    expect(notice).to_be_hidden()
    assert _decision(server, project_id, "Question 0?") == ("open", "", "yes, no")

    page.keyboard.press("s")
    expect(page.locator(".desk .question")).to_have_text("Question 1?")
    page.keyboard.press("q")
    page.keyboard.type("Which one?")
    page.keyboard.press("Escape")
    expect(notice).to_contain_text("Your message was not sent.")
    page.keyboard.press("q")
    expect(page.locator(".desk .form textarea")).to_have_value("Which one?")
    page.keyboard.press("Escape")
    notice.get_by_role("button", name="Discard").click()
    expect(notice).not_to_contain_text("Your message was not sent.")


def test_what_was_saved_before_a_refused_change_is_undone_first(server: AppServer, page: Page, project_id: str) -> None:
    _open(page, server, project_id)
    page.keyboard.press("s")
    question, notice = page.locator(".desk .question"), page.locator(".desk [data-part=notice]")
    expect(question).to_have_text("Question 1?")
    page.keyboard.press("f")
    _wait_until_saved(page)
    page.keyboard.press("e")
    page.locator(".desk textarea.question").fill(" ")
    page.keyboard.press("Shift+Enter")
    expect(notice).to_contain_text("This was not saved.")
    expect(page.locator(".desk .last")).to_contain_text("Flagged Question 1?")

    page.keyboard.press("u")
    expect(page.locator(".desk .last")).to_have_text("Undone.")
    expect(question).to_have_text("Question 1?")
    expect(page.locator(".desk [data-part=marks]")).not_to_contain_text("flagged")
    expect(notice).not_to_contain_text("This was not saved.")


def test_the_first_guidelines_come_to_a_desk_that_is_open(page: Page, server: AppServer, project_id: str) -> None:
    with connect(server.data_dir) as db:
        GuidelineService(db, ImageService(db)).save(project_id, "")
    page.clock.install()
    _open(page, server, project_id)
    button = page.locator(".desk [data-part=keys] [data-do=guidelines]")
    expect(button).to_have_count(0)
    with connect(server.data_dir) as db:
        GuidelineService(db, ImageService(db)).save(project_id, "Count the shadows too.")
    for _ in range(2):  # the first look begins the interval
        page.clock.fast_forward(31_000)
    expect(button).to_contain_text("Guidelines (new)")
    page.keyboard.press("i")
    expect(page.locator(".desk .guide")).to_contain_text("Count the shadows too.")
