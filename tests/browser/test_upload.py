"""The drop zone in Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import ImageService, ProjectService, connect
from tests.browser.driving import AppServer, settle
from tests.core.images.pictures import drawn, encoded

pytestmark = pytest.mark.browser


def open_upload(server: AppServer, page: Page, seeds: range) -> str:
    """Open the page of a new project with one image for each seed, and return the project's id."""
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project(f"Shelf {seeds}")
        if seeds:
            ImageService(db).intake.add_images(project.id, [(f"{n:03}.jpg", encoded(drawn(n))) for n in seeds])
    page.goto(f"{server.url}/upload?project={project.id}")
    settle(page)
    return project.id


def test_dropped_files_and_folders_are_added_and_problems_are_listed(
    server: AppServer, page: Page, tmp_path: Path
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a file name was run as a script: {dialog.message}"))
    open_upload(server, page, range(0))
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for number in range(30):
        (folder / "deep" / f"{number}.jpg").write_bytes(encoded(drawn(number)))
    (folder / "again.jpg").write_bytes(encoded(drawn(0)))
    (folder / "<img src=x onerror=alert(1)>.jpg").write_bytes(encoded(drawn(99)))
    (folder / "words.txt").write_text("hello")
    (folder / ".DS_Store").write_text("hidden")

    page.locator("input[type=file][aria-label=Folder]").set_input_files(folder)

    expect(page.get_by_text("31 images added, 1 already in this project, 1 rejected.")).to_be_visible()
    expect(page.locator(".cell")).to_have_count(24)
    expect(page.get_by_text("The newest 24 of 31 images")).to_be_visible()
    for image in page.locator(".cell img").all():
        expect(image).not_to_have_js_property("naturalWidth", 0)

    page.reload()
    settle(page)
    expect(page.get_by_text("31 images added, 1 already in this project, 1 rejected.")).to_be_visible()
