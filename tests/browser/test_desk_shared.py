"""The queue that several reviewers share, in Chromium: nobody gets the entry of another, or decides one unseen."""

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete

from core import connect
from core.dataset import CollaborationService, EntryQueries, MessageService, parse_search
from core.db import EntryLeases
from tests.browser.conftest import OpenPage
from tests.browser.driving import AppServer
from tests.browser.test_desk import entries_of, open_desk, wait_until_saved
from tests.browser.test_desk_forms import desk_with

pytestmark = pytest.mark.browser


def test_two_reviewers_of_a_shared_queue_get_different_entries(
    server: AppServer, page: Page, open_page: OpenPage
) -> None:
    entries = ({"question": f"Question {number}?", "answer": "yes"} for number in range(45))
    project_id = desk_with(page, server, *entries)
    with connect(server.data_dir) as db:
        CollaborationService(db).set_review_plan(project_id, "shared")
    pages = [open_page(), open_page()]
    for name, one in zip(("Anna", "Ben"), pages, strict=True):
        one.add_init_script(f"localStorage.setItem('vitrine-name', '{name}')")
        open_desk(one, server, project_id)
        expect(one.locator(".desk .top")).to_contain_text(name)
        expect(one.locator(".desk .question")).to_be_visible()
    for one in pages:
        for _ in range(15):
            one.keyboard.press("a")
        wait_until_saved(one)
    with connect(server.data_dir) as db:
        actors = [
            event.actor for entry in entries_of(server, project_id) for event in EntryQueries(db).history(entry.id)[1:]
        ]
    assert sorted(actors) == ["Anna"] * 15 + ["Ben"] * 15


def test_an_empty_shared_queue_counts_leased_entries_and_takes_released_ones(
    server: AppServer, page: Page, open_page: OpenPage
) -> None:
    project_id = desk_with(page, server, {"question": "One?", "answer": "1"})
    with connect(server.data_dir) as db:
        CollaborationService(db).set_review_plan(project_id, "shared")
        CollaborationService(db).assign_entries(project_id, parse_search("is:open"), "Ann", limit=1)
    other = open_page()
    other.goto(f"{server.url}/curate?project={project_id}")
    expect(other.locator(".desk .ending")).to_contain_text("1 entry is being reviewed by others")
    with connect(server.data_dir) as db, db.transaction() as session:
        session.execute(delete(EntryLeases))
    expect(other.locator(".desk .question")).to_have_text("One?")


def test_an_empty_queue_names_the_entries_of_others_as_soon_as_they_are_counted(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"question": "One?", "answer": "1"})
    with connect(server.data_dir) as db:
        CollaborationService(db).set_review_plan(project_id, "shared")
        CollaborationService(db).assign_entries(project_id, parse_search("is:open"), "Ann", limit=1)
    counts: list[Route] = []
    queues: list[Route] = []
    page.route("**/desk/count*", lambda route: route.abort() if counts else counts.append(route))
    # The poll of an empty queue draws it, too.
    page.route("**/desk/queue*", lambda route: route.abort() if queues else (queues.append(route), route.continue_()))
    page.goto(f"{server.url}/curate?project={project_id}")
    expect(page.locator(".desk .ending")).to_contain_text("Choose another filter")
    counts[0].continue_()
    expect(page.locator(".desk .ending")).to_contain_text("1 entry is being reviewed by others")


# Records whether the desk shows an entry each time that it asks for the counts, which it does after new entries came.
SHOWN_AT_COUNT = """() => {
  const { fetch } = window;
  window.shownAtCount = [];
  window.fetch = (url, ...options) => {
    const hosts = [...document.querySelectorAll("*")].filter((node) => node.shadowRoot);
    const question = hosts.map((node) => node.shadowRoot.querySelector(".desk .question")).find(Boolean);
    if (String(url).includes("/desk/count")) window.shownAtCount.push(Boolean(question?.offsetParent));
    return fetch(url, ...options);
  };
}"""


def test_an_entry_is_shown_as_soon_as_keys_can_decide_it(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"question": "One?", "answer": "1"})
    with connect(server.data_dir) as db:
        CollaborationService(db).set_review_plan(project_id, "shared")
        CollaborationService(db).assign_entries(project_id, parse_search("is:open"), "Ann", limit=1)
    page.goto(f"{server.url}/curate?project={project_id}")
    expect(page.locator(".desk .ending")).to_contain_text("1 entry is being reviewed by others")
    page.evaluate(SHOWN_AT_COUNT)
    with connect(server.data_dir) as db, db.transaction() as session:
        session.execute(delete(EntryLeases))
    expect(page.locator(".desk .question")).to_have_text("One?")
    assert page.evaluate("window.shownAtCount.at(-1)") is True


def test_an_entry_that_is_sent_back_shows_at_a_desk_that_is_open(server: AppServer, page: Page) -> None:
    project_id = desk_with(page, server, {"question": "One?", "answer": "1"}, {"question": "Two?", "answer": "2"})
    page.add_init_script("origin !== 'null' && localStorage.setItem('vitrine-name', 'Anna')")
    page.clock.install()
    open_desk(page, server, project_id)
    expect(page.locator(".desk .top")).to_contain_text("Anna")
    page.clock.fast_forward(6_000)  # the first look begins the interval
    with connect(server.data_dir) as db:
        MessageService(db).send(entries_of(server, project_id)[0].id, "Look again.", to="Anna", actor="Ben")
    with page.expect_request("**/desk/count*") as asked:
        page.clock.fast_forward(36_000)
    assert asked.value.url.endswith("&of=sent_back")  # not for the counts of the whole queue
    expect(page.locator(".desk .top")).to_contain_text("Sent back to you: 1")
