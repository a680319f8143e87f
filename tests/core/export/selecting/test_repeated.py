"""Of entries that repeat each other, leaving out keeps one."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import aliased

from core import Images, Projects
from core.db import ImageDatasets
from core.export import format_named, parse_recipe
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.query import selected_ids
from core.export.selecting.repeated import _is_repeated
from core.services import Services
from tests.core.images.pictures import drawn, encoded

QUESTION = "Is the kettle on the shelf?"


@pytest.fixture
def image(services: Services, project: Projects) -> Images:
    [outcome] = services.intake.add_images(project.id, [("shelf.jpg", encoded(drawn(1)))])
    assert outcome.image is not None
    return outcome.image


def _add(services: Services, image: Images, *rows: dict[str, Any]) -> None:
    """Add entries that repeat each other, each a day younger than the one before; their notes are "0", "1", ..."""
    with services.db.transaction() as session:
        for number, row in enumerate(rows):
            usual = {"question": QUESTION, "answer": "It is.", "model": "one", "confirmed": True, "note": str(number)}
            session.add(
                ImageDatasets(
                    project_id=image.project_id, image_id=image.id, image_name="shelf.jpg",
                    create_at=datetime(2026, 5, 1 + number, tzinfo=UTC), **usual | row,
                )
            )  # fmt: skip


def _exported(services: Services, image: Images, format_: str = "vqa", **choice: Any) -> list[str]:
    """Return the notes of the entries that an export has which leaves out what fails a check."""
    recipe = parse_recipe({"format": format_, "images": "none", "entries": {"leave_out": ["check"], **choice}})
    query = EntryQuery(image.project_id, recipe.entries, format_named(format_).includes_rejected)
    with services.db.transaction() as session:
        ids = list(selected_ids(session, query))
        found = sorted(session.get_one(ImageDatasets, id_).note for id_ in ids)
    assert len(found) == services.exports.count(image.project_id, recipe).entries
    return found


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([{}, {}, {}], ["0"]),
        ([{}, {"score": 4}, {"score": 3}], ["1"]),
        ([{"confirmed": False, "score": 5}, {"confirmed": True}, {}], ["1"]),
        ([{"answer": "I cannot see it."}, {}, {}], ["1"]),
        ([{"tags": "leave-out"}, {}], ["1"]),
        ([{"rejected": True, "confirmed": False}, {}], ["1"]),
        ([{"answer": ""}, {}], ["1"]),
        ([{}, {"question": "is kettle on the shelf"}, {"question": "Is the kettle on the shelf or beside it?"}], ["0"]),
        ([{}, {"question": "What is on the shelf?"}], ["0", "1"]),
    ],
)
def test_one_entry_of_those_that_repeat_each_other_stays(
    rows: list[dict[str, Any]], kept: list[str], services: Services, image: Images
) -> None:
    _add(services, image, *rows)
    assert _exported(services, image, confirmed_only=False) == kept


def test_a_rejected_answer_of_a_pair_is_no_copy_of_the_good_one(services: Services, image: Images) -> None:
    _add(services, image, {"answer": "It is."}, {"answer": "No.", "confirmed": False, "rejected": True})
    assert _exported(services, image, "llama-factory-kto", confirmed_only=False) == ["0", "1"]


def test_copies_on_other_images_of_a_set_stay(services: Services, image: Images) -> None:
    [other] = services.intake.add_images(image.project_id, [("cup.jpg", encoded(drawn(2)))])
    assert other.image is not None
    _add(services, image, {}, {"more_image_ids": other.image.id})
    assert _exported(services, image) == ["0", "1"]


def test_the_question_before_an_export_counts_only_what_would_be_left_out(services: Services, image: Images) -> None:
    _add(services, image, {}, {}, {}, {"question": "What is it?"})
    (asked,) = services.exports.problems(image.project_id, parse_recipe({"format": "vqa"}))
    assert asked.text == (
        "2 of 4 entries fail another quality check: Nearly the same question as a better or older entry, which stays "
        "(2)"
    )


def test_what_repeats_an_entry_is_what_the_triggers_count(services: Services, image: Images) -> None:
    rows = [
        {}, {"question": "IS a kettle on the shelf"}, {"question": "Is kettle on shelf?", "model": "two"},
        {"question": "Is the kettle on the shelf", "model": "two", "answer": "No"},
        {"question": "Is the kettle on the shelf or under it?"}, {"question": "Is the kettle?"},
        {"question": "What's on the shelf?"}, {"question": "Whats on the shelf", "answer": "it is ."},
    ]  # fmt: skip
    _add(services, image, *rows)
    other = aliased(ImageDatasets)
    with services.db.transaction() as session:
        pairs = select(ImageDatasets.note).join(other, ImageDatasets.id != other.id)
        found = Counter(session.scalars(pairs.where(_is_repeated(ImageDatasets, other))))
        counted = {entry.note: entry.repeats for entry in session.scalars(select(ImageDatasets))}
    assert found == {note: repeats for note, repeats in counted.items() if repeats}
    assert len(found) == 7
