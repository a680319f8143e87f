"""What is exported in a format of ours comes back by an import, but for what the format says that it does not carry."""

from pathlib import Path
from typing import Any

import pytest

from core import DatasetImporter, ImageDatasets, Projects
from core.export import parse_recipe
from core.export.formats import FORMATS, Format, format_named
from core.export.formats.grounding import ASK_FOR_BOXES
from core.export.formats.verifiable import BOXES_IN_1000
from core.services import Services
from tests.core.images.pictures import drawn, encoded

WITHOUT_LATER_TURNS = ("easyr1", "lmms-eval", "vlmevalkit")
GROUNDING = ("qwen-grounding-px", "qwen-grounding-1000", "ms-swift-grounding")
# They ask for the boxes of an entry in words of their own, behind its question.
ASKING = (*GROUNDING, "trl-grpo", "verl", "easyr1", "lmms-eval")
COLUMNS = (
    "answer", "answer_type", "options", "language", "kind", "model", "confirmed", "rejected", "score", "tags", "note",
    "system", "turn", "boxes", "ratings",
)  # fmt: skip


@pytest.fixture
def shelf(services: Services) -> Projects:
    """A project with an entry for each thing that an entry can have."""
    project = services.projects.create_project("Shelf")
    files = [(f"{number}.jpg", encoded(drawn(number, (160, 120)))) for number in range(4)]
    ids = [outcome.image.id for outcome in services.intake.add_images(project.id, files) if outcome.image]

    def add(image: int, question: str, answer: str, model: str = "m", **more: Any) -> ImageDatasets:
        rejected = more.pop("rejected", False)
        entry = services.dataset.create_dataset_entry(project.id, ids[image], question, answer, model, **more)
        return services.dataset.update_dataset_entry(entry.id, rejected=True) if rejected else entry

    add(0, "How many cups?", "Three.", "openai/gpt-4o", score=4.5, tags="cups,shelf", note="Check.", confirmed=True,
        kind="count", language="tr")  # fmt: skip
    add(0, "Which colors?", '["red"]', "", answer_type="label", options=["red", "blue"], confirmed=True)
    add(1, "Describe it.", '{"a": 1}', answer_type="custom_format", options={"type": "object"})
    add(1, "Where is the cup?", "Left.", boxes=[{"label": 'a 5" cup', "xyxy": [1, 2, 30, 40], "image": 0}])
    add(2, "Same?", "No.", image_ids=[ids[2], ids[3]])
    for turn, (question, answer) in enumerate((("Hello", "Hi"), ("And then?", "A cup."))):
        add(3, question, answer, conversation_id="c1", turn=turn, system="Be brief.")
    add(3, "Rated?", "Yes.", ratings=dict.fromkeys(("relevance", "image_correspondence"), 4))
    add(0, "How many cups?", "Five.", rejected=True, language="tr")
    return project


def rows(services: Services, project: Projects) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the columns of the entries by their images, question and whether they are rejected."""
    images = {image.id: image.sha256 for image in services.images.list_images(project.id)}
    return {
        (tuple(images[id_] for id_ in entry.image_ids), entry.question, entry.rejected): {
            **{name: getattr(entry, name) for name in COLUMNS},
            "conversation_id": entry.conversation_id is not None,
        }
        for entry in services.dataset.list_dataset_entries(project.id)
    }


def exported(services: Services, project: Projects, format_: Format) -> Path:
    recipe = parse_recipe({"format": format_.name, "entries": {"confirmed_only": False}})
    return services.db.data_dir / services.exports.export(project.id, recipe).path


@pytest.mark.parametrize("name", [format_.name for format_ in FORMATS])
def test_an_export_comes_back_but_for_what_its_format_does_not_carry(
    name: str, services: Services, shelf: Projects
) -> None:
    format_ = format_named(name)
    importer = DatasetImporter(services.db, services.images)
    bundle, target = exported(services, shelf, format_), services.projects.create_project("Target")
    if "image_id" in format_.not_carried:
        files = [(f"{number}.jpg", encoded(drawn(number, (160, 120)))) for number in range(4)]
        services.intake.add_images(target.id, files)

    report = importer.import_path(target.id, bundle)

    before, after = rows(services, shelf), as_asked(rows(services, target))
    assert report.problems == []
    assert report.entries_added == report.questions > 0
    if "question" in format_.not_carried:
        assert {question for _, question, _ in after} == {"Describe this image."}
    else:
        assert set(after) <= set(before)
        assert set(before) - set(after) == left_out(format_, before)
        differing = {column for key in after for column in after[key] if after[key][column] != before[key][column]}
        assert differing <= set(format_.not_carried)
        if len(after) > 2:
            assert differing == set(format_.not_carried) - {"image_id"}


def as_asked(found: dict[tuple[Any, ...], Any]) -> dict[tuple[Any, ...], Any]:
    """Return the rows without the words that ask for boxes; a question of its own takes precedence."""
    asking = {key: row for key, row in found.items() if key[1].endswith((ASK_FOR_BOXES, BOXES_IN_1000))}
    plain = {
        (images, question.partition("\n")[0], rejected): row for (images, question, rejected), row in asking.items()
    }
    return plain | {key: row for key, row in found.items() if key not in asking}


def left_out(format_: Format, before: dict[tuple[Any, ...], Any]) -> set[tuple[Any, ...]]:
    """Return the entries that the export leaves out, with its reason in the report."""
    paired = {(images, question) for images, question, rejected in before if rejected}
    return {
        (images, question, rejected)
        for images, question, rejected in before
        if (rejected and not format_.includes_rejected)
        or (len(images) > 1 and not format_.reads_several_images)
        or (format_.name.endswith("-dpo") and (images, question) not in paired)
        or (format_.name in WITHOUT_LATER_TURNS and question == "And then?")
        or (format_.name in GROUNDING and question != "Where is the cup?")
    }


@pytest.mark.parametrize("name", [format_.name for format_ in FORMATS])
def test_an_export_that_is_imported_where_it_was_made_doubles_and_loses_nothing(
    name: str, services: Services, shelf: Projects
) -> None:
    before = rows(services, shelf)

    report = DatasetImporter(services.db, services.images).import_path(
        shelf.id, exported(services, shelf, format_named(name))
    )

    asked_anew = 1 if name in ASKING else 0
    assert (report.images_added, report.entries_added, report.problems) == (0, asked_anew, [])
    assert report.questions_known == report.questions - asked_anew
    after = rows(services, shelf)
    assert {key: after[key] for key in before} == before
    assert len(after) == len(before) + asked_anew
