"""What waits for its import: which way it is offered, its summary in one line, and the task that imports it."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.importing.previewing import ImportPreview, PreviewImage, PreviewRecord
from core.importing.records import Problem
from core.importing.survey import Survey
from pages.components.shared import run_queue
from pages.components.upload import drop, records, source_options, waiting_imports
from pages.components.upload.waiting_imports import _Waiting
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

PATH = _Waiting("path", "/srv/shelf", "shelf", is_upload=False)
UPLOAD = _Waiting("u", "/data/shelf.zip", "shelf.zip", is_upload=True)
CLASSES = tuple(f"{name}/{number}.png" for name in ("cats", "dogs") for number in range(9))


def surveyed(**names: tuple[str, ...]) -> Survey:
    given = dict.fromkeys(("images", "others", "annotations", "tables", "documents", "ignored"), ()) | names
    return Survey(**given)  # type: ignore[arg-type]


def record(*images: PreviewImage, turns: int = 1) -> PreviewRecord:
    return PreviewRecord("a.json:1", images, (SimpleNamespace(),) * turns)  # type: ignore[arg-type]


def previewed(*found: PreviewRecord, **changed: Any) -> ImportPreview:
    return ImportPreview(found, **{"formats": {}, "problems": (), **changed})


@pytest.mark.parametrize(
    ("files", "found", "line"),
    [
        ({}, previewed(), ""),
        ({"images": ("a.png",)}, previewed(), "1 image"),
        ({"annotations": ("a.json",)}, previewed(), "No known format"),
        ({"annotations": ("a.json",)}, previewed(formats={"a.json": "LLaVA"}), "LLaVA"),
        ({"annotations": ("a.json",), "tables": ("b.csv",)}, previewed(formats={"a.json": "LLaVA", "b.csv": "LLaVA"}),
         "LLaVA · 2 annotation files"),
        ({"tables": ("a.csv", "b.csv", "c.csv")},
         previewed(formats={"a.csv": "VQA", "b.csv": "LLaVA", "c.csv": ""}, problems=(Problem("b.csv", "No."),)),
         "VQA · 3 annotation files"),
        ({"annotations": ("a.json",), "images": ("a.png", "b.png")},
         previewed(record(), record(turns=3), formats={"a.json": "LLaVA"}),
         "LLaVA · 2 images · 1 to 3 questions per record"),
        ({"annotations": ("a.json",), "others": ("x", "y")}, previewed(record(turns=2)),
         "No known format · 2 files of unknown kind · 2 questions per record"),
    ],
)  # fmt: skip
def test_one_line_says_the_formats_the_images_and_the_questions(
    files: dict[str, tuple[str, ...]], found: ImportPreview, line: str
) -> None:
    assert waiting_imports._summary(surveyed(**files), found) == line


WEB = PreviewImage("https://example.org/a.png")
FETCHED = PreviewImage("https://example.org/a.png", stored_name="a.png")
KNOWN = PreviewImage("a.png", image_id="i")
OF_PROJECT = "for images of this project"


@pytest.mark.parametrize(
    ("files", "found", "parts"),
    [
        ({}, previewed(record(WEB)), ["images from the web"]),
        ({}, previewed(record(FETCHED)), [OF_PROJECT]),
        ({}, previewed(record(PreviewImage("a.png"))), [OF_PROJECT]),
        ({"others": ("x",)}, previewed(record(PreviewImage("a.png"))), ["1 file of unknown kind"]),
        ({"others": ("x",)}, previewed(record(KNOWN)), [OF_PROJECT, "1 file of unknown kind"]),
        ({"others": ("x",)}, previewed(has_images_inside=True), ["images inside", "1 file of unknown kind"]),
        ({"images": ("a.png",)}, previewed(record(KNOWN)), ["1 image"]),
        ({}, previewed(), []),
    ],
)
def test_images_are_those_that_come_along_else_those_of_the_project(
    files: dict[str, tuple[str, ...]], found: ImportPreview, parts: list[str]
) -> None:
    assert waiting_imports._images(surveyed(**files), found) == parts


@pytest.mark.parametrize(
    ("count", "rest"), [(1, []), (5, []), (6, ["and 1 more; the report of the import lists all"])]
)  # fmt: skip
def test_five_problems_are_told_and_the_others_counted(count: int, rest: list[str]) -> None:
    problems = tuple(Problem(f"{number}.json", "Not JSON.") for number in range(count))
    (warning,) = draw(waiting_imports._problems, previewed(problems=problems)).warning
    told = [f"{number}.json: Not JSON." for number in range(min(count, 5))]
    assert warning.value.replace("\\", "").split("\n\n") == told + rest
    assert read(draw(waiting_imports._problems, previewed())) == []


def test_directories_are_classes_only_where_nothing_else_says_what_the_images_are() -> None:
    assert set(waiting_imports._classes(surveyed(images=CLASSES)).values()) == {"cats", "dogs"}
    for other in ("annotations", "tables", "documents"):
        assert waiting_imports._classes(surveyed(images=CLASSES, **{other: ("a",)})) == {}


def test_a_path_comes_before_uploads_and_only_the_first_one_is_previewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_imports, "_offer", lambda _id, one: st.text(f"offer {one.name}"))
    upload: Any = SimpleNamespace(id="u", path="/data/shelf.zip", name="shelf.zip")
    waits: list[bool] = []

    def script(path: str) -> None:
        if path:
            st.session_state["import-offered-path"] = {"project": "p", "path": path}
        waits.append(waiting_imports.any_waits("p", [upload] if path != "/" else []))
        waiting_imports.show("p", [upload])

    assert read(draw(script, "")) == ["offer shelf.zip"]
    assert read(draw(script, "/srv/cups")) == ["offer cups", "shelf.zip waits", "[Discard]"]
    assert read(draw(script, "/")) == ["offer /", "shelf.zip waits", "[Discard]"]
    assert waits == [True, True, True]
    assert waiting_imports.any_waits("p", []) is False


@pytest.mark.parametrize(
    ("files", "is_own", "lines"),
    [
        ({"documents": ("a.pdf",)}, True, ["own"]),
        ({"annotations": ("a.json",)}, False, ["preview"]),
        ({"tables": ("a.csv",), "documents": ("a.pdf",)}, False, ["preview"]),
        ({"images": CLASSES}, False, ["preview"]),
        ({"documents": ("a.pdf",)}, False, ["documents"]),
        ({"images": ("a.png",), "others": ("x",)}, False, ["shelf", "2 files", "[Close]", "import"]),
    ],
    ids=["an own export", "annotations", "a table", "classes", "documents", "images"],
)
def test_what_is_there_decides_how_it_is_offered(
    files: dict[str, tuple[str, ...]], is_own: bool, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_imports, "_looked_at", lambda _path: (surveyed(**files), is_own))
    for name, word in (("restore", "own"), ("preview", "preview"), ("documents", "documents"), ("import", "import")):
        monkeypatch.setattr(waiting_imports, f"_{name}", lambda *_of, word=word: st.text(word))
    assert read(draw(waiting_imports._offer, "p", PATH)) == lines


@pytest.mark.parametrize(
    ("files", "found", "is_off", "lines"),
    [
        ({"tables": ("a.csv",)}, previewed(), True, ["[Import] off", "[Close]"]),
        ({"tables": ("a.csv",)}, previewed(has_images_inside=True), False, ["[Import]", "[Close]"]),
        ({"tables": ("a.csv",), "images": ("a.png",)}, previewed(), False, ["[Import]", "[Close]"]),
        ({"tables": ("a.csv",)}, previewed(record(), record()), False,
         ["[Import]", "[Close]", "The first 2 records; nothing is stored yet.", "records"]),
        ({"images": CLASSES}, previewed(), False, ["[Read directories as classes]", "[Import]", "[Close]"]),
        ({"images": CLASSES}, previewed(record()), False,
         ["[Import]", "[Close]", "The first 1 record; nothing is stored yet.", "records"]),
    ],
)  # fmt: skip
def test_a_preview_can_be_imported_when_something_of_it_can_be_read(
    files: dict[str, tuple[str, ...]], found: ImportPreview, is_off: bool, lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    imported: list[dict[str, Any]] = []
    monkeypatch.setattr(services().import_previewer, "preview", lambda *_of: found)
    monkeypatch.setattr(waiting_imports, "_summary", lambda *_of: "")
    monkeypatch.setattr(waiting_imports, "_import", lambda *_of, **options: imported.append(options))
    monkeypatch.setattr(run_queue, "release", lambda: None)
    monkeypatch.setattr(records, "show", lambda *_of, key: st.text("records"))
    at = draw(waiting_imports._preview, "p", PATH, surveyed(**files))
    shown = [line for line in read(at) if not line.startswith(("shelf", "Directories", "The directories"))]
    assert [line for line in shown if line in lines] == lines
    assert at.button(key="waiting-import").disabled is is_off
    if not is_off:
        at.selectbox(key="waiting-format-path").set_value("llava").run()
        at.button(key="waiting-import").click().run()
        assert imported == [{"format": "llava"}]


def test_documents_are_counted_with_what_lies_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_options, "show", lambda *_of: {"dpi": 200})
    imported: list[dict[str, Any]] = []
    monkeypatch.setattr(waiting_imports, "_import", lambda *_of, **options: imported.append(options))
    alone = draw(waiting_imports._documents, "p", UPLOAD, surveyed(documents=("a.pdf",)))
    assert read(alone) == ["shelf.zip", "1 PDF", "[Import]", "[Discard]"]
    at = draw(
        waiting_imports._documents, "p", UPLOAD, surveyed(documents=("a.pdf", "b.pdf"), images=("c",), others=("d",))
    )
    assert read(at)[1] == "2 PDFs and 1 image and 1 other file"
    assert "waiting-import" in controls(at)
    at.button(key="waiting-import").click().run()
    assert imported == [{"dpi": 200}]


@pytest.mark.parametrize("one", [PATH, UPLOAD])
def test_an_import_has_what_was_chosen_and_waits_no_more(one: _Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(services().tasks, "create_task", lambda *of: done.append(of) or SimpleNamespace(id="t"))
    monkeypatch.setattr(services().uploads, "start", lambda id_: done.append(f"start {id_}"))
    monkeypatch.setattr(services().engine, "submit", lambda id_: done.append(f"submit {id_}"))
    monkeypatch.setattr(drop, "dismiss", lambda id_: done.append(f"dismiss {id_}"))
    monkeypatch.setattr(st, "rerun", lambda: None)
    state = {"import-offered-path": {"project": "p"}}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(st, "query_params", {})
    waiting_imports._import("p", one, format="llava", dpi=None)
    config = {"source": "path", "path": one.path, "name": one.name, "format": "llava"}
    started = ["start u"] if one.is_upload else []
    assert done == [("p", "image-import", config), *started, "dismiss p", "submit t"]
    assert bool(state) is one.is_upload
    assert st.query_params == {"task": "t"}


@pytest.mark.parametrize(("of", "is_offered"), [("p", True), ("other", False)])
def test_a_path_is_offered_in_the_project_that_it_was_entered_in(
    of: str, is_offered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "session_state", {})
    assert waiting_imports.offers_path("p") is False
    monkeypatch.setattr(st, "session_state", {"import-offered-path": {"project": of, "path": "/"}})
    assert waiting_imports.offers_path("p") is is_offered


@pytest.mark.parametrize("allows_every_path", [True, False])
def test_a_path_has_to_be_in_an_allowed_directory_where_there_are_some(
    allows_every_path: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    context = SimpleNamespace(
        allows_every_path=allows_every_path, resolve=lambda path, *, in_roots: asked.append((path, in_roots))
    )
    monkeypatch.setattr(services(), "intake", SimpleNamespace(import_context=context))
    monkeypatch.setattr(st, "rerun", lambda: None)
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", {"task": "t"})
    waiting_imports.offer_path("p", "/srv/shelf")
    assert asked == [("/srv/shelf", not allows_every_path)]
    assert st.query_params == {}
    assert st.session_state == {"import-offered-path": {"project": "p", "path": "/srv/shelf"}}
