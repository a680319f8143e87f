"""Each field of the search line, by the entries that it finds."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from core import ImageDatasets, ImageDatasetService, Images, Projects
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import Database
from core.errors import InvalidInputError
from tests.core.dataset.conftest import add_image

Make = Callable[..., ImageDatasets]
Find = Callable[[str], list[str]]


@pytest.fixture
def find(entries: EntryQueries, project: Projects) -> Find:
    """Return what finds entries by a search line; an entry is named by its question."""

    def find_entries(line: str) -> list[str]:
        return sorted(entry.question for entry in entries.find_entries(project.id, parse_search(line)).items)

    return find_entries


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("length:3", ["3"]),
        ("length:=3", ["3"]),
        ("length:<3", ["2"]),
        ("length:<=3", ["2", "3"]),
        ("length:>3", ["4"]),
        ("length:>=3", ["3", "4"]),
        ("length:2..3", ["2", "3"]),
        ("length:3..3", ["3"]),
        ("-length:3", ["2", "4"]),
        ("length:2 length:4", ["2", "4"]),
    ],
)
def test_a_number_is_compared_in_six_ways(line: str, found: list[str], make: Make, find: Find) -> None:
    for length in (2, 3, 4):
        make(str(length), "x" * length)

    assert find(line) == found


@pytest.mark.parametrize("value", ["x", "..", "1..", "<", "=x"])
def test_what_is_no_number_is_refused_with_the_forms(value: str, find: Find) -> None:
    with pytest.raises(InvalidInputError, match=r"length: takes a number, <3, >=2 or 2\.\.4"):
        find(f"length:{value}")


@pytest.mark.parametrize(
    ("line", "found"),
    [("score:none", ["none"]), ("score:<3", ["two"]), ("score:>=0", ["three", "two"]), ("score:3", ["three"]),
     ("score:0", [])],
)  # fmt: skip
def test_a_score_of_zero_is_no_score(line: str, found: list[str], make: Make, find: Find) -> None:
    for name, score in (("none", 0), ("two", 2), ("three", 3)):
        make(name, score=score)

    assert find(line) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("created:2026-05-02", ["day 2"]),
        ("created:=2026-05-02", ["day 2"]),
        ("created:<2026-05-02", ["day 1"]),
        ("created:<=2026-05-02", ["day 1", "day 2"]),
        ("created:>2026-05-02", ["june"]),
        ("created:>=2026-05-02", ["day 2", "june"]),
        ("created:2026-05", ["day 1", "day 2"]),
        ("created:>2026-05", ["june"]),
        ("created:2026-06", ["june"]),
        ("created:<2026-05", []),
    ],
)
def test_a_day_or_a_month_is_a_span_of_time(line: str, found: list[str], make: Make, find: Find, db: Database) -> None:
    times = {
        "day 1": datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC),
        "day 2": datetime(2026, 5, 2, tzinfo=UTC),
        "june": datetime(2026, 6, 1, tzinfo=UTC),
    }
    for name, at in times.items():
        entry = make(name)
        with db.transaction() as session:
            session.get_one(ImageDatasets, entry.id).create_at = at

    assert find(line) == found


@pytest.mark.parametrize("value", ["yesterday", "2026-13", "2026-02-30"])
def test_what_is_no_date_is_refused_with_the_forms(value: str, find: Find) -> None:
    with pytest.raises(InvalidInputError, match="created: takes a day such as 2026-05-01"):
        find(f"created:{value}")


def test_a_tag_is_found_as_a_whole_and_as_it_is_written(make: Make, find: Find) -> None:
    make("one", tags="red_1,big")
    make("two", tags="redx1")
    make("three", tags="100%")
    make("four")

    assert find("tag:red_1") == ["one"]
    assert find("tag:RED_1 tag:big") == ["one"]
    assert find("tag:red_1 tag:small") == []
    assert find("tag:red") == []
    assert find("tag:100%") == ["three"]
    assert find("tag:none") == ["four"]


def test_an_answer_is_found_as_a_whole_whatever_its_case(make: Make, find: Find) -> None:
    make("short", " Red ")
    make("long", "X" * 41)
    make("limit", "y" * 40)
    make("none", "none")
    make("empty", " ")

    assert find("answer:red") == ["short"]
    assert find("answer:" + "x" * 41) == ["long"]
    assert find("answer:" + "Y" * 40) == ["limit"]
    assert find("answer:none") == ["empty", "none"]


def test_an_answer_is_from_a_model_a_person_or_an_import(make: Make, find: Find) -> None:
    make("model")
    make("person", model="")
    make("import", model="", origin="imported")
    make("import of a model", origin="imported")

    assert find("origin:model") == ["model"]
    assert find("origin:person") == ["person"]
    assert find("origin:imported") == ["import", "import of a model"]


def test_a_reason_belongs_to_a_rejected_entry(make: Make, find: Find, review: ReviewService) -> None:
    rejected, reopened = make("rejected"), make("reopened")
    for entry in (rejected, reopened):
        review.decide(entry.id, 1, "reject", changes={"reject_reason": "duplicate"})
    review.decide(reopened.id, 2, "reopen")
    make("open")

    assert find("reason:duplicate") == ["rejected"]
    assert "open" in find("reason:none")
    assert "rejected" not in find("reason:none")
    assert find("is:rejected") == ["rejected"]
    assert find("is:open") == ["open", "reopened"]
    assert find("is:confirmed") == []


def test_an_entry_is_edited_when_it_differs_from_what_the_model_wrote(
    make: Make, find: Find, db: Database, dataset: ImageDatasetService
) -> None:
    same, answer, question = make("same"), make("answer"), make("question")
    make("by hand")
    with db.transaction() as session:
        for entry in (same, answer, question):
            row = session.get_one(ImageDatasets, entry.id)
            row.generated_answer, row.generated_question = row.answer, row.question
    dataset.update_dataset_entry(answer.id, answer="four")
    dataset.update_dataset_entry(question.id, question="question now")

    assert find("edited:yes") == ["answer", "question now"]
    assert find("edited:no") == ["by hand", "same"]


def test_images_of_an_entry_are_counted_and_found(
    make: Make, find: Find, dataset: ImageDatasetService, project: Projects, image: Images, db: Database
) -> None:
    others = [add_image(db, project.id, f"{number}.jpg") for number in range(2)]
    make("one")
    two = [image.id, others[0].id]
    dataset.create_dataset_entry(project.id, image.id, "two", "a", image_ids=two)
    dataset.create_dataset_entry(project.id, image.id, "three", "a", image_ids=[*two, others[1].id])

    assert find("images:1") == ["one"]
    assert find("images:>1") == ["three", "two"]
    assert find("images:3") == ["three"]
    assert find(f"image:{others[1].id}") == ["three"]
    assert find(f"image:{image.id}") == ["one", "three", "two"]


def test_the_longer_side_of_the_image_counts(make: Make, find: Find, db: Database, project: Projects) -> None:
    high = add_image(db, project.id, "high.jpg")
    with db.transaction() as session:
        session.get_one(Images, high.id).height = 900
    make("wide")
    make("high", image_id=high.id)

    assert find("side:640") == ["wide"]
    assert find("side:900") == ["high"]
    assert find("side:>640") == ["high"]


def test_people_are_found_by_what_they_did_and_not_by_what_was_undone(
    make: Make, find: Find, review: ReviewService, project: Projects
) -> None:
    one, two = make("one"), make("two")
    review.decide(one.id, 1, "skip", actor="Anna")
    review.decide(two.id, 1, "flag", actor="Ben")

    assert (find("skipped:Anna"), find("by:Anna")) == (["one"], [])
    assert (find("skipped:Ben"), find("by:Ben")) == ([], ["two"])
    assert find("flagged:yes") == ["two"]
    assert find("flagged:no") == ["one"]
    review.undo(project.id, actor="Ben")
    assert find("by:Ben") == []


def test_only_entries_of_the_project_that_are_not_deleted_are_found(
    make: Make, find: Find, dataset: ImageDatasetService
) -> None:
    make("here")
    dataset.delete_dataset_entry(make("deleted").id)

    assert find("") == ["here"]
    assert find("three") == ["here"]
    assert find("-three") == []


def test_a_conversation_is_found_by_its_id(make: Make, find: Find) -> None:
    make("turn", conversation_id="talk")
    make("single")

    assert find("conversation:talk") == ["turn"]
    assert find("conversation:none") == ["single"]


def test_an_entry_is_found_by_its_id_and_by_the_task_that_made_it(make: Make, find: Find, db: Database) -> None:
    first = make("first")
    second = make("second")
    with db.transaction() as session:
        session.get_one(ImageDatasets, second.id).task_id = "task-1"

    assert find(f"id:{first.id}") == ["first"]
    assert find("task:task-1") == ["second"]
    assert find("id:x") == find("task:task-2") == []
