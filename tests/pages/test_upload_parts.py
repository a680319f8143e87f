"""The Upload page: how large its drop zone is, what it says of limits, and where it leads on."""

from types import SimpleNamespace

import pytest

from pages.components.upload import drop, import_view, recent, waiting_imports
from tests.pages.reading import read
from tests.pages.running import open_page, services
from tests.pictures import striped


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The hint of each drop zone that was drawn, and whether it is small."""
    drawn: list[tuple[str, bool]] = []
    monkeypatch.setattr(drop, "show", lambda _id, hint, _unfinished, *, compact, on_drop: drawn.append((hint, compact)))
    monkeypatch.setattr(recent, "show", lambda _id: None)
    monkeypatch.setattr(import_view, "show", lambda _id: None)
    monkeypatch.setattr(waiting_imports, "show", lambda *_of: None)
    return drawn


@pytest.mark.parametrize(
    ("waits", "query", "is_small"),
    [(False, {}, False), (True, {}, True), (False, {"task": "t"}, True)],
    ids=["empty", "an import waits", "an import runs"],
)
def test_the_drop_zone_is_large_while_there_is_nothing_else(
    waits: bool, query: dict[str, str], is_small: bool, dropped: list[tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(waiting_imports, "any_waits", lambda *_of: waits)
    open_page("upload", services().projects.create_project("Shelf").id, **query)
    hint, is_compact = dropped[-1]
    assert is_compact is is_small
    assert hint == (
        "JPEG, PNG or WebP up to 100 MB each; ZIP, PDF, Parquet, Arrow, tar, JSON or CSV up to 2 GB. They stay on this "
        "machine."
    )


@pytest.mark.usefixtures("dropped")
@pytest.mark.parametrize(
    ("asked", "waits", "button"),
    [(0, False, "[Ask about 2 images]"), (1, False, "[Ask about 1 image]"), (2, True, "[Ask more questions]")],
)
def test_the_page_leads_to_questions_and_an_import_that_waits_comes_first(
    asked: int, waits: bool, button: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(project.id, [(f"{number}.png", striped(number)) for number in range(2)])
    for outcome in outcomes[:asked]:
        assert outcome.image is not None
        services().questions.add_manual_question(outcome.image.id, "Which?")
    monkeypatch.setattr(waiting_imports, "any_waits", lambda *_of: waits)
    at = open_page("upload", project.id)
    assert button in read(at)
    assert at.button(key="upload-next").proto.type == ("secondary" if waits else "primary")
    (state,) = [line for line in read(at) if line.startswith("2 images, ")]
    assert state.endswith(f"{asked} with questions, 0 similar to another image")


@pytest.mark.usefixtures("dropped")
def test_only_uploads_that_are_complete_wait_for_their_import(monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = [SimpleNamespace(id="a", is_complete=True), SimpleNamespace(id="b", is_complete=False)]
    waiting: list[list[str]] = []
    unfinished: list[list[str]] = []
    monkeypatch.setattr(services().uploads, "list_uploads", lambda _id: uploads)
    monkeypatch.setattr(waiting_imports, "any_waits", lambda _id, of: waiting.append([one.id for one in of]))
    monkeypatch.setattr(drop, "show", lambda _id, _hint, of, **_how: unfinished.append([one.id for one in of]))
    open_page("upload", services().projects.create_project("Shelf").id)
    assert (waiting[-1], unfinished[-1]) == (["a"], ["b"])
