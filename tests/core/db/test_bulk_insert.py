"""Many entries at once: the same rows as one at a time, in the given order."""

import pytest
from sqlmodel import select

from core import ImageDatasets, Images, Projects
from core.dataset import EntryQueries, parse_search
from core.db import Database, EntryImages, insert_entries
from tests.core.dataset.conftest import add_image


@pytest.fixture
def image(db: Database, project: Projects) -> Images:
    return add_image(db, project.id, "shelf.jpg")


@pytest.fixture
def entries(db: Database) -> EntryQueries:
    return EntryQueries(db)


def _rows(image: Images, count: int) -> list[dict[str, object]]:
    return [
        {
            "project_id": image.project_id, "image_id": image.id, "image_name": image.image_name,
            "question": f"Question {number}?", "answer": f"Answer {number}", "origin": "imported",
        }
        for number in range(count)
    ]  # fmt: skip


def test_rows_are_inserted_in_their_order_with_defaults(
    db: Database, image: Images, entries: EntryQueries, project: Projects
) -> None:
    with db.transaction() as session:
        assert insert_entries(session, iter(_rows(image, 250))) == 250
    items = entries.find_entries(project.id, parse_search(""), limit=1000).items
    assert [entry.answer for entry in items] == [f"Answer {number}" for number in range(250)]
    assert len({entry.id for entry in items}) == 250
    first = items[0]
    assert (first.origin, first.model, first.version, first.boxes, first.options) == ("imported", "", 1, None, None)
    assert first.create_at.tzinfo is not None
    assert first.create_at == first.update_at


def test_inserted_rows_are_searched_counted_and_linked_like_others(
    db: Database, image: Images, entries: EntryQueries, project: Projects
) -> None:
    other_image = add_image(db, project.id, "table.jpg")
    rows = _rows(image, 2)
    rows[1] |= {
        "question": "Question 0?", "more_image_ids": other_image.id, "conversation_id": "c", "turn": 1,
        "boxes": [{"label": "cup", "xyxy": [1, 2, 3, 4], "image": 1}], "ratings": {"formatting": 4},
        "options": ["a", "b"],
    }  # fmt: skip
    rows.append(rows[0] | {"question": "question 0", "answer": "answer 0."})
    with db.transaction() as session:
        insert_entries(session, rows)
    found = entries.find_entries(project.id, parse_search('"Answer 1"')).items
    assert [entry.image_ids for entry in found] == [[image.id, other_image.id]]
    assert found[0].boxes == [{"label": "cup", "xyxy": [1, 2, 3, 4], "image": 1}]
    assert (found[0].ratings, found[0].options) == ({"formatting": 4}, ["a", "b"])
    # The one about two images asks something else, in the same words.
    repeated = entries.find_entries(project.id, parse_search("check:repeated")).items
    assert [entry.question for entry in repeated] == ["Question 0?", "question 0"]
    with db.reading() as session:
        assert [link.entry_id for link in session.exec(select(EntryImages))] == [found[0].id]


def test_no_rows_are_no_statement(db: Database) -> None:
    with db.transaction() as session:
        assert insert_entries(session, []) == 0
        assert session.exec(select(ImageDatasets)).first() is None
