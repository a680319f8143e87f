"""An export of what is new or changed since an earlier one."""

import json
from pathlib import Path
from typing import Any

import pytest

from core import ImageDatasetService, Projects
from core.db import Exports, Images
from core.errors import InvalidInputError
from core.export import FinishedExport, parse_recipe
from core.export.selecting.snapshot import UNCHANGED
from core.services import Services
from tests.pictures import striped

SPLITS = {"train": 50, "validation": 50, "test": 0}


class Shelf:
    """A project with two confirmed entries on each of four images."""

    def __init__(self, services: Services, project: Projects) -> None:
        self.db, self.project, self.exports = services.db, project, services.exports
        self.entries = ImageDatasetService(services.db)
        self.intake = services.intake
        self.image_ids = [self.add_image(number) for number in range(4)]
        self.ids = [self.add_entry(number, f"{number}, {turn}?") for number in range(4) for turn in "ab"]

    def add_image(self, number: int) -> str:
        (outcome,) = self.intake.add_images(self.project.id, [(f"{number}.png", striped(number))])
        assert outcome.image is not None
        return outcome.image.id

    def add_entry(self, image: int, question: str) -> str:
        return self.entries.create_dataset_entry(
            self.project.id, self.image_ids[image], question, "Yes.", "me", confirmed=True
        ).id

    def export(self, since: str = "", **recipe: Any) -> tuple[str, FinishedExport]:
        """Export as a task does, so that the export is listed; return its id too."""
        recipe = {"format": "default", "container": "directory", "rows": "jsonl", "since": since, **recipe}
        parsed = parse_recipe(recipe)
        made = self.exports.export(self.project.id, parsed)
        row = Exports(
            id=Path(made.path).name, project_id=self.project.id, format="default", recipe=parsed.as_dict(),
            report={}, path=made.path,
        )  # fmt: skip
        with self.db.transaction() as session:
            session.add(row)
        return Path(made.path).name, made

    def questions(self, made: FinishedExport) -> list[str]:
        return sorted(_splits(self, made))


@pytest.fixture
def shelf(services: Services, project: Projects) -> Shelf:
    return Shelf(services, project)


def test_images_with_unchanged_entries_are_left_out_and_others_come_whole(shelf: Shelf) -> None:
    first, _ = shelf.export()
    shelf.entries.update_dataset_entry(shelf.ids[0], answer="No.")
    shelf.add_entry(2, "2, new?")
    _, made = shelf.export(since=first)
    assert shelf.questions(made) == ["0, a?", "0, b?", "2, a?", "2, b?", "2, new?"]
    assert made.report["left_out"][UNCHANGED] == 4
    assert made.report["changes"] == {"added": 1, "changed": 1, "removed": 0, "removed_entries": []}


def test_each_export_continues_the_one_before(shelf: Shelf) -> None:
    first, _ = shelf.export()
    shelf.entries.update_dataset_entry(shelf.ids[0], answer="No.")
    second, _ = shelf.export(since=first)
    shelf.entries.update_dataset_entry(shelf.ids[7], answer="No.")
    shelf.entries.delete_dataset_entry(shelf.ids[2])
    _, made = shelf.export(since=second)
    assert shelf.questions(made) == ["1, b?", "3, a?", "3, b?"]
    removed = [{"id": shelf.ids[2], "image_id": shelf.image_ids[1]}]
    assert made.report["changes"] == {"added": 0, "changed": 1, "removed": 1, "removed_entries": removed}


def test_the_removed_entries_are_named_without_their_texts(shelf: Shelf) -> None:
    first, _ = shelf.export()
    shelf.add_entry(0, "0, c?")
    shelf.entries.confirm_entry(shelf.ids[2], confirmed=False)
    shelf.entries.delete_dataset_entry(shelf.ids[3])
    _, made = shelf.export(since=first)

    texts = {name: (shelf.db.data_dir / made.path / name).read_text() for name in ("EXPORT_REPORT.md", "README.md")}
    lines = {f"- {id_} on image {shelf.image_ids[1]}" for id_ in shelf.ids[2:4]}
    assert {line for line in texts["EXPORT_REPORT.md"].splitlines() if " on image " in line} == lines
    for text in texts.values():
        assert "1 added, 0 changed, 2 removed." in text
        assert "1, a?" not in text


