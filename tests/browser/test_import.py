"""Archives, annotations and folders in the drop zone: sent in chunks, previewed, imported."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from tests.browser.driving import AppServer, settle
from tests.core.images.pictures import drawn, encoded

pytestmark = pytest.mark.browser

LONG_MS = 60_000


def open_upload(server: AppServer, page: Page, name: str, *images: str) -> str:
    """Open the page of a new project with these images, and return the project's id."""
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project(name)
        if images:
            files = [(image, encoded(drawn(seed))) for seed, image in enumerate(images)]
            ImageService(db).intake.add_images(project.id, files)
    page.goto(f"{server.url}/upload?project={project.id}")
    settle(page)
    return project.id


def llava(image: str, question: str, answer: str) -> dict[str, Any]:
    turns = [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]
    return {"image": image, "conversations": turns}


ROWS = json.dumps(
    [
        llava("shelf/cup.jpg", "What stands in the middle?", "A cup."),
        llava("shelf/jar.jpg", "How many jars are there?", "Two."),
        llava("shelf/gone.jpg", "What is it?", "A lamp."),
    ],
    indent=1,
)


def archive(path: Path, *, noise_px: int = 0) -> Path:
    """Write a ZIP with two images and their annotations; *noise_px* adds an image that does not compress."""
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("shelf/cup.jpg", encoded(drawn(0)))
        made.writestr("shelf/jar.jpg", encoded(drawn(1)))
        made.writestr("rows.json", ROWS)
        if noise_px:
            made.writestr("shelf/noise.png", encoded(Image.effect_noise((noise_px, noise_px), 90), "PNG"))
    return path


def choose(page: Page, *files: Path) -> None:
    page.locator("input[type=file][aria-label=Files]").set_input_files(files)


def answers(server: AppServer, project_id: str) -> list[str]:
    with connect(server.data_dir) as db:
        return sorted(entry.answer for entry in ImageDatasetService(db).list_dataset_entries(project_id))


def stored(server: AppServer, name: str) -> list[bytes]:
    return [file.read_bytes() for file in (server.data_dir / "imports").glob(f"*/{name}")]


def import_previewed(page: Page) -> None:
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("button", name="Close")).to_be_visible(timeout=LONG_MS)


def test_an_archive_with_annotations_is_dropped_previewed_and_imported(
    server: AppServer, page: Page, tmp_path: Path
) -> None:
    project_id = open_upload(server, page, "Archive")
    data = archive(tmp_path / "shelf.zip").read_bytes()
    transfer = page.evaluate_handle(
        """(bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "shelf.zip"));
          return transfer;
        }""",
        list(data),
    )
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    page.get_by_text("No images yet.").dispatch_event("drop", {"dataTransfer": transfer})

    first = page.get_by_role("listitem").filter(has_text="What stands in the middle?")
    expect(first.get_by_text("A cup.")).to_be_visible(timeout=LONG_MS)
    expect(first.locator("img")).not_to_have_js_property("naturalWidth", 0)
    missing = page.get_by_role("listitem").filter(has_text="A lamp.")
    expect(missing.get_by_text("Not among the images here.")).to_be_visible()
    assert answers(server, project_id) == []
    import_previewed(page)

    expect(page.get_by_text("2 images added.")).to_be_visible()
    expect(page.get_by_text("3 questions found, 2 stored, 1 names an image that is not here")).to_be_visible()
    expect(page.locator(".cell")).to_have_count(2)
    assert answers(server, project_id) == ["A cup.", "Two."]
    link = page.get_by_role("link", name="Download as CSV").get_attribute("href")
    rows = page.request.get(f"{server.url}{link}").text().splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("rows.json:")
    assert "shelf/gone.jpg" in rows[1]


def test_a_json_alone_finds_its_images_in_the_project(server: AppServer, page: Page, tmp_path: Path) -> None:
    project_id = open_upload(server, page, "JSON alone", "cup.jpg", "jar.jpg")
    (tmp_path / "rows.json").write_text(ROWS)
    choose(page, tmp_path / "rows.json")

    first = page.get_by_role("listitem").filter(has_text="What stands in the middle?")
    expect(first.locator("img")).not_to_have_js_property("naturalWidth", 0, timeout=LONG_MS)
    import_previewed(page)
    expect(page.get_by_text("3 questions found, 2 stored")).to_be_visible()
    assert answers(server, project_id) == ["A cup.", "Two."]


