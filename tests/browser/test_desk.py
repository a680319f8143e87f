"""The review desk in Chromium: each key decides the entry that is shown, and no decision is lost."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from core import ImageDatasets, ImageDatasetService, ImageService, ProjectService, connect
from core.dataset import CollaborationService, EntryQueries, ReviewService, parse_search
from pages.components.curate import desk
from tests.browser.driving import AppServer, settle
from tests.pictures import png

pytestmark = pytest.mark.browser

# Records, before the desk handles the key, which question is shown at each key press.
KEY_RECORDER = """
window.seen = [];
window.addEventListener("keydown", (event) => {
  const hosts = [...document.querySelectorAll("*")].filter((node) => node.shadowRoot);
  const question = hosts.map((node) => node.shadowRoot.querySelector(".desk .question")).find(Boolean);
  window.seen.push([event.key, question && question.textContent]);
}, true);
"""

Project = tuple[str, list[str]]


@pytest.fixture
def project(server: AppServer) -> Callable[[int], Project]:
    """Create projects with a number of entries, three per image; return the id of the project and of its entries."""

    def make(number: int) -> Project:
        with connect(server.data_dir) as db:
            made = ProjectService(db).create_project(f"Desk {time.monotonic_ns()}")
            colors = ("red", "green", "blue", "orange", "purple", "navy", "teal", "gray")
            files = [(f"{index}.png", png(colors[index % 8], (40 + index, 30))) for index in range(-(-number // 3))]
            images = [outcome.image for outcome in ImageService(db).intake.add_images(made.id, files)]
            dataset = ImageDatasetService(db)
            ids = []
            for index in range(number):
                image = images[index // 3]
                assert image is not None
                ids.append(dataset.create_dataset_entry(made.id, image.id, f"Question {index}?", "yes", "m").id)
        return made.id, ids

    return make


def entries_of(server: AppServer, project_id: str) -> list[ImageDatasets]:
    with connect(server.data_dir) as db:
        return ImageDatasetService(db).list_dataset_entries(project_id, limit=1000)


def open_desk(page: Page, server: AppServer, project_id: str, q: str = "") -> None:
    page.add_init_script(KEY_RECORDER)
    page.goto(f"{server.url}/curate?project={project_id}&q={q}")
    settle(page)
    expect(page.locator(".desk .question")).to_be_visible()


def wait_until_saved(page: Page) -> None:
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('vitrine-act:'))")


def test_forty_fast_keys_are_forty_decisions_each_on_the_entry_that_was_shown(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(45)
    open_desk(page, server, project_id)
    keys = ["a", "x", "a", "s"] * 10
    for key in keys:
        page.keyboard.press(key)
    wait_until_saved(page)
    seen = page.evaluate("window.seen")
    assert [key for key, _ in seen] == keys
    expected = {question: {"a": "confirmed", "x": "rejected", "s": "open"}[key] for key, question in seen}
    assert len(expected) == 40
    entries = entries_of(server, project_id)
    assert {entry.question: entry.decision for entry in entries if entry.question in expected} == expected
    assert [entry.decision for entry in entries if entry.question not in expected] == ["open"] * 5
    with connect(server.data_dir) as db:
        assert [len(EntryQueries(db).history(entry.id)) for entry in entries] == [2] * 40 + [1] * 5


def test_a_server_that_stalls_loses_no_decision(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(30)
    open_desk(page, server, project_id)
    stalls = True

    def stall(route: Route) -> None:
        if stalls:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/desk/decide", stall)
    for _ in range(24):
        page.keyboard.press("a")
    expect(page.locator(".desk .trouble")).to_contain_text("wait to be saved. The server does not respond")
    stalls = False
    wait_until_saved(page)
    assert [entry.decision for entry in entries_of(server, project_id)] == ["confirmed"] * 24 + ["open"] * 6
    expect(page.locator(".desk .trouble")).to_have_text("")


def test_keys_do_nothing_while_typing(server: AppServer, page: Page, project: Callable[[int], Project]) -> None:
    project_id, _ = project(3)
    open_desk(page, server, project_id)
    page.keyboard.press("e")
    page.keyboard.type("axsu12")
    page.keyboard.press("Escape")
    page.locator("input[aria-label=Filter]").click()
    page.keyboard.type("axsu")
    expect(page.locator(".desk .question")).to_have_text("Question 0?")
    assert [entry.version for entry in entries_of(server, project_id)] == [1, 1, 1]
    page.keyboard.press("Control+a")
    page.keyboard.type('"Question 2"')
    page.keyboard.press("Enter")  # leaves the field
    expect(page.locator(".desk .question")).to_have_text("Question 2?")
    page.keyboard.press("a")
    expect(page.locator(".desk .ending")).to_contain_text("1 confirmed in 1 minute")
    wait_until_saved(page)
    assert [entry.decision for entry in entries_of(server, project_id)] == ["open", "open", "confirmed"]


def test_an_edit_is_saved_and_confirmed_with_one_key_and_undone_with_another(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(3)
    open_desk(page, server, project_id)
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("no, two")
    expect(page.locator(".desk .diff ins").first).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk .question")).to_have_text("Question 1?")
    wait_until_saved(page)
    first = entries_of(server, project_id)[0]
    assert (first.answer, first.generated_answer, first.decision) == ("no, two", "yes", "confirmed")
    page.keyboard.press("u")
    expect(page.locator(".desk .question")).to_have_text("Question 0?")
    wait_until_saved(page)
    first = entries_of(server, project_id)[0]
    assert (first.answer, first.decision) == ("yes", "open")


def test_undo_continues_before_a_reload(server: AppServer, page: Page, project: Callable[[int], Project]) -> None:
    project_id, _ = project(4)
    open_desk(page, server, project_id)
    page.keyboard.press("a")
    page.keyboard.press("x")
    wait_until_saved(page)
    page.reload()
    settle(page)
    expect(page.locator(".desk .question")).to_have_text("Question 2?")
    page.keyboard.press("u")
    expect(page.locator(".desk .question")).to_have_text("Question 1?")
    page.keyboard.press("u")
    expect(page.locator(".desk .question")).to_have_text("Question 0?")
    wait_until_saved(page)
    assert [entry.decision for entry in entries_of(server, project_id)] == ["open"] * 4


def test_a_conflict_shows_both_versions_and_overwrites_nothing(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, ids = project(6)
    open_desk(page, server, project_id)
    with connect(server.data_dir) as db:
        ImageDatasetService(db).update_dataset_entry(ids[0], answer="theirs", rejected=True, actor="Ben")
    page.keyboard.press("a")
    expect(page.locator(".desk .alarm")).to_contain_text(
        "1 decision was not saved: This entry was changed in the meantime"
    )
    page.locator(".desk .alarm button").click()
    expect(page.locator(".desk .question")).to_have_text("Question 0?")
    expect(page.locator(".desk .answer")).to_have_text("theirs")
    expect(page.locator(".desk .notice")).to_contain_text("Yours: Confirmed")
    assert entries_of(server, project_id)[0].decision == "rejected"
    page.keyboard.press("a")
    wait_until_saved(page)
    first = entries_of(server, project_id)[0]
    assert (first.decision, first.answer) == ("confirmed", "theirs")
    expect(page.locator(".desk .question")).to_have_text("Question 2?")
    with connect(server.data_dir) as db:
        ImageDatasetService(db).confirm_entry(ids[2])
    page.keyboard.press("a")  # the same decision is no conflict
    expect(page.locator(".desk .question")).to_have_text("Question 3?")
    wait_until_saved(page)
    expect(page.locator(".desk .alarm")).to_be_hidden()


def test_a_rejected_change_shows_an_alarm_and_is_rolled_back(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(2)
    open_desk(page, server, project_id)
    page.keyboard.press("e")
    page.locator(".desk textarea.question").fill("   ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk .alarm")).to_contain_text("Write a question.")
    assert entries_of(server, project_id)[0].question == "Question 0?"


def test_the_end_of_the_queue_counts_the_decisions(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(2)
    open_desk(page, server, project_id)
    page.keyboard.press("a")
    page.keyboard.press("s")
    ending = page.locator(".desk .ending")
    expect(ending).to_contain_text("1 confirmed, 1 skipped in 1 minute")
    ending.get_by_text("Doubtful entries").click()
    expect(page.locator(".desk .name")).to_have_text("Doubtful entries")
    expect(ending).to_contain_text("No entries to review here")  # the decisions were of another queue
    ending.get_by_text("Entries you skipped").click()
    expect(page.locator(".desk .question")).to_have_text("Question 1?")
    expect(page.locator(".desk .name")).to_have_text("Entries you skipped")


def test_entries_that_were_added_meanwhile_come_at_the_end_of_the_queue(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(1)
    open_desk(page, server, project_id)
    (first,) = entries_of(server, project_id)
    with connect(server.data_dir) as db:
        ImageDatasetService(db).create_dataset_entry(project_id, first.image_id, "Added?", "yes", "m")
    page.keyboard.press("a")
    expect(page.locator(".desk .question")).to_have_text("Added?")
    expect(page.locator(".desk [data-part=place]")).to_have_text("2 of 2")


def test_a_number_that_arrives_after_a_decision_counts_it_once(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(3)
    counted: list[tuple[Route, APIResponse]] = []
    page.route("**/desk/count*", lambda route: counted.append((route, route.fetch())))
    open_desk(page, server, project_id)
    with page.expect_response("**/desk/decide"):
        page.keyboard.press("a")
    ((route, answer),) = counted
    route.fulfill(response=answer)
    expect(page.locator(".desk [data-part=place]")).to_have_text("2 of 3")


def test_an_image_that_failed_is_loaded_when_the_server_is_back(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(1)
    is_away = True
    page.route("**/img/**", lambda route: route.abort() if is_away else route.continue_())
    open_desk(page, server, project_id)
    image = page.locator(".desk .lens img")
    expect(image).to_have_attribute("alt", "0.png could not be loaded. Trying again.")
    is_away = False
    expect(image).to_have_class("loaded", timeout=15000)
    expect(image).to_have_attribute("alt", "0.png")


def test_entries_passed_without_a_decision_are_counted_and_come_back(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, _ = project(3)
    open_desk(page, server, project_id)
    place, ending = page.locator(".desk [data-part=place]"), page.locator(".desk .ending")
    expect(place).to_have_text("1 of 3")
    asked: list[Route] = []
    page.route("**/desk/ending*", lambda route: asked.append(route))
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("2 of 3")
    page.keyboard.press("x")
    page.keyboard.press("Shift+Digit2")
    expect(place).to_have_text("3 of 3")
    with page.expect_request("**/desk/ending*"):
        page.keyboard.press("ArrowRight")
    expect(place).to_have_text("")
    expect(ending).to_contain_text("2 entries were passed without a decision")
    expect(ending).to_contain_text("1 rejected in 1 minute")
    ending.get_by_text("Go back to them").hover()
    page.mouse.down()
    with page.expect_response("**/desk/ending*") as answer:  # it is drawn above the button that is pressed
        asked[0].continue_()
    answer.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.mouse.up()
    expect(page.locator(".desk .question")).to_have_text("Question 0?")
    expect(place).to_have_text("1 of 3")


def test_a_queue_contains_only_the_entries_of_its_filter(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, ids = project(5)
    with connect(server.data_dir) as db:
        count = ReviewService(db).bulk_ids(project_id, ids[3:], "tag", "odd").changed
        assert count == EntryQueries(db).count_entries(project_id, parse_search("tag:odd")) == 2
    open_desk(page, server, project_id, "tag:odd")
    expect(page.locator(".desk .top")).to_contain_text("1 of 2")
    expect(page.locator(".desk .question")).to_have_text("Question 3?")


def test_the_history_of_an_entry_shows_who_changed_what_and_goes_with_its_entry(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, ids = project(2)
    with connect(server.data_dir) as db:
        ImageDatasetService(db).update_dataset_entry(ids[0], answer="no <i>way</i>", actor="Ben")
    open_desk(page, server, project_id)
    page.locator(".desk").get_by_role("button", name="History").click()
    expect(page.locator(".desk .history")).to_contain_text("edit by Ben")
    expect(page.locator(".desk .history ins")).to_have_text("answer: no <i>way</i>")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".desk .question")).to_have_text("Question 1?")
    expect(page.locator(".desk .card")).to_be_hidden()
    page.route("**/desk/history*", lambda route: route.abort("connectionreset"))
    page.locator(".desk").get_by_role("button", name="History").click()
    expect(page.get_by_role("dialog", name="History")).to_contain_text("The server does not respond.")


def test_the_model_is_asked_again_and_its_answer_is_undone(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project("Again")
        image = ImageService(db).intake.add_images(made.id, [("red.png", png("red"))])[0].image
        assert image is not None
        entry = ImageDatasetService(db).create_dataset_entry(
            made.id, image.id, "What is the main color?", "a guess", "offline/measure"
        )
    open_desk(page, server, made.id)
    page.keyboard.press("g")
    expect(page.locator(".desk .answer")).not_to_have_text("a guess")
    expect(page.locator(".desk .last")).to_contain_text("Asked again")
    with connect(server.data_dir) as db:
        assert EntryQueries(db).history(entry.id)[-1].action == "regenerate"
    page.keyboard.press("u")
    expect(page.locator(".desk .answer")).to_have_text("a guess")
    wait_until_saved(page)
    page.keyboard.press("a")
    wait_until_saved(page)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("g")
    expect(page.locator(".desk .notice")).to_contain_text("Not asked again. This entry is already decided")
    assert entries_of(server, made.id)[0].answer == "a guess"


def test_the_model_is_chosen_where_no_model_has_answered(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project("Chosen")
        image = ImageService(db).intake.add_images(made.id, [("red.png", png("red"))])[0].image
        assert image is not None
        ImageDatasetService(db).create_dataset_entry(made.id, image.id, "What is the main color?", "a guess", "")
    open_desk(page, server, made.id)
    page.keyboard.press("g")
    field = page.get_by_label("Model that answers")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    page.keyboard.press("g")
    page.locator(".desk .form .chip", has_text="offline/measure").click()
    expect(page.locator(".desk .answer")).not_to_have_text("a guess")
    expect(page.locator(".desk .last")).to_contain_text("Asked again")
    assert entries_of(server, made.id)[0].model == "offline/measure"


def test_a_second_reviewer_sees_no_decision_and_changes_none(
    server: AppServer, page: Page, project: Callable[[int], Project]
) -> None:
    project_id, ids = project(3)
    with connect(server.data_dir) as db:
        CollaborationService(db).set_review_plan(project_id, "all", second_percent=100)
        for id_ in ids:
            ReviewService(db).decide(id_, 1, "confirm", actor="Anna")
    open_desk(page, server, project_id, "second:local")
    expect(page.locator(".desk .top")).to_contain_text("Second reviews")
    expect(page.locator(".desk .facts")).to_have_text("Second review0.png")
    page.keyboard.press("a")
    page.keyboard.press("x")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("no")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk .ending")).to_contain_text("3 reviewed a second time")
    wait_until_saved(page)
    entries = entries_of(server, project_id)
    assert [(entry.decision, entry.answer, entry.flagged) for entry in entries] == [
        ("confirmed", "yes", False), ("confirmed", "yes", True), ("confirmed", "yes", True),
    ]  # fmt: skip
    page.keyboard.press("u")
    wait_until_saved(page)
    assert [entry.flagged for entry in entries_of(server, project_id)] == [False, True, False]


MOUNT_TWICE = """async ([script, html, selectors]) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: mount } = await import(url);
  const parentElement = document.createElement("div");
  parentElement.innerHTML = html;
  const data = { project: "none", q: "", actor: "", base: "", ...selectors, withheld: [], leads_to: [] };
  for (let time = 0; time < 2; time += 1) mount({ parentElement, data, setTriggerValue: () => {} })();
  return [...parentElement.querySelectorAll("[data-part=keys] button")].map((button) => button.firstChild.textContent);
}"""


def test_a_desk_that_is_mounted_again_on_the_same_elements_has_each_button_once(server: AppServer, page: Page) -> None:
    page.goto(f"{server.url}/curate")
    selectors = {"main": "main", "block": "body"}
    buttons = page.evaluate(MOUNT_TWICE, [desk._script(), desk._part("desk.html"), selectors])
    assert buttons == [
        "Confirm",
        "Reject",
        "Skip",
        "Edit",
        "Ask again",
        "Undo",
        "Tags",
        "Flag",
        "Message",
        "Guidelines",
        "Keys",
    ]
