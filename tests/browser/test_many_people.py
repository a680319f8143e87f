"""Twenty people with four roles in Chromium, five of them at once at the desk of one project.

Only with VITRINE_PROVE=1: it takes minutes.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.accounts.roles import Role
from core.audit import AuditFilter
from core.dataset import EntryFilter
from core.db import connect
from core.services import Services
from tests.browser.driving import AppServer, settle
from tests.core.images.pictures import drawn, encoded

pytestmark = [pytest.mark.browser, pytest.mark.prove, pytest.mark.timeout(900)]

SECRET = "nine green bottles"
PEOPLE = {Role.OWNER: 2, Role.EDITOR: 3, Role.ANNOTATOR: 10, Role.VIEWER: 5}
AT_ONCE = 5
ENTRIES, IMAGES = 200, 20
SEES = {
    Role.OWNER: {"Upload", "Curate", "Export", "Team", "Settings"},
    Role.EDITOR: {"Upload", "Curate", "Export", "Team", "Settings"},
    Role.ANNOTATOR: {"Curate", "Team", "Settings"},
    Role.VIEWER: {"Team", "Settings"},
}
SETTLED = ".desk .question:visible, .desk .ending h2:visible"
# Records, before the desk handles the key, which question is shown at each decision.
SHOWN = """
window.seen = [];
window.addEventListener("keydown", ({ key }) => {
  const hosts = [...document.querySelectorAll("*")].filter((node) => node.shadowRoot);
  const question = hosts.map((node) => node.shadowRoot.querySelector(".desk .question")).find(Boolean);
  if ("ax".includes(key) && question?.offsetParent) window.seen.push([key, question.textContent]);
}, true);
"""


def names() -> dict[str, Role]:
    return {f"{role.value}{number}": role for role, count in PEOPLE.items() for number in range(count)}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AppServer, str]]:
    """A server with twenty accounts and a project of 200 entries, and the id of the project."""
    with AppServer.running(tmp_path_factory.mktemp("lab"), VITRINE_SIGN_IN="accounts") as server:
        with connect(server.data_dir) as db:
            services = Services(db)
            services.accounts.create_account("root", SECRET, is_admin=True)
            project = services.projects.create_project("Lab")
            for name, role in names().items():
                account = services.accounts.create_account(name, SECRET)
                services.memberships.set_role(project.id, account.id, role)
            outcomes = services.intake.add_images(
                project.id, [(f"{n}.png", encoded(drawn(n), "PNG")) for n in range(IMAGES)]
            )
            images = [outcome.image.id for outcome in outcomes if outcome.image is not None]
            for number in range(ENTRIES):
                services.dataset.create_dataset_entry(
                    project.id, images[number % len(images)], f"Question {number}?", "yes", model="a/one"
                )
        yield server, project.id
        assert "Traceback" not in server.log_text(), server.log_text()[-4000:]


@pytest.fixture(scope="module")
def windows(browser: Browser, lab: tuple[AppServer, str]) -> Iterator[dict[str, Page]]:
    """A window of each person, signed in."""
    contexts: list[BrowserContext] = []
    pages: dict[str, Page] = {}
    for name in names():
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 800}))
        page = pages[name] = contexts[-1].new_page()
        page.goto(f"{lab[0].url}/?project={lab[1]}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(SECRET)
        page.get_by_role("button", name="Sign in").click()
        settle(page)
    yield pages
    for context in contexts:
        context.close()


def test_each_of_twenty_people_sees_the_pages_of_their_role(
    lab: tuple[AppServer, str], windows: dict[str, Page]
) -> None:
    for name, role in names().items():
        windows[name].goto(f"{lab[0].url}/?project={lab[1]}")
        links = windows[name].locator("[data-testid=stSidebar]").get_by_role("link")
        for text in SEES[Role.OWNER]:
            expect(links.filter(has_text=text), name).to_have_count(int(text in SEES[role]))


def test_five_at_once_at_the_desk_never_get_the_same_entry_and_each_decision_has_its_person(
    lab: tuple[AppServer, str], windows: dict[str, Page]
) -> None:
    server, project_id = lab
    reviewers = [name for name, role in names().items() if role is Role.ANNOTATOR][:AT_ONCE]
    for name in windows.keys() - set(reviewers):  # an annotator lands at the desk, and an open desk keeps its entries
        windows[name].goto("about:blank")
    for name in reviewers:
        windows[name].add_init_script(SHOWN)
        windows[name].goto(f"{server.url}/curate?project={project_id}")
    for name in reviewers:
        expect(windows[name].locator(".desk .question")).to_be_visible(timeout=60_000)
    began = time.monotonic()
    with connect(server.data_dir) as db:
        entries, still_open = Services(db).entries, EntryFilter().with_term("is", "open")
        while entries.count_entries(project_id, still_open):
            assert time.monotonic() - began < 600, "the queue does not end"
            for name in reviewers:
                # While the next entries are loaded, neither is visible.
                windows[name].locator(".desk .question:visible, .desk .ending h2:visible").first.wait_for(
                    timeout=60_000
                )
                for key in "aaax":
                    windows[name].keyboard.press(key)
    took_s = time.monotonic() - began
    for name in reviewers:
        windows[name].wait_for_function(
            "() => !Object.keys(localStorage).some((name) => name.startsWith('vitrine-act:'))", timeout=60_000
        )
    seen = {name: [tuple(one) for one in windows[name].evaluate("window.seen")] for name in reviewers}
    _check(server.data_dir, project_id, seen)
    figures = {name: len(shown) for name, shown in seen.items()}
    print(f"\n{sum(figures.values())} decisions of {len(figures)} people in {took_s:.0f} s: {figures}")


def _check(data_dir: Path, project_id: str, seen: dict[str, list[tuple[str, str]]]) -> None:
    """Check what is stored and what the audit says against what each window showed when a key was pressed."""
    shown_to = Counter(question for shown in seen.values() for _, question in shown)
    assert [question for question, times in shown_to.items() if times > 1] == []
    assert len(shown_to) == ENTRIES
    with connect(data_dir) as db:
        services = Services(db)
        entries = services.entries.find_entries(project_id, EntryFilter(), limit=1000).items
        decisions = {entry.question: entry.decision for entry in entries}
        by_id = {entry.id: entry.question for entry in entries}
        audited = [
            (act.who, act.act, by_id[act.object_id])
            for act in services.audit.iter_acts(AuditFilter(project_id=project_id, kind="entry"))
            if act.act in ("entry.confirm", "entry.reject")
        ]
    assert sorted(question for _, _, question in audited) == sorted(by_id.values())
    assert {who for who, _, _ in audited} == seen.keys()
    acts = {"a": "entry.confirm", "x": "entry.reject"}
    assert {(name, acts[key], question) for name, shown in seen.items() for key, question in shown} <= set(audited)
    assert {question: f"entry.{decision.removesuffix('ed')}" for question, decision in decisions.items()} == {
        question: act for _, act, question in audited
    }
    assert min(len(shown) for shown in seen.values()) > 0
