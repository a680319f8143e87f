"""Signing in and out in Chromium, and pages of other ports."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.accounts.roles import Role
from core.db import connect
from core.services import Services
from pages import PAGES
from tests.browser.driving import AppServer, settle

pytestmark = pytest.mark.browser

OPEN_SOCKET = """
url => new Promise(done => {
  const socket = new WebSocket(url, ["streamlit"]);
  socket.onopen = () => done("open");
  socket.onclose = () => done("refused");
})
"""


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("server")
    with AppServer.running(directory, VITRINE_ACCESS_PASSWORD="open sesame") as app:
        yield app


@pytest.fixture
def other_port() -> Iterator[str]:
    """Serve an empty page on another port of this machine."""

    class EmptyPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_signing_in_opens_the_requested_page_and_signing_out_closes_it(locked: AppServer, page: Page) -> None:
    page.goto(f"{locked.url}/settings?tab=Prompts")
    expect(page.get_by_text("Sign in to use this Vitrine.")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()

    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the password. Try again.")

    page.get_by_label("Password").fill("open sesame")
    page.get_by_label("Your name").fill("Ana")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert page.url == f"{locked.url}/settings?tab=Prompts"
    links = page.get_by_test_id("stSidebar").get_by_test_id("stPageLink")
    expect(links).to_have_count(sum(not entry.needs_accounts for entry in PAGES))

    page.reload()
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Sign in to use this Vitrine.")).to_be_visible()


def _sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Sign in").click()
    settle(page)


def test_signing_out_in_one_tab_leads_the_others_to_the_sign_in_page_but_keeps_typed_text(
    locked: AppServer, page: Page
) -> None:
    _sign_in(page, f"{locked.url}/settings")
    resting, typing = page.context.new_page(), page.context.new_page()
    for tab in (resting, typing):
        tab.goto(f"{locked.url}/")
        settle(tab)
    typing.get_by_role("button", name="Start with your images").click()
    name = typing.get_by_role("dialog").get_by_role("textbox").first
    name.press_sequentially("Half a na")

    page.get_by_role("button", name="Sign out").click()
    expect(resting.get_by_text("Sign in to use this Vitrine.")).to_be_visible()
    assert resting.url == f"{locked.url}/"
    expect(typing.get_by_text("You are signed out. Reload to sign in.")).to_be_visible()
    typing.wait_for_timeout(3_000)  # Streamlit goes on asking
    expect(name).to_have_value("Half a na")


def test_the_sign_in_page_works_without_scripts_and_loads_nothing_else(locked: AppServer, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{locked.url}/explore")
    assert requested == [f"{locked.url}/explore"]
    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{locked.url}/explore")
    assert {cookie["name"] for cookie in context.cookies()} >= {"vitrine-access", "vitrine-device"}
    context.close()


def test_a_page_on_another_port_opens_no_websocket(server: AppServer, page: Page, other_port: str) -> None:
    stream = f"{server.url.replace('http', 'ws')}/_stcore/stream"
    page.goto(other_port)
    assert page.evaluate(OPEN_SOCKET, stream) == "refused"
    page.goto(server.url)
    settle(page)
    assert page.evaluate(OPEN_SOCKET, stream) == "open"


def test_a_page_on_another_port_opens_no_websocket_of_a_signed_in_person(
    locked: AppServer, page: Page, other_port: str
) -> None:
    stream = f"{locked.url.replace('http', 'ws')}/_stcore/stream"
    page.goto(locked.url)
    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Sign in").click()
    settle(page)
    page.goto(other_port)
    assert page.evaluate(OPEN_SOCKET, stream) == "refused"


def test_an_invited_person_makes_an_account_and_is_signed_out_by_another_password(
    tmp_path: Path, browser: Browser
) -> None:
    with connect(tmp_path / "data") as db:
        services = Services(db)
        services.accounts.create_account("root", "nine green bottles", is_admin=True)
        project = services.projects.create_project("Shelf")
        invited = services.invitations.invite(project_id=project.id, role=Role.VIEWER, created_by="root")
    running = AppServer.running(tmp_path, VITRINE_SIGN_IN="accounts")
    with running as app, browser.new_context() as ana_context, browser.new_context() as root_context:
        ana, root = ana_context.new_page(), root_context.new_page()
        ana.goto(f"{app.url}/access/invitation/{invited.secret}")
        expect(ana.get_by_text("root invites you to the project Shelf, as viewer.")).to_be_visible()
        ana.get_by_label("Name").fill("ana")
        ana.get_by_label("Password").fill("a row of seven ducks")
        ana.get_by_role("button", name="Make my account").click()
        ana.get_by_test_id("stSidebar").get_by_role("link", name="Team").click()
        expect(ana.get_by_role("heading", name="Team")).to_be_visible()
        expect(ana.get_by_role("button", name="Remove")).to_have_count(0)

        root.goto(f"{app.url}/team?project={project.id}")
        root.get_by_label("Name").fill("root")
        root.get_by_label("Password").fill("nine green bottles")
        root.keyboard.press("Enter")
        expect(root.get_by_role("button", name="Remove")).to_have_count(1)

        ana.get_by_test_id("stSidebar").get_by_role("button", name="ana").click()
        ana.get_by_label("Current password").fill("a row of seven ducks")
        ana.get_by_role("textbox", name="New password").fill("a row of eight ducks")
        ana.get_by_role("button", name="Change password").click()
        expect(ana.get_by_text("You are signed out.").or_(ana.get_by_text("Sign in to use this"))).to_be_visible(
            timeout=60_000
        )
        ana.goto(app.url)
        ana.get_by_label("Name").fill("ana")
        ana.get_by_label("Password").fill("a row of eight ducks")
        ana.keyboard.press("Enter")
        expect(ana.get_by_role("button", name="ana", exact=False).first).to_be_visible()
