"""Imports on the upload page without a browser; tests/browser/test_import.py drops the files."""

import json
import tarfile
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Tasks
from core.importing.upload import Upload
from core.tasks.service import ENDED
from pages.components.shared.page import component_key
from pages.components.shared.page import escape as page_escape
from tests.core.images.pictures import drawn, encoded
from tests.pages.running import errors, has_ended, open_page, services, texts, until


@pytest.fixture
def page() -> AppTest:
    return open_page("upload", services().projects.create_project("Shelf").id)


def project_id() -> str:
    return services().projects.list_projects()[0].id


def llava(image: str, answer: str = "A cup.") -> dict[str, Any]:
    turns = [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": answer}]
    return {"image": image, "conversations": turns}


def zipped(files: dict[str, bytes | str]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def uploaded(name: str, data: bytes, *, sent: int | None = None) -> Upload:
    """Put a file where the drop zone would put it; *sent* leaves the rest of it out."""
    upload = services().uploads.create(project_id(), name, len(data))
    part = data[:sent]
    writer = services().uploads.open_chunk(upload.id, 0)
    writer.write(part)
    upload = writer.commit(f"{zlib.crc32(part):08x}")
    writer.close()
    return upload


ANNOTATED = {"a.jpg": encoded(drawn(1)), "rows.json": json.dumps([llava("a.jpg"), llava("gone.jpg")], indent=1)}


def tasks() -> list[Tasks]:
    return services().tasks.list_tasks(project_id())


def finish(page: AppTest) -> None:
    """Wait until the import on the page has ended, and run the page again."""
    task_id = page.query_params["task"]
    until(lambda: has_ended(task_id) and services().tasks.get_task(task_id).status in ENDED)
    page.run()
    assert not page.exception


def headings(page: AppTest) -> list[str]:
    return [heading.value for heading in page.header]


def test_an_archive_with_annotations_is_previewed_and_imported_with_a_report(page: AppTest) -> None:
    upload = uploaded("shelf.zip", zipped(ANNOTATED))
    page.run()
    assert not page.exception
    assert headings(page) == [r"shelf\.zip"]
    assert "LLaVA, ShareGPT · 1 image · 1 question per record" in texts(page)
    assert "The first 2 records; nothing is stored yet." in texts(page)
    assert tasks() == []

    page.button(key="waiting-import").click().run()
    finish(page)

    [task] = tasks()
    assert (task.task_type, task.config) == (
        "image-import", {"source": "path", "path": upload.path, "name": "shelf.zip", "format": "auto"},
    )  # fmt: skip
    assert headings(page) == [r"Import of shelf\.zip", "Added last"]
    assert "1 image added." in texts(page)
    assert any("2 questions found, 1 stored, 1 names an image that is not here: gone.jpg" in t for t in texts(page))
    [row] = page.dataframe[0].value.to_dict("records")
    assert row["place"].startswith("rows.json:")
    assert (row["outcome"], "gone.jpg" in row["reason"]) == ("left out", True)
    assert services().uploads.list_uploads(project_id()) == []


def test_the_format_can_be_chosen(page: AppTest) -> None:
    upload = uploaded("rows.json", json.dumps([llava("a.jpg")]).encode())
    page.run()
    assert not page.button(key="waiting-import").disabled
    page.selectbox(key=f"waiting-format-{upload.id}").set_value("messages").run()

    assert not page.exception
    assert "No known format" in texts(page)
    assert "This file was not read" in page.warning[0].value
    assert page.button(key="waiting-import").disabled
    page.selectbox(key=f"waiting-format-{upload.id}").set_value("llava").run()
    page.button(key="waiting-import").click().run()
    assert tasks()[0].config["format"] == "llava"


def test_a_file_that_is_not_read_adds_no_format_to_the_summary(page: AppTest) -> None:
    images: dict[str, bytes | str] = {"a.jpg": encoded(drawn(0)), "b.jpg": encoded(drawn(1))}
    uploaded("odd.zip", zipped(images | {"notes.txt": "hi", "rows.csv": "image,question,answer\na.jpg,What?,A cup.\n"}))
    page.run()

    rows = "Rows of questions and answers (JSON, CSV, parquet)"
    assert f"{rows} · 2 annotation files · 2 images · 1 question per record" in texts(page)
    assert page_escape("notes.txt: This text is not read") in page.warning[0].value


@pytest.mark.parametrize(("chosen", "is_embedded"), [("Pages as images", False), ("Embedded images", True)])
def test_the_pages_of_a_pdf_or_what_is_embedded_in_it_are_imported(
    chosen: str, is_embedded: bool, page: AppTest
) -> None:
    pages, data = [drawn(1), drawn(2)], BytesIO()
    pages[0].save(data, "PDF", save_all=True, append_images=pages[1:])
    upload = uploaded("shelf.pdf", data.getvalue())
    page.run()
    page.segmented_control(key="import-pdf-embedded").set_value(chosen).run()
    page.number_input(key="import-pdf-first_page").set_value(2).run()
    page.button(key="waiting-import").click().run()

    assert not page.exception
    assert tasks()[0].config == {
        "source": "path", "path": upload.path, "name": "shelf.pdf", "embedded": is_embedded, "first_page": 2,
    }  # fmt: skip


def test_the_summary_says_where_the_images_come_from(page: AppTest) -> None:
    samples = BytesIO()
    with tarfile.open(fileobj=samples, mode="w") as tar:
        member = tarfile.TarInfo("0.jpg")
        member.size = len(data := encoded(drawn(1)))
        tar.addfile(member, BytesIO(data))
    upload = uploaded("mixed.zip", zipped({"rows.json": json.dumps([llava("cup.jpg")]), "0.tar": samples.getvalue()}))
    page.run()
    assert "LLaVA, ShareGPT · 2 annotation files · images inside · 1 question per record" in texts(page)
    services().uploads.discard(upload.id)

    files: dict[str, bytes | str] = {
        "a.jpg": data,
        "notes.xyz": "",
        "b.xyz": "",
        "rows.json": json.dumps([llava("a.jpg")]),
    }
    upload = uploaded("odd.zip", zipped(files))
    page.run()
    assert "LLaVA, ShareGPT · 1 image · 2 files of unknown kind · 1 question per record" in texts(page)
    services().uploads.discard(upload.id)

    uploaded("web.json", json.dumps([llava("https://example.com/a.jpg")]).encode())
    page.run()
    assert "LLaVA, ShareGPT · images from the web · 1 question per record" in texts(page)


def test_directories_that_look_like_classes_are_offered_as_such(page: AppTest) -> None:
    images: dict[str, bytes | str] = {
        f"{name}/{n}.jpg": encoded(drawn(2 * n + (name == "cat"))) for name in ("cat", "dog") for n in range(2)
    }
    upload = uploaded("pets.zip", zipped(images))
    page.run()
    assert not page.exception
    assert "4 images" in texts(page)
    assert any("names of the 2 directories" in text for text in texts(page))
    assert tasks() == []

    page.button(key="waiting-classes").click().run()
    assert page.selectbox(key=f"waiting-format-{upload.id}").value == "classes"
    assert "The first 4 records; nothing is stored yet." in texts(page)
    page.button(key="waiting-import").click().run()
    finish(page)
    assert [entry.answer for entry in services().dataset.list_dataset_entries(project_id())][::2] == [
        '["cat"]',
        '["dog"]',
    ]


def test_images_without_annotations_are_imported_without_a_further_click(page: AppTest) -> None:
    uploaded("plain.zip", zipped({"a.jpg": encoded(drawn(1)), "b.jpg": encoded(drawn(2))}))
    page.run()
    finish(page)

    assert len(tasks()) == 1
    assert "2 images added." in texts(page)


def test_a_json_alone_is_imported_for_the_images_of_the_project(page: AppTest) -> None:
    services().intake.add_images(project_id(), [("a.jpg", encoded(drawn(1)))])
    uploaded("rows.json", ANNOTATED["rows.json"].encode())  # type: ignore[union-attr]
    page.run()
    page.button(key="waiting-import").click().run()
    finish(page)

    assert any("2 questions found, 1 stored" in text for text in texts(page))
    assert [entry.answer for entry in services().dataset.list_dataset_entries(project_id())] == ["A cup."]


def test_what_waits_is_discarded(page: AppTest) -> None:
    first, second = (uploaded(name, zipped(ANNOTATED)) for name in ("first.zip", "second.zip"))
    page.run()
    assert headings(page) == [r"first\.zip"]
    assert "second.zip waits" in texts(page)
    page.button(key=f"waiting-discard-{first.id}").click().run()

    assert headings(page) == [r"second\.zip"]
    assert services().uploads.list_uploads(project_id()) == [second]


def test_a_damaged_archive_says_so_and_can_be_discarded(page: AppTest) -> None:
    upload = uploaded("broken.zip", b"PK\x03\x04 and nothing more")
    page.run()

    assert not page.exception
    assert headings(page) == [r"broken\.zip"]
    assert page.error[0].value
    page.button(key=f"waiting-discard-{upload.id}").click().run()
    assert not page.error
    assert tasks() == []


def test_an_unfinished_upload_waits_for_its_rest(page: AppTest) -> None:
    uploaded("shelf.zip", zipped(ANNOTATED), sent=10)
    page.run()
    assert not page.exception
    assert headings(page) == []
    assert tasks() == []


def test_an_export_in_the_own_format_is_announced_as_one(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.export.service.is_vitrine_bundle", lambda _path: True)
    uploaded("export.zip", zipped(ANNOTATED))
    page.run()
    assert "An export in Vitrine's own format. It comes back whole, with decisions and history." in texts(page)
    assert page.button(key="waiting-import").label == "Import"


# --- paths ---------------------------------------------------------------------------------------------------


def enter(page: AppTest, path: str) -> None:
    page.segmented_control(key="upload-from").set_value("path").run()
    page.text_input(key="import-path").set_value(path).run()
    page.button(key="import-path-start").click().run()
    assert not page.exception


@pytest.mark.parametrize("written", ["{}", " '{}' ", "file://{}"])
def test_a_path_of_this_machine_is_previewed_and_read_where_it_is(page: AppTest, tmp_path: Path, written: str) -> None:
    shelf = tmp_path / "my shelf"
    shelf.mkdir()
    for name, data in ANNOTATED.items():
        (shelf / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    enter(page, written.format(str(shelf).replace(" ", "%20") if "file" in written else shelf))

    assert headings(page) == ["my shelf"]
    page.button(key="waiting-import").click().run()
    finish(page)
    assert tasks()[0].config["path"] == str(shelf)
    assert "1 image added." in texts(page)
    assert services().uploads.list_uploads(project_id()) == []


def test_a_home_directory_is_written_with_a_tilde(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.jpg").write_bytes(encoded(drawn(1)))
    enter(page, "~/plain")
    finish(page)
    assert "1 image added." in texts(page)


def test_a_path_that_does_not_exist_shows_the_error(page: AppTest, tmp_path: Path) -> None:
    enter(page, str(tmp_path / "gone"))
    assert errors(page) == ["There is no gone on the server."]


def test_the_allowed_directories_are_named_and_others_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_IMPORT_ROOTS", str(tmp_path))
    page = open_page("upload", services().projects.create_project("Shelf").id)
    enter(page, "/etc")
    assert errors(page) == [f"Nothing may be imported from there. Allowed by VITRINE_IMPORT_ROOTS: {tmp_path}."]
    assert any("Allowed" in text and page_escape(str(tmp_path)) in text for text in texts(page))


# --- reports -------------------------------------------------------------------------------------------------


def test_a_report_belongs_to_its_import_only(page: AppTest) -> None:
    key = component_key(f"drop-{project_id()}")
    page.session_state[key] = {"finished": {"counts": {"added": 3}, "rows": [], "seconds": 1.0, "at": 5}}
    page.run()
    assert "3 images added." in texts(page)
    uploaded("plain.zip", zipped({"a.jpg": encoded(drawn(1))}))
    page.run()
    finish(page)
    assert "1 image added." in texts(page)
    assert "3 images added." not in texts(page)

    page.button(key="import-close").click().run()
    assert "task" not in page.query_params
    assert "1 image added." not in texts(page)
    assert "3 images added." not in texts(page)


def test_another_way_in_takes_the_report_of_an_ended_import_away(page: AppTest) -> None:
    uploaded("plain.zip", zipped({"a.jpg": encoded(drawn(1))}))
    page.run()
    finish(page)
    page.segmented_control(key="upload-from").set_value("urls").run()
    assert "task" not in page.query_params
    assert headings(page) == ["Added last"]


def test_an_import_is_paused_resumed_and_cancelled(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(services().engine), "submit", lambda _self, _task_id: None)
    uploaded("plain.zip", zipped({"a.jpg": encoded(drawn(1))}))
    page.run()
    task_id = page.query_params["task"]
    page.run()
    assert not any("0 of 1" in text for text in texts(page))
    page.button(key=f"pause-{task_id}").click().run()
    assert services().tasks.get_task(task_id).status == "paused"
    page.button(key=f"resume-{task_id}").click().run()
    assert services().tasks.get_task(task_id).status == "queued"
    page.button(key=f"cancel-{task_id}").click().run()
    assert services().tasks.get_task(task_id).status == "cancelled"
    assert "Nothing was imported." in texts(page)
    still_comes = "The files that were begun still come in."
    assert still_comes not in texts(page)
    monkeypatch.setattr(type(services().engine), "works_on", lambda _self, _task_id: True)
    page.run()
    assert still_comes in texts(page)


def test_without_an_allowed_directory_a_server_offers_no_path(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(services().intake.import_context), "allows_every_path", False)
    page.segmented_control(key="upload-from").set_value("path").run()
    assert not page.exception
    assert page.text_input(key="import-path").disabled
    assert any("No directory is allowed yet" in text for text in texts(page))
