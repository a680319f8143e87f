"""Every page in Chromium, light and dark, wide and narrow: axe-core, layout shift, and what is asked of the server.

The short form looks at each page once in each theme, at a width each, and opens it at one width. All widths of each
page in both themes are the long form.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from core.db import connect
from core.services import Services
from pages import PAGES
from tests.browser.conftest import PATIENCE_MS
from tests.browser.driving import AppServer, settle
from tests.browser.looking import SHIFT_RECORDER, axe_findings, layout_shift
from tests.conftest import PROVE

# Contrast is not measured while the colors change from one theme to the other.
SETTLED = """
() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(
  () => next(!document.getAnimations().some((one) => one instanceof CSSTransition)))))
"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

SECRET = "nine green bottles"
WIDTHS = (1440, 1024, 800, 390)
OPENED_AT = (800, 1440, 1024)
SHIFT_AT_MOST = 0.1
# Streamlit shows a skeleton in place of a widget or component whose script is on its way.
DRAWN = """
() => !document.querySelector("[data-testid=stSkeleton]")
  && new Promise((drawn) => requestAnimationFrame(() => setTimeout(() => drawn(true), 100)))
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AppServer, str]]:
    """A server with accounts and the sample project, some of it reviewed, and the id of the project."""
    with AppServer.running(tmp_path_factory.mktemp("shelf"), VITRINE_SIGN_IN="accounts") as server:
        with connect(server.data_dir) as db:
            services = Services(db)
            services.accounts.create_account("root", SECRET, is_admin=True)
            project = services.samples.create()
            for entry in services.dataset.list_dataset_entries(project.id, limit=8):
                services.dataset.confirm_entry(entry.id)
                services.dataset.rate_entry(entry.id, 4)
        yield server, project.id
    assert "Traceback" not in server.log_text(), server.log_text()[-4000:]


@pytest.fixture
def window(browser: Browser, shelf: tuple[AppServer, str]) -> Iterator[Page]:
    """A window on the sign-in page that records layout shifts."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(SHIFT_RECORDER)
    page.goto(shelf[0].url)
    yield page
    context.close()


def _sign_in(page: Page) -> None:
    page.get_by_label("Name").fill("root")
    page.get_by_label("Password").fill(SECRET)
    page.keyboard.press("Enter")
    settle(page)


def _findings(page: Page, where: str, turn: int) -> list[str]:
    """Return the findings of axe-core on the open page in both themes, each once; *turn* chooses the short widths."""
    found: dict[str, str] = {}
    for number, scheme in enumerate(("light", "dark"), turn):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_function(SETTLED)
        for width in WIDTHS if PROVE else (WIDTHS[number % len(WIDTHS)],):
            page.set_viewport_size({"width": width, "height": 900})
            for finding in axe_findings(page):
                found.setdefault(finding, f"{where}, {scheme}, {width} px: {finding}")
    page.emulate_media(color_scheme="light")
    return list(found.values())


def test_axe_finds_nothing_serious_and_nothing_jumps_on_any_page(shelf: tuple[AppServer, str], window: Page) -> None:
    server, project_id = shelf
    findings = _findings(window, "sign-in", 0)
    _sign_in(window)
    refused: list[str] = []
    window.on("response", lambda answer: refused.extend(_refusal(answer)))
    for turn, entry in enumerate(PAGES):
        for width in OPENED_AT if PROVE else (OPENED_AT[turn % len(OPENED_AT)],):
            window.set_viewport_size({"width": width, "height": 900})
            window.goto(f"{server.url}/{entry.url_path}?project={project_id}")
            settle(window)
            window.wait_for_function(DRAWN)
            shift, moved = layout_shift(window)
            if shift > SHIFT_AT_MOST:
                findings.append(f"{entry.name} shifts by {shift:.3f} at {width} px: {moved}")
        findings += _findings(window, entry.name, turn)
    assert not findings + refused, "\n\n".join(findings + refused)


def _refusal(answer: Response) -> list[str]:
    return [f"{answer.url} was answered with {answer.status}"] if answer.status >= 400 else []


def test_axe_finds_nothing_serious_in_dialogs(shelf: tuple[AppServer, str], window: Page) -> None:
    server, project_id = shelf
    _sign_in(window)
    window.goto(f"{server.url}/explore?project={project_id}")
    settle(window)
    window.locator(".cell .frame").first.click()
    expect(window.get_by_role("dialog")).to_be_visible()
    findings = _findings(window, "drawer", 1)
    window.goto(f"{server.url}/?project={project_id}")
    settle(window)
    window.get_by_role("button", name="New project").click()
    expect(window.get_by_role("dialog")).to_be_visible()
    findings += _findings(window, "new project", 2)
    assert not findings, "\n\n".join(findings)
