"""What two reviewers judged differently waits until somebody decides it, whichever way that is done."""

from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.dataset import EntryQueries, ReviewService, parse_search

Make = Callable[..., ImageDatasets]
Road = Callable[[ImageDatasetService, ReviewService, ImageDatasets], object]

DISPUTED = parse_search("check:readers")

ROADS: dict[str, Road] = {
    "confirmed at the desk": lambda dataset, review, entry: review.decide(
        entry.id, entry.version, "confirm", actor="Cem"
    ),
    "rejected at the desk": lambda dataset, review, entry: review.decide(
        entry.id, entry.version, "reject", actor="Cem"
    ),
    "confirmed by a call": lambda dataset, review, entry: dataset.confirm_entry(entry.id, actor="Cem"),
    "confirmed in a cell": lambda dataset, review, entry: dataset.update_dataset_entry(
        entry.id, confirmed=True, rejected=False, actor="Cem"
    ),
    "rejected in a cell": lambda dataset, review, entry: dataset.update_dataset_entry(
        entry.id, confirmed=False, rejected=True, actor="Cem"
    ),
    "confirmed with others": lambda dataset, review, entry: review.bulk_ids(
        entry.project_id, [entry.id], "confirm", actor="Cem"
    ),
    "rejected with others": lambda dataset, review, entry: review.bulk(
        entry.project_id, DISPUTED, "reject", "duplicate", actor="Cem"
    ),
}


@pytest.fixture
def confirmed(make: Make, review: ReviewService) -> list[ImageDatasets]:
    """Three entries that Anna confirmed."""
    return [
        review.decide(make(text, "yes").id, 1, "confirm", actor="Anna").entry for text in ("One?", "Two?", "Three?")
    ]


def rejected_by_ben(review: ReviewService, entry: ImageDatasets) -> ImageDatasets:
    return review.decide(entry.id, entry.version, "second", changes={"verdict": "reject"}, actor="Ben").entry


def waiting(entries: EntryQueries, project: Projects) -> list[str]:
    return [entry.question for entry in entries.find_entries(project.id, DISPUTED).items]


@pytest.mark.parametrize("road", ROADS)
def test_who_decides_it_resolves_it_and_undo_takes_that_back(
    road: str, confirmed: list[ImageDatasets], dataset: ImageDatasetService, entries: EntryQueries,
    review: ReviewService, project: Projects,
) -> None:  # fmt: skip
    disputed = rejected_by_ben(review, confirmed[0])
    assert waiting(entries, project) == ["One?"]
    ROADS[road](dataset, review, disputed)
    decided = dataset.get_dataset_entry(disputed.id)
    assert (decided.decision, decided.flagged, decided.version) == (road.split()[0], False, 4)
    assert waiting(entries, project) == []
    review.undo(project.id, actor="Cem")
    assert waiting(entries, project) == ["One?"]


@pytest.mark.parametrize(
    "changes", [{"answer": "no"}, {"question": "Which?"}, {"note": "blurry"}, {"confirmed": False}], ids=str
)
def test_a_change_that_decides_nothing_leaves_it_waiting(
    changes: dict[str, object], confirmed: list[ImageDatasets], dataset: ImageDatasetService, review: ReviewService
) -> None:
    disputed = rejected_by_ben(review, confirmed[0])
    changed = dataset.update_dataset_entry(disputed.id, actor="Cem", **changes)
    assert (changed.version, changed.flagged) == (4, True)


@pytest.mark.parametrize("action", ["reopen", "rate"])
def test_a_bulk_action_that_decides_nothing_leaves_it_waiting(
    action: str, confirmed: list[ImageDatasets], entries: EntryQueries, review: ReviewService, project: Projects
) -> None:
    rejected_by_ben(review, confirmed[0])
    assert review.bulk(project.id, DISPUTED, action, 3, actor="Cem").changed == 1
    assert waiting(entries, project) == ["One?"]


def test_a_bulk_action_on_many_resolves_the_disputed_ones_and_undo_restores_each(
    confirmed: list[ImageDatasets], make: Make, dataset: ImageDatasetService, entries: EntryQueries,
    review: ReviewService, project: Projects,
) -> None:  # fmt: skip
    undecided = make("Four?", "yes")
    marked = review.decide(confirmed[1].id, confirmed[1].version, "flag", actor="Ben").entry  # by hand
    for entry in (confirmed[0], confirmed[2]):
        rejected_by_ben(review, entry)

    def stored() -> list[tuple[str, bool]]:
        every = (confirmed[0], marked, confirmed[2], undecided)
        return [(found.decision, found.flagged) for found in (dataset.get_dataset_entry(one.id) for one in every)]

    before = [("confirmed", True), ("confirmed", True), ("confirmed", True), ("open", False)]
    assert stored() == before
    done = review.bulk(project.id, parse_search(""), "confirm", actor="Cem")
    assert done.changed == 3  # the one that was flagged by hand stays as it is
    assert stored() == [("confirmed", False), ("confirmed", True), ("confirmed", False), ("confirmed", False)]
    undone = review.undo(project.id, batch_id=done.batch_id, actor="Cem")
    assert (undone.undone, undone.conflicts) == (3, 0)
    assert stored() == before


def test_undoing_a_bulk_action_skips_one_that_was_flagged_again(
    confirmed: list[ImageDatasets], make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    disputed, undecided = rejected_by_ben(review, confirmed[0]), make("Four?", "yes")
    done = review.bulk(project.id, parse_search(""), "reject", "duplicate", actor="Cem")
    for entry in (disputed, undecided):
        review.decide(entry.id, dataset.get_dataset_entry(entry.id).version, "flag", actor="Ben")
    undone = review.undo(project.id, batch_id=done.batch_id, actor="Cem")
    assert (undone.undone, undone.conflicts) == (3, 1)
    assert [dataset.get_dataset_entry(one.id).decision for one in (disputed, undecided)] == ["rejected", "open"]


def test_it_is_resolved_also_after_the_first_decision_was_undone(
    confirmed: list[ImageDatasets], dataset: ImageDatasetService, entries: EntryQueries, review: ReviewService,
    project: Projects,
) -> None:  # fmt: skip
    disputed = rejected_by_ben(review, confirmed[2])  # Anna's last decision
    review.undo(project.id, actor="Anna")
    assert waiting(entries, project) == ["Three?"]
    review.decide(disputed.id, dataset.get_dataset_entry(disputed.id).version, "confirm", actor="Cem")
    assert waiting(entries, project) == []
