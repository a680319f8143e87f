"""The drop zone, the grid and the image drawer in Chromium."""

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

    expect(page.get_by_text("31 images added, 1 already in this project, 1 rejected.")).to_be_visible(timeout=30_000)
    expect(page.locator(".cell")).to_have_count(31)
    expect(page.get_by_text("1 to 31 of 31 images")).to_be_visible()
    for image in page.locator(".cell img").all():
        expect(image).not_to_have_js_property("naturalWidth", 0)

    page.reload()
    settle(page)
    expect(page.get_by_text("31 images added, 1 already in this project, 1 rejected.")).to_be_visible(timeout=30_000)


def test_a_similar_image_is_deleted_from_its_group(server: AppServer, page: Page) -> None:
    project_id = open_upload(server, page, range(300, 301))
    with connect(server.data_dir) as db:
        smaller = drawn(300).resize((80, 60))
        ImageService(db).intake.add_images(project_id, [("smaller.jpg", encoded(smaller))])
    page.goto(f"{server.url}/upload?project={project_id}&alike=true")
    settle(page)
    expect(page.get_by_text("1 group of similar images")).to_be_visible(timeout=20_000)
    page.get_by_role("listitem").filter(has_text="smaller.jpg").get_by_role("button", name="Delete").click()

    expect(page.get_by_text("1 image was deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("300.jpg")).to_be_visible()


def test_keys_move_select_and_open_and_a_deletion_is_undone(server: AppServer, page: Page) -> None:
    open_upload(server, page, range(200, 208))
    cells = page.locator(".cell")
    expect(cells).to_have_count(8)
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This deletes 2 images with 0 questions and 0 entries")).to_be_visible()
    page.get_by_role("button", name="Delete 2 images").click()
    expect(cells).to_have_count(6, timeout=20_000)
    page.get_by_role("button", name="Undo").click()
    expect(cells).to_have_count(8, timeout=20_000)

    settle(page)
    cells.first.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("1 of 8 on this page")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(drawer.get_by_text("2 of 8 on this page")).to_be_visible()
    expect(drawer.locator(".stage img")).to_have_js_property("complete", True)


def test_the_next_page_shows_prefetched_thumbnails(server: AppServer, page: Page) -> None:
    fetched: set[str] = set()
    page.on("requestfinished", lambda request: fetched.add(request.url) if "/img/" in request.url else None)
    open_upload(server, page, range(300, 430))
    expect(page.get_by_text("1 to 60 of 130 images")).to_be_visible()
    for _ in range(200):
        if len(fetched) >= 120:
            break
        page.wait_for_timeout(100)
    before = frozenset(fetched)
    assert len(before) >= 120

    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("61 to 120 of 130 images")).to_be_visible(timeout=20_000)
    expect(page.locator(".cell")).to_have_count(60)
    shown = page.locator(".cell img").evaluate_all("images => images.map(image => image.src)")
    assert len(shown) == 60
    assert set(shown) - before == set()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_text("1 to 60 of 130 images")).to_be_visible()


def test_page_turns_faster_than_the_server_are_queued(server: AppServer, page: Page) -> None:
    open_upload(server, page, range(500, 630))
    expect(page.get_by_text("1 to 60 of 130 images")).to_be_visible()
    settle(page)
    page.locator(".cell").first.focus()

    for key, where in (("PageDown", "121 to 130 of 130 images"), ("PageUp", "1 to 60 of 130 images")):
        page.keyboard.press(key)
        page.keyboard.press(key)
        expect(page.get_by_text(where)).to_be_visible(timeout=20_000)
        settle(page)
        expect(page.get_by_text(where)).to_be_visible()
