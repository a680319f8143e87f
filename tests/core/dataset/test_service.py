from collections.abc import Callable

import pytest
from sqlalchemy import func
from sqlmodel import select

from core import ImageDatasets, ImageDatasetService, Images, Projects
from core.dataset import EntryQueries, ReviewService
from core.db import Database, Events, Questions
from core.errors import ConflictError, InvalidInputError, NotFoundError

Make = Callable[..., ImageDatasets]


def add_question(db: Database, image: Images, text: str, **more: object) -> Questions:
    row = Questions(project_id=image.project_id, image_id=image.id, question=text, question_key=text.lower(), **more)
    with db.transaction() as session:
        session.add(row)
    return row


def count_events(db: Database) -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(Events)).one()


def test_a_created_entry_has_normalized_fields_and_the_name_of_its_image(
    make: Make, dataset: ImageDatasetService
) -> None:
    made = make("How many cups?", "three", tags=" Red ,red, big  cup", score=4.5, note="clear")
    entry = dataset.get_dataset_entry(made.id)
    assert (entry.image_name, entry.question, entry.answer) == ("shelf.jpg", "How many cups?", "three")
    assert (entry.tags, entry.score, entry.note, entry.confirmed) == ("red,big cup", 4.5, "clear", False)
    assert (entry.version, entry.generated_answer, entry.edited) == (1, "three", False)


def test_an_entry_by_a_person_has_no_generated_answer(make: Make) -> None:
    assert make(model="").generated_answer is None


def test_an_image_of_another_project_is_refused(dataset: ImageDatasetService, db: Database, image: Images) -> None:
    from core import ProjectService

    other = ProjectService(db).create_project("Other")
    with pytest.raises(NotFoundError, match="This image is not in the project"):
        dataset.create_dataset_entry(other.id, image.id, "What?", "That", "m")


@pytest.mark.parametrize(
    ("answer", "answer_type", "options", "stored"),
    [
        ('["calm", "bright"]', "label", None, '["calm", "bright"]'),
        (["calm"], "label", ["calm", "dark"], '["calm"]'),
        ({"count": 3}, "custom_format", None, '{"count": 3}'),
        ("anything at all", "text", None, "anything at all"),
    ],
)
def test_answers_are_stored_in_the_form_of_their_type(
    make: Make, answer: object, answer_type: str, options: object, stored: str
) -> None:
    assert make("What?", answer, answer_type=answer_type, options=options).answer == stored


