"""Exports by recipe: counts, changes, tasks and errors."""

import pytest
from sqlmodel import select

from core import ImageDatasets, Projects
from core.errors import ExportError, InvalidInputError, NotFoundError
from core.export import ExportRecipe, parse_recipe
from core.services import Services
from core.tasks import ItemContext, ItemInterrupted, TaskRunner


def test_left_out_entries_are_counted_by_reason(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    with services.db.transaction() as session:
        unconfirmed, rated, _ = session.exec(select(ImageDatasets).order_by("id"))
        unconfirmed.confirmed, rated.score = False, 4.0

    counts = services.exports.count(project.id, parse_recipe({"entries": {"min_score": 3}}))

    assert (counts.entries, counts.images) == (1, 1)
    assert counts.left_out == {"not confirmed yet": 1, "below the minimum stars": 1}


async def test_a_cancelled_export_leaves_nothing_behind(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    item = ItemContext(
        task_id="task", item_id=1, project_id=project.id, position=0, subject_id="", payload={"export_id": "cancelled"},
        config={"recipe": {"format": "llava"}}, attempt=1, progress=lambda share, step: None, is_cancelled=lambda: True,
    )  # fmt: skip

    with pytest.raises(ItemInterrupted):
        await services.kinds["dataset-export"].run_item(item)

    assert list((services.db.data_dir / "exports").iterdir()) == []


async def test_the_report_counts_changes_since_the_previous_export(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    async def export() -> dict[str, object]:
        task = services.tasks.create_task(project.id, "dataset-export", {"recipe": {"format": "llava"}})
        await TaskRunner(services.db, services.kinds).run(task.id)
        return services.exports.list_exports(project.id)[0].report

    first = await export()
    with services.db.transaction() as session:
        changed, removed, added = session.exec(select(ImageDatasets).order_by("id"))
        changed.answer, changed.version = "Red.", 2
        removed.confirmed = False
        added.answer = "There."
    second, third = await export(), await export()

    assert first["changes"] is None
    gone = [{"id": removed.id, "image_id": removed.image_id}]
    assert second["changes"] == third["changes"] == {"added": 1, "changed": 1, "removed": 1, "removed_entries": gone}


@pytest.mark.parametrize(
    ("format_", "carries"), [("llava", False), ("qwen", False), ("csv", False), ("sharegpt", True)]
)
def test_a_system_prompt_that_is_left_out_is_counted(
    format_: str, carries: bool, services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    with services.db.transaction() as session:
        first = session.get_one(ImageDatasets, "entry-0")
        first.conversation_id, first.system = "talk", "Answer in one word."

    notes = services.exports.export(project.id, parse_recipe({"format": format_})).report["notes"]

    found = [note for note in notes if note.startswith("1 entry has a system prompt, which is left out")]
    assert len(found) == (0 if carries else 1)
    assert all("ShareGPT" in note and "LLaVA," not in note for note in found)


def test_a_search_line_selects_entries(services: Services, project: Projects, entries: list[ImageDatasets]) -> None:
    recipe = parse_recipe({"entries": {"search": '"How many"'}, "format": "default", "images": "none"})

    assert services.exports.count(project.id, recipe).left_out == {"outside the search": 2}
    assert services.exports.export(project.id, recipe).report["entries"] == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "openai", "images": "path"}, "does not support images as path"),
        ({"splits": {"train": 90}}, "must add up to 100"),
        ({"format": "parquet", "container": "file"}, "more than one file"),
        ({"max_side_px": 1}, "max_side_px cannot be used"),
        ({"unknown": 1}, "unknown cannot be used"),
        ({"entries": {"search": "nothing:here"}}, "no field called nothing"),
    ],
)
def test_an_invalid_recipe_is_refused_with_the_reason(values: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        parse_recipe(values)


def test_an_export_without_entries_is_refused(services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="No entry matches"):
        services.exports.export(project.id, ExportRecipe())

    assert not [path for path in (services.db.data_dir / "exports").iterdir() if path.name != ".entries"]


def test_a_bundle_that_fails_its_checks_is_discarded(
    services: Services, project: Projects, entries: list[ImageDatasets], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.export.checks.images import image_problem

    assert image_problem(b"no image", as_original=False) == "does not open (UnidentifiedImageError)"
    monkeypatch.setattr("core.export.checks.base.image_problem", lambda data, as_original: "is not upright")

    with pytest.raises(ExportError, match=r"Every image opens, is upright and RGB: images/photo-"):
        services.exports.export(project.id, parse_recipe({}))

    assert not [path for path in (services.db.data_dir / "exports").iterdir() if path.name != ".entries"]


async def test_an_export_task_stores_the_export(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    recipe = parse_recipe({"format": "llava"})
    task = services.tasks.create_task(project.id, "dataset-export", {"recipe": recipe.as_dict()})
    done = await TaskRunner(services.db, services.kinds).run(task.id)

    (export,) = services.exports.list_exports(project.id)
    assert done.status == "completed"
    assert services.tasks.items(task.id)[0].result == {
        "export_id": export.id,
        "download_url": f"/exports/{export.id}",
        "entries": 2,
    }
    assert services.exports.export_path(export).name == f"{export.id}.zip"
    assert parse_recipe(export.recipe) == recipe
    services.exports.export_path(export).unlink()
    with pytest.raises(NotFoundError, match="Run it again"):
        services.exports.export_path(export)
