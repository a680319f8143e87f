"""Fixtures: the app in a process of its own, and Chromium.

``server`` is a running app without projects; ``page`` is a browser window on it, without anything stored, that fails
the test on any error of the page's scripts. Both leave nothing behind. The modules of a process share one app and one
Chromium: starting the app and importing its libraries takes as long as two tests.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core import ProjectService, connect
from tests.browser import chromium
from tests.browser.driving import AppServer

OpenPage = Callable[..., Page]

# It costs time only where a test fails; on a machine that does much else, the usual 5 s are too short.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def _one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with AppServer.running(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def server(_one_server: AppServer) -> Iterator[AppServer]:
    already_logged = len(_one_server.log_text())
    yield _one_server
    with connect(_one_server.data_dir) as db:
        projects = ProjectService(db)
        for project in projects.list_projects():
            projects.delete_project(project.id)
    logged = _one_server.log_text()[already_logged:]
    assert "Traceback" not in logged, logged[-4000:]


@pytest.fixture(scope="module")
def _chromium() -> Iterator[chromium.Chromium]:
    with chromium.shared() as running:
        yield running


@pytest.fixture(scope="module")
def browser(_chromium: chromium.Chromium) -> Iterator[Browser]:
    with _chromium.in_use() as launched:
        yield launched


@pytest.fixture
def open_page(_chromium: chromium.Chromium, browser: Browser) -> Iterator[OpenPage]:
    """Open a new browser window: ``open_page(width=800, height=900)``. Each has a profile of its own."""
    errors: list[str] = []
    with ExitStack() as opened:
        profile = opened.enter_context(_chromium.profile())

        def new_profile() -> BrowserContext:
            return opened.enter_context(browser.new_context(accept_downloads=True)) if profile.pages else profile

        def open_(width: int = 1440, height: int = 900) -> Page:
            context = new_profile()
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": height})
            page.on("pageerror", lambda error: errors.append(str(error)))
            return page

        yield open_
    assert errors == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()