@pytest.mark.parametrize(
    ("answer", "answer_type", "options", "message"),
    [
        ('{"a": 1}', "label", None, "A label answer is a list of labels"),
        ('["night"]', "label", ["calm"], "night is not one of the labels"),
        ("{broken", "custom_format", None, "This answer is not usable JSON"),
        (
            '{"count": "x"}',
            "custom_format",
            {"properties": {"count": {"type": "integer"}}},
            "breaks its schema at count",
        ),
        ("x", "poem", None, "poem is not a type of answer"),
    ],
)
def test_answers_that_break_the_rules_of_their_type_are_refused(
    make: Make,
    dataset: ImageDatasetService,
    project: Projects,
    answer: str,
    answer_type: str,
    options: object,
    message: str,
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make("What?", answer, answer_type=answer_type, options=options)
    assert dataset.get_dataset_stats(project.id)["total_entries"] == 0


@pytest.mark.parametrize("score", [-0.5, 5.5, float("nan"), "high", None, True])
def test_scores_other_than_0_to_5_are_refused(make: Make, dataset: ImageDatasetService, score: object) -> None:
    entry = make()
    with pytest.raises(InvalidInputError, match="A score is a number from 0 to 5"):
        dataset.rate_entry(entry.id, score)
    assert dataset.get_dataset_entry(entry.id).score == 0


def test_an_empty_question_is_refused(make: Make) -> None:
    with pytest.raises(InvalidInputError, match="Write a question"):
        make("  ")


def test_an_answer_to_a_question_copies_the_fields_of_the_question(
    dataset: ImageDatasetService, db: Database, image: Images
) -> None:
    question = add_question(db, image, "Which mood?", kind="mood", language="tr", options=["calm", "dark"])
    entry = dataset.create_from_question(question.id, '["calm"]', "gemini/gemini-2.5-flash", "label", score=3)
    assert (entry.question_id, entry.question, entry.kind, entry.language) == (question.id, "Which mood?", "mood", "tr")
    assert (entry.options, entry.answer, entry.score) == (["calm", "dark"], '["calm"]', 3)


def test_a_batch_is_stored_atomically(
    dataset: ImageDatasetService, db: Database, image: Images, project: Projects
) -> None:
    first, second = add_question(db, image, "One?"), add_question(db, image, "Two?")
    with pytest.raises(NotFoundError):
        dataset.batch_create_from_questions([first.id, "missing"], ["1", "2"], "m")
    assert dataset.get_dataset_stats(project.id)["total_entries"] == 0
    made = dataset.batch_create_from_questions([first.id, second.id], ["1", "2"], "m")
    assert [(entry.question, entry.answer) for entry in made] == [("One?", "1"), ("Two?", "2")]


def test_a_batch_needs_an_answer_for_each_question(dataset: ImageDatasetService) -> None:
    with pytest.raises(InvalidInputError, match="2 questions and 1 answer were given"):
        dataset.batch_create_from_questions(["a", "b"], ["1"])


def test_entries_are_listed_by_every_documented_filter(
    make: Make, dataset: ImageDatasetService, project: Projects, image: Images, other_image: Images
) -> None:
    first = make("One?", "1", tags="red,big", score=4)
    second = make("Two?", "2", image_id=other_image.id, score=2, tags="red")
    third = make("Three?", '["x"]', answer_type="label", confirmed=True)

    def listed(**filters: object) -> list[str]:
        return [entry.id for entry in dataset.list_dataset_entries(project.id, **filters)]

    assert listed() == [first.id, second.id, third.id]
    assert listed(image_id=other_image.id) == [second.id]
    assert listed(answer_type="label") == [third.id]
    assert listed(confirmed=True) == [third.id]
    assert listed(confirmed=False) == [first.id, second.id]
    assert listed(min_score=3) == [first.id]
    assert listed(tags="red") == [first.id, second.id]
    assert listed(tags=["red", "big"]) == [first.id]
    assert listed(search="two") == [second.id]
    assert listed(limit=1, offset=1) == [second.id]


def test_statistics_count_entries_that_are_not_deleted(
    make: Make, dataset: ImageDatasetService, project: Projects, other_image: Images
) -> None:
    make(score=4)
    make(score=5, confirmed=True)
    rejected = make("What?", '["x"]', answer_type="label", image_id=other_image.id)
    dataset.update_dataset_entry(rejected.id, rejected=True)
    dataset.delete_dataset_entry(make("Gone?").id)
    assert dataset.get_dataset_stats(project.id) == {
        "total_entries": 3,
        "confirmed_entries": 1,
        "rejected_entries": 1,
        "open_entries": 1,
        "average_score": 4.5,
        "by_answer_type": {"label": 1, "text": 2},
        "unique_images": 2,
    }


def test_statistics_of_an_empty_project_are_zero(dataset: ImageDatasetService, project: Projects) -> None:
    assert dataset.get_dataset_stats(project.id) == {
        "total_entries": 0,
        "confirmed_entries": 0,
        "rejected_entries": 0,
        "open_entries": 0,
        "average_score": 0.0,
        "by_answer_type": {},
        "unique_images": 0,
    }


def test_an_edit_writes_an_event_with_both_values(
    make: Make, dataset: ImageDatasetService, entries: EntryQueries
) -> None:
    entry = dataset.update_dataset_entry(make().id, answer="four", note="counted twice", actor="Anna")
    assert (entry.answer, entry.note, entry.version, entry.edited) == ("four", "counted twice", 2, True)
    event = entries.history(entry.id)[-1]
    assert (event.action, event.actor) == ("edit", "Anna")
    assert event.old == {"answer": "three", "note": ""}
    assert event.new == {"answer": "four", "note": "counted twice"}


def test_writing_the_same_value_writes_no_event(
    make: Make, dataset: ImageDatasetService, entries: EntryQueries
) -> None:
    entry = make()
    assert dataset.update_dataset_entry(entry.id, answer="three").version == 1
    assert [event.action for event in entries.history(entry.id)] == ["create"]


def test_a_field_that_is_not_editable_is_refused(make: Make, dataset: ImageDatasetService) -> None:
    with pytest.raises(InvalidInputError, match="project_id cannot be changed"):
        dataset.update_dataset_entry(make().id, project_id="another")


def test_confirming_and_rejecting_exclude_each_other(make: Make, dataset: ImageDatasetService) -> None:
    entry = make()
    dataset.update_dataset_entry(entry.id, rejected=True, reject_reason="wrong answer")
    confirmed = dataset.confirm_entry(entry.id)
    assert (confirmed.confirmed, confirmed.rejected, confirmed.reject_reason) == (True, False, "")
    assert dataset.confirm_entry(entry.id, confirmed=False).decision == "open"


def test_an_outdated_version_is_a_conflict_with_both_versions(make: Make, dataset: ImageDatasetService) -> None:
    entry = make()
    dataset.update_dataset_entry(entry.id, version=1, answer="four", actor="Anna")
    with pytest.raises(ConflictError) as caught:
        dataset.update_dataset_entry(entry.id, version=1, answer="five", actor="Ben")
    assert (caught.value.current.answer, caught.value.current.version) == ("four", 2)
    assert caught.value.attempted == {"answer": "five"}
    assert dataset.get_dataset_entry(entry.id).answer == "four"


def test_new_tags_are_added_to_the_existing_ones(make: Make, dataset: ImageDatasetService) -> None:
    entry = make(tags="red")
    assert dataset.add_tags(entry.id, ["Big", "red"]).tags == "red,big"
    assert dataset.add_tags(entry.id, "round, tall").tags == "red,big,round,tall"


def test_a_deleted_entry_is_restored_by_undo(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry = make()
    assert dataset.delete_dataset_entry(entry.id) is True
    assert dataset.delete_dataset_entry(entry.id) is False
    assert dataset.get_dataset_entry(entry.id) is None
    review.undo(project.id)
    assert dataset.get_dataset_entry(entry.id).answer == "three"


def test_the_id_of_no_entry_answers_none_and_writes_nothing(
    make: Make, dataset: ImageDatasetService, db: Database
) -> None:
    deleted = make()
    dataset.delete_dataset_entry(deleted.id)
    before = count_events(db)
    for id_ in ("nowhere", deleted.id):
        assert dataset.get_dataset_entry(id_) is None
        assert dataset.update_dataset_entry(id_, answer="four") is None
        assert dataset.confirm_entry(id_) is None
        assert dataset.confirm_entry(id_, False) is None
        assert dataset.rate_entry(id_, 4.2) is None
        assert dataset.add_tags(id_, ["red"]) is None
        assert dataset.delete_dataset_entry(id_) is False
    assert count_events(db) == before


def test_an_image_that_is_not_in_the_project_is_an_error_and_not_none(make: Make, dataset: ImageDatasetService) -> None:
    with pytest.raises(NotFoundError, match="This image is not in the project"):
        dataset.update_dataset_entry(make().id, image_ids=["nowhere"])


def test_characters_that_a_database_cannot_store_are_replaced(make: Make, dataset: ImageDatasetService) -> None:
    entry = make("Which\0 sign?", "\ud800 and \U0001f600")
    assert (entry.question, entry.answer) == ("Which sign?", "? and \U0001f600")
    assert dataset.get_dataset_entry(entry.id).answer == "? and \U0001f600"
