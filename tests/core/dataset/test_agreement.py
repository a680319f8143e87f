from collections.abc import Callable

import pytest

from core import ImageDatasets, Projects
from core.dataset import CollaborationService, ReviewService
from core.dataset.agreement import Answers, answers
from core.db import Database
from tests.core.dataset.conftest import add_image

Make = Callable[..., ImageDatasets]


@pytest.fixture
def twice(
    make: Make, collaboration: CollaborationService, review: ReviewService, project: Projects
) -> Callable[..., None]:
    """Let a model answer "two", Anna confirm it, and Ben review it a second time."""
    collaboration.set_review_plan(project.id, "all", second_percent=100)

    def decide(question: str, **changes: str) -> None:
        entry = make(question, "two", model="good")
        entry = review.decide(entry.id, entry.version, "confirm", actor="Anna").entry
        review.decide(entry.id, entry.version, "second", changes=changes, actor="Ben")

    return decide


def found(db: Database, project: Projects) -> list[Answers]:
    with db.reading() as session:
        return answers(session, project.id)


def test_who_confirms_or_edits_in_a_second_review_has_answered_too(
    twice: Callable[..., None], db: Database, project: Projects
) -> None:
    twice("How many cups?", verdict="confirm")
    twice("How many plates?", verdict="confirm", answer="three")
    twice("How many forks?", verdict="reject")

    model = (("good", "two"),)
    assert found(db, project) == [Answers(("two", "two"), model), Answers(("two", "three"), model)]


def test_an_undone_second_review_is_no_answer(
    twice: Callable[..., None], review: ReviewService, db: Database, project: Projects
) -> None:
    twice("How many cups?", verdict="confirm")
    review.undo(project.id, actor="Ben")

    assert found(db, project) == []


def test_equal_questions_about_one_image_are_one_question_and_deleted_rejected_or_long_answers_are_left_out(
    make: Make, review: ReviewService, db: Database, project: Projects
) -> None:
    make("How many cups?", "two", model="")
    make("how many cups", "3", model="")
    make("How many cups?", "x" * 60, model="")
    make("How many cups?", "x" * 61, model="")
    make("How many cups?", "open", model="good")
    make("How many cups?", "7", model="", image_id=add_image(db, project.id, "other.jpg").id)
    make("How many cups?", '["a"]', model="", answer_type="label", options=["a", "b"])
    rejected, deleted = make("How many cups?", "4", model=""), make("How many cups?", "5", model="")
    review.decide(rejected.id, 1, "reject")
    review.bulk_ids(project.id, [deleted.id], "delete")

    assert found(db, project) == [Answers(("two", "3", "x" * 60), ())]


def test_an_edited_answer_counts_for_people_and_the_generated_one_for_the_model(
    make: Make, review: ReviewService, db: Database, project: Projects
) -> None:
    entry = make("How many cups?", "two", model="good")
    entry = review.decide(entry.id, entry.version, "edit", changes={"answer": "three"}, actor="Anna").entry
    review.decide(entry.id, entry.version, "confirm", actor="Anna")
    make("How many cups?", "three", model="")

    assert found(db, project) == [Answers(("three", "three"), (("good", "two"),))]
