from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.dataset import ReviewService, parse_search
from core.errors import ConflictError, ForbiddenError

Make = Callable[..., ImageDatasets]
ALL = parse_search("")


def test_an_action_can_be_undone_after_the_later_one_was_undone(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry = make(score=1)
    dataset.rate_entry(entry.id, 3, actor="Anna")
    dataset.rate_entry(entry.id, 5, actor="Ben")
    review.undo(project.id, actor="Ben")
    assert dataset.get_dataset_entry(entry.id).score == 3
    review.undo(project.id, actor="Anna")
    assert dataset.get_dataset_entry(entry.id).score == 1


def test_undoing_the_last_decision_takes_back_a_rejection_together_with_its_reason(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry, other = make("One?"), make("Two?")
    review.decide(other.id, other.version, "reject", actor="Ben")
    rejected = review.decide(entry.id, entry.version, "reject", actor="Anna").entry
    review.decide(entry.id, rejected.version, "reject", changes={"reject_reason": "duplicate"}, actor="Anna")
    of_ben = dataset.get_dataset_entry(other.id)
    review.decide(other.id, of_ben.version, "reject", changes={"reject_reason": "duplicate"}, actor="Anna")

    review.undo(project.id, actor="Anna")  # a reason for what somebody else rejected
    assert (dataset.get_dataset_entry(other.id).decision, dataset.get_dataset_entry(other.id).reject_reason) == (
        "rejected", "",
    )  # fmt: skip

    review.undo(project.id, actor="Anna")
    assert (dataset.get_dataset_entry(entry.id).decision, dataset.get_dataset_entry(entry.id).reject_reason) == (
        "open", "",
    )  # fmt: skip


def test_a_bulk_action_can_be_undone_after_the_later_one_was_undone(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entries = [make("One?", score=1), make("Two?", score=2)]
    review.bulk(project.id, ALL, "rate", 3, actor="Anna")
    review.bulk(project.id, ALL, "rate", 5, actor="Ben")
    review.undo(project.id, actor="Ben")
    undone = review.undo(project.id, actor="Anna")
    assert undone is not None
    assert (undone.undone, undone.conflicts) == (2, 0)
    assert [dataset.get_dataset_entry(entry.id).score for entry in entries] == [1, 2]


def test_undoing_a_bulk_action_skips_a_value_that_was_changed_and_set_again(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    first, second = make("One?", score=1), make("Two?", score=2)
    batch_id = review.bulk(project.id, ALL, "rate", 3, actor="Anna").batch_id
    dataset.rate_entry(first.id, 5, actor="Ben")
    dataset.rate_entry(first.id, 3, actor="Ben")
    undone = review.undo(project.id, actor="Anna")
    assert undone is not None
    assert (undone.undone, undone.conflicts) == (1, 1)
    assert [dataset.get_dataset_entry(entry.id).score for entry in (first, second)] == [3, 2]
    for _ in range(2):
        review.undo(project.id, actor="Ben")
    rest = review.undo(project.id, batch_id=batch_id, actor="Anna")
    assert rest is not None
    assert (rest.undone, dataset.get_dataset_entry(first.id).score) == (1, 1)


def test_undoing_a_bulk_action_whose_entries_all_changed_since_is_a_conflict(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entries = [make("One?"), make("Two?")]
    review.bulk(project.id, ALL, "rate", 3, actor="Anna")
    for entry in entries:
        dataset.rate_entry(entry.id, 5, actor="Ben")
        dataset.rate_entry(entry.id, 3, actor="Ben")
    with pytest.raises(ConflictError, match="Nothing was undone"):
        review.undo(project.id, actor="Anna")
    assert [dataset.get_dataset_entry(entry.id).score for entry in entries] == [3, 3]


def test_who_may_only_review_undoes_own_actions_that_are_no_deletion(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry = make("One?", score=1)
    of_ben = review.bulk_ids(project.id, [entry.id], "rate", 2, actor="Ben").batch_id
    deleted = review.bulk_ids(project.id, [entry.id], "delete", actor="Anna").batch_id

    for batch_id in (of_ben, deleted):
        with pytest.raises(ForbiddenError, match="done by somebody else, or is a deletion"):
            review.undo(project.id, batch_id=batch_id, actor="Anna", only_own=True)
    assert review.undo(project.id, batch_id=deleted, actor="Anna")
    assert review.undo(project.id, batch_id=of_ben, actor="Ben", only_own=True)
    assert dataset.get_dataset_entry(entry.id).score == 1
