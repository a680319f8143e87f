"""What is in the bin, what comes back from it and how, and what stays of what was deleted for good."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from core.bin import BIN_KINDS
from core.caller import Caller, acting
from core.db import Events, GeneratedImages, ImageDatasets, Images, Projects, StyleDatasets, Tasks, utc_now
from core.db.base import Base
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.images.cleanup import ORPHAN_GRACE_S
from core.services import Services
from tests.pictures import png

AddImage = Callable[..., Images]


@pytest.fixture
def add_image(services: Services, project: Projects) -> AddImage:
    def add(name: str = "red.png", color: str = "red", project_id: str = project.id) -> Images:
        (outcome,) = services.intake.add_images(project_id, [(name, png(color))])
        assert outcome.image is not None
        return outcome.image

    return add


def _labels(services: Services, kind: Any, project_id: str | None = None) -> list[str]:
    return [item.label for item in services.bin.find(kind, project_id).items]


def test_what_is_deleted_is_listed_with_when_by_whom_and_until_when(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    image = add_image()
    services.library.delete_images([image.id], actor="Ann")
    (item,) = services.bin.find("image", project.id).items
    assert (item.label, item.project_name, item.deleted_by) == ("red.png", project.name, "Ann")
    assert item.until - item.deleted_at == timedelta(days=30)


def test_who_has_signed_in_is_named_though_no_name_was_given(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    image = add_image()
    with acting(Caller("olga", way="page", is_signed_in=True)):
        services.library.delete_images([image.id])
    assert [item.deleted_by for item in services.bin.find("image", project.id).items] == ["olga"]


def test_an_image_comes_back_with_the_entries_that_went_with_it_and_no_others(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    image = add_image()
    early = services.dataset.create_dataset_entry(project.id, image.id, "Early?", "Yes.")
    late = services.dataset.create_dataset_entry(project.id, image.id, "Late?", "Yes.")
    services.dataset.delete_dataset_entry(early.id, actor="Ben")
    services.library.delete_images([image.id])
    assert _labels(services, "entry") == []
    with pytest.raises(ConflictError, match=r"Its image red\.png is deleted too"):
        services.bin.restore("entry", early.id)
    services.bin.restore("image", image.id, actor="Ann")
    assert [entry.id for entry in services.dataset.list_dataset_entries(project.id)] == [late.id]
    assert _labels(services, "entry", project.id) == ["Early?"]
    services.bin.restore("entry", early.id, actor="Ann")
    assert services.dataset.get_dataset_entry(early.id).question == "Early?"
    assert [entry.who for entry in services.audit.find(limit=2).items] == ["Ann", "Ann"]


def test_restoring_twice_and_into_a_deleted_project_get_a_sentence(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    image = add_image()
    style = services.style.create_style_dataset(project.id, "Warm")
    services.library.delete_images([image.id])
    services.style_datasets.delete_style_dataset(style.id)
    assert _labels(services, "style") == ["Warm"]
    services.projects.delete_project(project.id)
    assert services.bin.counts() == {"project": 1, "image": 0, "entry": 0, "style": 0}
    for kind, id_ in (("image", image.id), ("style", style.id)):
        with pytest.raises(ConflictError, match="Restore the project first"):
            services.bin.restore(kind, id_)  # type: ignore[arg-type]
    services.bin.restore("project", project.id)
    services.bin.restore("style", style.id)
    for kind, id_ in (("project", project.id), ("style", style.id)):
        with pytest.raises(NotFoundError, match="not in the bin any more"):
            services.bin.restore(kind, id_)  # type: ignore[arg-type]


def test_a_name_and_bytes_that_are_taken_meanwhile_get_a_sentence(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    image = add_image()
    services.library.delete_images([image.id])
    add_image("again.png")
    with pytest.raises(ConflictError, match=r"added again, as again\.png"):
        services.bin.restore("image", image.id)
    services.projects.delete_project(project.id)
    services.projects.create_project(project.name)
    restored = services.bin.restore("project", project.id)
    assert restored.label == f"{project.name} (2)"
    assert restored.note == f"Another project is called {project.name}, so this one is called {restored.label} now."


def test_an_image_of_another_project_is_not_in_the_bin_of_this_one(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    image, other = add_image(), services.projects.create_project("Other")
    services.library.delete_images([image.id])
    assert _labels(services, "image", other.id) == []
    with pytest.raises(NotFoundError):
        services.bin.restore("image", image.id, project_id=other.id)
    with pytest.raises(InvalidInputError, match="no task in the bin"):
        services.bin.find("task")  # type: ignore[arg-type]


def test_only_what_is_in_the_bin_for_too_long_is_deleted_for_good(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    old, new = add_image(), add_image("blue.png", "blue")
    entry = services.dataset.create_dataset_entry(project.id, old.id, "Secret question?", "Yes.")
    services.dataset.update_dataset_entry(entry.id, answer="Secret answer.", actor="Ann")
    services.library.delete_images([old.id, new.id])
    _age(services, Images, old.id)
    assert services.bin.remove_expired() == 1
    assert _labels(services, "image") == ["blue.png"]
    with services.db.reading() as session:
        assert session.get(ImageDatasets, entry.id) is None
        events = session.exec(select(Events).where(Events.entity_id == entry.id)).all()
    assert [(event.action, event.old, event.new) for event in events] == [("create", {}, {}), ("edit", {}, {})]
    assert [entry.act for entry in services.audit.find().items if entry.who == "Ann"] == ["entry.edit"]


def test_bytes_go_only_when_no_other_image_has_them(services: Services, add_image: AddImage) -> None:
    first = add_image()
    second = add_image(project_id=services.projects.create_project("Other").id)
    services.library.delete_images([first.id, second.id])
    file = services.images.original_path(first)
    later = utc_now().timestamp() + ORPHAN_GRACE_S + 1
    services.bin.delete_for_good("image", first.id)
    services.intake.remove_leftovers(later)
    assert file.exists()
    services.bin.delete_for_good("image", second.id)
    services.intake.remove_leftovers(later)
    assert not file.exists()


def test_a_project_is_deleted_with_every_row_and_no_row_of_another(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    _fill(services, project.id, add_image())
    other = services.projects.create_project("Other")
    _fill(services, other.id, add_image(project_id=other.id))
    before = _rows_of(services, other.id)
    token = services.tokens.make_token("script", project_id=project.id)
    services.projects.delete_project(project.id)
    services.bin.delete_for_good("project", project.id, actor="Ann")
    kept = {"audit_events", "events"}
    assert {table for table, rows in _rows_of(services, project.id).items() if rows} - kept == set()
    assert _rows_of(services, other.id) == before
    assert services.tokens.find_token(token.secret) is None
    with pytest.raises(NotFoundError):
        services.projects.restore_project(project.id)


def test_a_removal_that_was_interrupted_continues_and_nothing_restores_it(
    services: Services, project: Projects, add_image: AddImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(services, project.id, add_image())
    services.projects.delete_project(project.id)
    with monkeypatch.context() as patch:
        patch.setattr("core.bin.removing.remove_images", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            services.bin.delete_for_good("project", project.id)
    assert _labels(services, "project") == []
    with pytest.raises(NotFoundError):
        services.projects.restore_project(project.id)
    services.bin.remove_expired()
    assert not _rows_of(services, project.id)["projects"]


def test_every_kind_can_be_deleted_for_good(services: Services, project: Projects, add_image: AddImage) -> None:
    image = add_image()
    entry = services.dataset.create_dataset_entry(project.id, image.id, "Color?", "Red.")
    style = services.style.create_style_dataset(project.id, "Warm")
    services.style.add_images(style.id, [image.id])
    services.dataset.delete_dataset_entry(entry.id)
    services.style_datasets.delete_style_dataset(style.id)
    services.bin.delete_for_good("entry", entry.id)
    services.bin.delete_for_good("style", style.id)
    services.library.delete_images([image.id])
    services.bin.delete_for_good("image", image.id)
    assert services.bin.counts() == dict.fromkeys(BIN_KINDS, 0)
    with services.db.reading() as session:
        assert session.get(StyleDatasets, style.id) is None
        if session.get_bind().dialect.name == "sqlite":  # PostgreSQL checks each statement
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []


def _fill(services: Services, project_id: str, image: Images) -> None:
    """Add rows of many kinds to a project."""
    entry = services.dataset.create_dataset_entry(project_id, image.id, "Color?", "Red.")
    services.dataset.confirm_entry(entry.id, actor="Ann")
    services.questions.add_manual_question(image.id, "Which room?")
    services.questions.templates.add_template(project_id, "Where?")
    style = services.style.create_style_dataset(project_id, "Warm")
    services.style.add_images(style.id, [image.id])
    services.collaboration.save_view(project_id, "mine", "red")
    services.collaboration.set_review_plan(project_id, "shared")
    task = Tasks(project_id=project_id, task_type="image-question-generation", status="completed", ended_at=utc_now())
    generated = GeneratedImages(project_id=project_id, prompt="A lamp.", image_id=image.id, dataset_id=style.id)
    with services.db.transaction() as session:
        session.add_all([task, generated])


def _rows_of(services: Services, project_id: str) -> dict[str, int]:
    """Return how many rows of each table name the project."""
    found = {}
    with services.db.reading() as session:
        for table in Base.metadata.sorted_tables:
            column = table.c.id if table.name == "projects" else table.c.get("project_id")
            if column is not None:
                found[table.name] = len(session.execute(select(column).where(column == project_id)).all())
    return found


def _age(services: Services, row: Any, id_: str) -> None:
    with services.db.transaction() as session:
        session.get_one(row, id_).deleted_at = utc_now() - timedelta(days=31)


def _interrupt(*_: object) -> list[str]:
    raise KeyboardInterrupt


def test_the_bin_is_paged_by_time_of_deletion_and_another_lists_cursor_is_refused(
    services: Services, project: Projects, add_image: AddImage
) -> None:
    images = [add_image(f"{color}.png", color) for color in ("red", "blue", "green")]
    for image in images:
        services.library.delete_images([image.id])
    with services.db.transaction() as session:
        at = session.get_one(Images, images[0].id).deleted_at
        session.get_one(Images, images[1].id).deleted_at = at  # two of one moment: the order of their ids decides
    found, cursor = [], None
    for _ in range(3):
        page = services.bin.find("image", project.id, limit=1, after=cursor)
        found += [item.label for item in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert sorted(found) == ["blue.png", "green.png", "red.png"]
    assert found[0] == "green.png"
    kept = add_image("kept.png", "gray")
    for wrong in (kept.id, "x" * 21):
        with pytest.raises(InvalidInputError, match="This cursor belongs to another list"):
            services.bin.find("image", project.id, after=wrong)
