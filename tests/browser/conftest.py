"""Fixtures: the app in a process of its own, and Chromium.

``server`` is one running app a module, with its own data directory; ``page`` is a fresh browser window on it that
fails the test on any error of the page's scripts. Both leave nothing behind.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium

OpenPage = Callable[..., Page]

# It costs time only where a test fails; on a machine that does much else, the usual 5 s are too short.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with AppServer.running(tmp_path_factory.mktemp("server")) as running:
        yield running
    assert "Traceback" not in running.log_text(), running.log_text()[-4000:]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        missing = "NO BROWSER: install Chromium (apt install chromium) or name one in VITRINE_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Open a new browser window: ``open_page(color_scheme="dark", width=800, height=900)``."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_(color_scheme: str = "light", width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(
            color_scheme=color_scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": height},
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()
