"""The promised methods, literal rows, and what happens when things are wrong."""

import json
from pathlib import Path

import pytest
from sqlmodel import select

from core import ImageDatasets, Projects
from core.app import Services
from core.errors import ExportError, InvalidInputError, NotFoundError
from core.export import ExportRecipe, parse_recipe
from core.tasks import ItemContext, ItemLeftOpen, TaskRunner
from tests.core.images.pictures import encoded


@pytest.fixture
def entries(services: Services, project: Projects) -> list[ImageDatasets]:
    (outcome,) = services.intake.add_images(project.id, [("photo.jpg", encoded())])
    assert outcome.image is not None
    with services.db.transaction() as session:
        rows = [
            ImageDatasets(
                project_id=project.id, image_id=outcome.image.id, image_name="photo.jpg", question=question,
                answer=answer, confirmed=True, id=f"entry-{number}",
            )
            for number, (question, answer) in enumerate([("What color?", "Blue."), ("How many?", "3"), ("Where?", "")])
        ]  # fmt: skip
        session.add_all(rows)
    return rows


def test_export_json_writes_llava_rows_as_promised(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    count = services.exporter.export_json(entries, tmp_path / "llava.json", format_style="llava")

    assert count == 2
    assert json.loads((tmp_path / "llava.json").read_text())[0] == {
        "id": "entry-0",
        "image": "images/photo.jpg",
        "conversations": [
            {"from": "human", "value": "<image>\nWhat color?"},
            {"from": "gpt", "value": "Blue."},
        ],
    }


def test_export_jsonl_writes_vqa_rows_as_promised(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    count = services.exporter.export_jsonl(iter(entries), str(tmp_path / "vqa.jsonl"), format_style="vqa")

    lines = (tmp_path / "vqa.jsonl").read_text().splitlines()
    assert count == len(lines) == 2
    assert json.loads(lines[1]) == {
        "question_id": "entry-1",
        "image_id": entries[0].image_id,
        "image": "images/photo.jpg",
        "question": "How many?",
        "answer": "3",
        "answer_type": "text",
    }


def test_base64_and_metadata_are_a_choice(services: Services, entries: list[ImageDatasets], tmp_path: Path) -> None:
    services.exporter.export_json(entries, tmp_path / "a.json", use_base64=True, include_metadata=False)

    row = json.loads((tmp_path / "a.json").read_text())[0]
    assert row["image"].startswith("data:image/jpeg;base64,/9j/")
    assert "metadata" not in row


def test_export_with_images_puts_the_originals_beside_the_rows(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    report = services.exporter.export_with_images(entries, tmp_path / "out", format_style="llava")

    assert (tmp_path / "out" / "images" / "photo.jpg").read_bytes() == encoded()
    assert (report["entries"], report["images"]) == (2, 1)
    again = services.exporter.export_with_images(entries, tmp_path / "out", format_style="llava")
    assert again["files"] == report["files"]


def test_export_huggingface_format_makes_an_image_folder(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    report = services.exporter.export_huggingface_format(entries, tmp_path / "hf", dataset_name="Shelf")

    row = json.loads((tmp_path / "hf" / "train" / "metadata.jsonl").read_text().splitlines()[0])
    assert (row["file_name"], row["question"], row["answer"]) == ("images/photo.jpg", "What color?", "Blue.")
    assert (tmp_path / "hf" / "train" / "images" / "photo.jpg").is_file()
    assert report["title"] == "Shelf"


def test_what_is_left_out_is_counted_with_its_reason(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    with services.db.transaction() as session:
        unconfirmed, rated, _ = session.exec(select(ImageDatasets).order_by("id"))
        unconfirmed.confirmed, rated.score = False, 4.0

    counts = services.exports.count(project.id, parse_recipe({"entries": {"min_score": 3}}))

    assert (counts.entries, counts.images) == (1, 1)
    assert counts.left_out == {"not confirmed yet": 1, "below the lowest score": 1}


async def test_a_cancelled_export_leaves_nothing_behind(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    item = ItemContext(
        task_id="task", item_id=1, project_id=project.id, position=0, subject_id="", payload={"export_id": "cancelled"},
        config={"recipe": {"format": "llava"}}, attempt=1, progress=lambda share, step: None, is_cancelled=lambda: True,
    )  # fmt: skip

    with pytest.raises(ItemLeftOpen):
        await services.kinds["dataset-export"].run_item(item)

    assert list((services.db.data_dir / "exports").iterdir()) == []


async def test_the_report_says_what_changed_since_the_export_before(
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
    assert second["changes"] == third["changes"] == {"added": 1, "changed": 1, "removed": 1}


def test_a_search_line_chooses_entries(services: Services, project: Projects, entries: list[ImageDatasets]) -> None:
    recipe = parse_recipe({"entries": {"search": '"How many"'}, "format": "default", "images": "none"})

    assert services.exports.count(project.id, recipe).left_out == {"outside the search": 2}
    assert services.exports.export(project.id, recipe).report["entries"] == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"format": "openai", "images": "path"}, "does not support images as path"),
        ({"splits": {"train": 90}}, "must add up to 100"),
        ({"format": "parquet", "container": "file"}, "more than one file"),
        ({"max_side_px": 1}, "max_side_px cannot be used"),
        ({"unknown": 1}, "unknown cannot be used"),
        ({"entries": {"search": "nothing:here"}}, "no field called nothing"),
    ],
)
def test_a_recipe_that_makes_no_sense_says_why(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        parse_recipe(values)


def test_nothing_to_export_is_said_in_words(services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="No entry matches"):
        services.exports.export(project.id, ExportRecipe())

    assert not [path for path in (services.db.data_dir / "exports").iterdir() if path.name != ".entries"]


def test_a_bundle_that_fails_its_checks_is_not_kept(
    services: Services, project: Projects, entries: list[ImageDatasets], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.export.checks.images import image_problem

    assert image_problem(b"no image", as_original=False) == "does not open (UnidentifiedImageError)"
    monkeypatch.setattr("core.export.checks.base.image_problem", lambda data, as_original: "is not upright")

    with pytest.raises(ExportError, match=r"Every image opens, is upright and RGB: images/photo-"):
        services.exports.export(project.id, parse_recipe({}))

    assert not [path for path in (services.db.data_dir / "exports").iterdir() if path.name != ".entries"]


async def test_an_export_is_a_task_that_can_be_found_again(
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
