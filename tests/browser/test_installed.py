"""The installed package, served by its command from a directory that has modules of the same names."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.driving import AppServer, settle
from tests.packaging import unpacked_package

pytestmark = pytest.mark.browser


@pytest.mark.prove
def test_the_installed_app_makes_the_sample_project_from_any_directory(
    open_page: OpenPage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    installed = unpacked_package(tmp_path_factory.mktemp("package"))
    for name in ("core.py", "pages.py"):
        (tmp_path / name).write_text("raise RuntimeError('a module of the caller was imported')\n")
    with AppServer.running(
        tmp_path, checkout=tmp_path, module="vitrine", script="", PYTHONPATH=str(installed)
    ) as server:
        page = open_page()
        page.goto(server.url)
        settle(page)
        page.get_by_role("button", name="Try the sample").click()
        expect(page.get_by_text("What kind of jam is in the jar?")).to_be_visible()
        for name in ("Upload", "Generate", "Curate", "Style", "Export", "Explore", "Tasks", "Settings"):
            page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
            expect(page.get_by_role("heading", level=1)).to_have_text(name)
            settle(page)
            assert page.get_by_test_id("stException").count() == page.get_by_text("Something went wrong").count() == 0
        assert (tmp_path / "data" / "vitrine.db").is_file()
    assert "Traceback" not in server.log_text(), server.log_text()[-4000:]