def test_an_image_that_lost_an_entry_comes_with_the_others(shelf: Shelf) -> None:
    first, _ = shelf.export(format="llava", rows="json")
    shelf.entries.delete_dataset_entry(shelf.ids[0])
    recipe = parse_recipe({"format": "llava", "since": first})
    _, made = shelf.export(since=first, format="llava", rows="json")

    (row,) = json.loads((shelf.db.data_dir / made.path / "llava.json").read_text())
    assert (row["id"], [turn["value"] for turn in row["conversations"]]) == (
        shelf.image_ids[0], ["<image>\n0, b?", "Yes."],
    )  # fmt: skip
    assert shelf.exports.count(shelf.project.id, recipe).entries == 1


def test_an_export_that_only_loses_entries_says_so(shelf: Shelf) -> None:
    first, _ = shelf.export()
    for entry_id in shelf.ids[:2]:
        shelf.entries.delete_dataset_entry(entry_id)
    with pytest.raises(InvalidInputError, match=r"Nothing is new or changed .*, and 2 entries of it are not selected"):
        shelf.export(since=first)


def test_the_count_and_the_preview_before_an_export_tell_what_it_will_have(shelf: Shelf) -> None:
    first, _ = shelf.export()
    shelf.entries.update_dataset_entry(shelf.ids[5], answer="No.")
    recipe = parse_recipe({"format": "default", "since": first})
    counts = shelf.exports.count(shelf.project.id, recipe)
    assert (counts.entries, counts.images, counts.left_out) == (2, 1, {UNCHANGED: 6})
    preview = shelf.exports.preview(shelf.project.id, recipe)
    assert {row.image_name for row in preview} == {"2.png"}


def test_an_image_keeps_its_split_when_a_younger_relative_joins_two_families(shelf: Shelf) -> None:
    first, made = shelf.export(splits=SPLITS)
    splits = _splits(shelf, made)
    with shelf.db.transaction() as session:
        for image_id in shelf.image_ids[1:]:
            session.get_one(Images, image_id).near_duplicate_of = shelf.image_ids[0]
    for entry_id in shelf.ids:
        shelf.entries.update_dataset_entry(entry_id, answer="No.")
    assert len(set(splits.values())) == 2
    _, without = shelf.export(splits=SPLITS)
    assert len(set(_splits(shelf, without).values())) == 1
    _, continued = shelf.export(since=first, splits=SPLITS)
    assert _splits(shelf, continued) == splits


def _splits(shelf: Shelf, made: FinishedExport) -> dict[str, str]:
    """Return the split of each question."""
    return {
        json.loads(line)["question"]: path.stem.rpartition("_")[2]
        for path in (shelf.db.data_dir / made.path).rglob("*.jsonl")
        for line in path.read_text().splitlines()
    }


def test_an_export_without_anything_new_says_so(shelf: Shelf) -> None:
    first, _ = shelf.export()
    with pytest.raises(InvalidInputError, match=r"Nothing is left to export as .*: unchanged since the earlier export"):
        shelf.export(since=first)


@pytest.mark.parametrize("since", ["nobody", "../../etc/passwd"])
def test_an_unknown_earlier_export_is_refused(shelf: Shelf, since: str) -> None:
    with pytest.raises(InvalidInputError, match=r"The earlier export does not exist|since cannot be used"):
        shelf.export(since=since)


def test_an_export_of_another_project_is_no_earlier_one(shelf: Shelf, services: Services) -> None:
    first, _ = shelf.export()
    other = services.projects.create_project("Other")
    with pytest.raises(InvalidInputError, match="The earlier export does not exist"):
        services.exports.export(other.id, parse_recipe({"format": "default", "since": first}))