def test_folders_that_look_like_classes_are_previewed(server: AppServer, page: Page, tmp_path: Path) -> None:
    project_id = open_upload(server, page, "Classes")
    for seed, name in enumerate(("train/cat/1", "train/cat/2", "val/dog/1", "val/dog/2")):
        image = tmp_path / "pets" / f"{name}.jpg"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(encoded(drawn(seed)))
    page.locator("input[type=file][aria-label=Folder]").set_input_files(tmp_path / "pets")

    expect(page.get_by_role("heading", name="pets", exact=True)).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("The names of the 2 directories (cat, dog) are tags of the new images.")).to_be_visible()
    page.get_by_role("button", name="Read directories as classes").click()
    expect(page.get_by_text("The first 4 records; nothing is stored yet.")).to_be_visible(timeout=LONG_MS)
    import_previewed(page)
    assert sorted(answers(server, project_id)) == ['["cat"]', '["cat"]', '["dog"]', '["dog"]']


def test_a_folder_with_annotations_comes_as_a_whole(server: AppServer, page: Page, tmp_path: Path) -> None:
    project_id = open_upload(server, page, "Folder")
    (tmp_path / "möbel" / "shelf").mkdir(parents=True)
    (tmp_path / "möbel" / "shelf" / "cup.jpg").write_bytes(encoded(drawn(0)))
    (tmp_path / "möbel" / "shelf" / "jar.jpg").write_bytes(encoded(drawn(1)))
    (tmp_path / "möbel" / "rows.json").write_text(ROWS)
    page.locator("input[type=file][aria-label=Folder]").set_input_files(tmp_path / "möbel")

    expect(page.get_by_role("heading", name="möbel", exact=True)).to_be_visible(timeout=LONG_MS)
    [packed] = (server.data_dir / "imports").glob("*/möbel")
    with zipfile.ZipFile(packed) as made:
        assert made.testzip() is None
        assert made.namelist() == ["möbel/rows.json", "möbel/shelf/cup.jpg", "möbel/shelf/jar.jpg"]
    import_previewed(page)
    assert answers(server, project_id) == ["A cup.", "Two."]


def test_an_upload_continues_after_a_lost_connection_and_after_a_reload(
    server: AppServer, page: Page, tmp_path: Path
) -> None:
    open_upload(server, page, "Lost")
    file = archive(tmp_path / "large.zip", noise_px=1700)
    size = file.stat().st_size
    assert size > 2_100_000
    offsets: list[int] = []
    is_lost = True

    def put(route: Route) -> None:
        if route.request.method == "PUT":
            offset = int(route.request.headers["upload-offset"])
            if is_lost and offset:
                route.abort("internetdisconnected")
                return
            offsets.append(offset)
        route.continue_()

    page.route("**/uploads/*", put)
    page.on("dialog", lambda dialog: dialog.accept())
    choose(page, file)
    expect(page.get_by_text("The connection is lost; this continues when it is back.")).to_be_visible(timeout=LONG_MS)

    page.reload()
    settle(page)
    expect(page.get_by_text("is here. Choose the same file again to continue.")).to_be_visible(timeout=LONG_MS)
    is_lost = False
    choose(page, file)

    expect(page.get_by_role("heading", name="large.zip")).to_be_visible(timeout=LONG_MS)
    assert stored(server, "large.zip") == [file.read_bytes()]
    assert offsets[:2] == [0, 1_000_000]
    assert offsets == sorted(set(offsets))


def test_two_tabs_that_send_the_same_file_store_it_once(server: AppServer, page: Page, tmp_path: Path) -> None:
    open_upload(server, page, "Two tabs")
    file = archive(tmp_path / "shared.zip", noise_px=1700)
    other = page.context.new_page()
    other.goto(page.url)
    settle(other)
    for tab in (page, other):
        choose(tab, file)
    for tab in (page, other):
        expect(tab.get_by_role("heading", name="shared.zip")).to_be_visible(timeout=LONG_MS)
    assert stored(server, "shared.zip") == [file.read_bytes()]


def test_an_unfinished_upload_is_discarded(server: AppServer, page: Page, tmp_path: Path) -> None:
    open_upload(server, page, "Discard")
    page.route("**/uploads/*", lambda route: route.abort() if route.request.method == "PUT" else route.continue_())
    page.on("dialog", lambda dialog: dialog.accept())
    choose(page, archive(tmp_path / "never.zip"))
    expect(page.get_by_text("The connection is lost")).to_be_visible(timeout=LONG_MS)
    page.reload()
    settle(page)
    page.unroute_all()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("never.zip")).to_have_count(0)
    page.wait_for_timeout(500)
    assert stored(server, "never.zip") == []


def test_a_file_over_the_limit_is_refused_with_a_sentence(server: AppServer, page: Page, tmp_path: Path) -> None:
    open_upload(server, page, "Too large")
    file = tmp_path / "huge.zip"
    with file.open("wb") as made:
        made.truncate(2_000_000_001)  # a hole: it takes no room on the disk
    choose(page, file)
    expect(
        page.get_by_text("This file is larger than 2 GB, the limit of an upload. Import it by its path.")
    ).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("huge.zip")).to_have_count(0)
