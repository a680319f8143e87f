"""Hot reload: the page shows edited code, no table is defined twice, errors are still caught."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import ROOT, AppServer, settle

# It concerns whoever edits Vitrine, and takes longer with every file: the watcher asks for one after the other.
pytestmark = [pytest.mark.browser, pytest.mark.prove]

RELOAD_MS = 100_000

PAGE = """
import streamlit as st
from core.errors import NotFoundError
from pages.components.shared import page

st.title("Settings, {state}", anchor=False)
try:
    page.services().projects.get_project("nowhere")
except NotFoundError as error:
    st.text(f"caught: {{error}}")
project = page.services().projects.create_project("{state}")
st.text(f"made: {{project.name}}")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the app to a directory where it can be edited."""
    checkout = tmp_path / "checkout"
    for name in ("core", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Home.py", checkout)
    return checkout


def _edit(checkout: Path, state: str) -> None:
    (checkout / "pages" / "settings.py").write_text(PAGE.format(state=state))


@pytest.mark.parametrize(
    "core_is_watched",
    [
        pytest.param(False, id="core is not watched"),
        pytest.param(True, id="core is reloaded", marks=pytest.mark.prove),
    ],
)
def test_an_edited_page_and_an_edited_core_file_work_after_a_reload(
    core_is_watched: bool, checkout: Path, tmp_path: Path, page: Page
) -> None:
    settings = {"STREAMLIT_SERVER_FILE_WATCHER_TYPE": "poll", "STREAMLIT_SERVER_RUN_ON_SAVE": "true"}
    if core_is_watched:
        config = checkout / ".streamlit" / "config.toml"
        config.write_text(config.read_text().replace('folderWatchBlacklist = ["core",', "folderWatchBlacklist = ["))
    _edit(checkout, "first")
    with AppServer.running(tmp_path, checkout=checkout, **settings) as server:
        page.goto(f"{server.url}/settings")
        settle(page)
        _expect_working(page, "first")
        _edit(checkout, "second")
        _expect_working(page, "second")
        for module in ("core/db/base.py", "core/errors.py"):
            with (checkout / module).open("a") as file:
                file.write("\nEDITED = True\n")
        _edit(checkout, "third")
        page.reload()
        settle(page)
        _expect_working(page, "third")
        log = server.log_text()
    # An edit during the warm-up ends the background imports with a traceback and has no other effect.
    assert "already defined" not in log
    assert "page failed" not in log


def _expect_working(page: Page, state: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Settings, {state}", timeout=RELOAD_MS)
    expect(page.get_by_text(f"made: {state}")).to_be_visible()
    expect(page.get_by_text("caught: This project does not exist any more. Choose another one.")).to_be_visible()
