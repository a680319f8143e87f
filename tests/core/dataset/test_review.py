from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.audit import AuditFilter, AuditService
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import Database
from core.errors import ConflictError, InvalidInputError

Make = Callable[..., ImageDatasets]
ALL = parse_search("")


def test_a_decision_is_stored_together_with_changes(make: Make, review: ReviewService, entries: EntryQueries) -> None:
    entry = make()
    decided = review.decide(entry.id, 1, "confirm", changes={"answer": "four"}, actor="Anna").entry
    assert (decided.confirmed, decided.answer, decided.version) == (True, "four", 2)
    assert [(event.action, event.actor) for event in entries.history(entry.id)] == [
        ("create", "local"),
        ("confirm", "Anna"),
    ]


def test_a_decision_on_an_outdated_version_is_refused(
    make: Make, dataset: ImageDatasetService, review: ReviewService
) -> None:
    entry = make()
    review.decide(entry.id, 1, "confirm", actor="Anna")
    with pytest.raises(ConflictError, match="This entry was changed in the meantime"):
        review.decide(entry.id, 1, "reject", actor="Ben")
    assert dataset.get_dataset_entry(entry.id).decision == "confirmed"


def test_a_decision_sent_twice_is_stored_once(make: Make, review: ReviewService, entries: EntryQueries) -> None:
    entry = make()
    first = review.decide(entry.id, 1, "confirm", batch_id="act-000001")
    again = review.decide(entry.id, 1, "confirm", batch_id="act-000001")
    assert (first.entry.version, again.entry.version) == (2, 2)
    assert len(entries.history(entry.id)) == 2


def test_a_batch_id_of_another_decision_loses_none(
    make: Make, dataset: ImageDatasetService, review: ReviewService
) -> None:
    first, second = make("One?"), make("Two?")
    review.decide(first.id, 1, "confirm", actor="Anna", batch_id="act-000001")
    for entry_id, version, decision in ((second.id, 1, "confirm"), (first.id, 2, "reject")):
        with pytest.raises(InvalidInputError, match="belongs to another decision"):
            review.decide(entry_id, version, decision, actor="Ben", batch_id="act-000001")
    review.decide(second.id, 1, "confirm", actor="Ben", batch_id="act-000002")
    assert dataset.get_dataset_entry(second.id).decision == "confirmed"


def test_a_skipped_entry_is_unchanged_and_leaves_the_queue_of_that_person(
    make: Make, dataset: ImageDatasetService, review: ReviewService, entries: EntryQueries, project: Projects
) -> None:
    first, second = make("One?"), make("Two?")
    review.decide(first.id, 1, "skip", actor="Anna")
    queue = ALL.for_review()
    assert dataset.get_dataset_entry(first.id).version == 1
    assert [e.id for e in entries.find_entries(project.id, queue, not_skipped_by="Anna").items] == [second.id]
    assert [e.id for e in entries.find_entries(project.id, queue, not_skipped_by="Ben").items] == [first.id, second.id]
    assert entries.count_entries(project.id, queue, not_skipped_by="Anna") == 1
    skipped = parse_search("skipped:Anna")
    assert [e.id for e in entries.find_entries(project.id, skipped, not_skipped_by="Anna").items] == [first.id]


def test_an_unknown_decision_is_refused(make: Make, review: ReviewService) -> None:
    with pytest.raises(InvalidInputError, match="maybe is not a decision"):
        review.decide(make().id, 1, "maybe")


def test_repeated_undo_reverts_all_actions_of_one_person(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    first, second = make("One?"), make("Two?")
    review.decide(first.id, 1, "rate", changes={"score": 4}, actor="Anna")
    review.decide(second.id, 1, "confirm", actor="Ben")
    review.decide(first.id, 2, "reject", changes={"reject_reason": "unclear image"}, actor="Anna")
    review.decide(first.id, 3, "skip", actor="Anna")

    actions = []
    while (result := review.undo(project.id, actor="Anna")) is not None:
        actions.append((result.action, result.entry_ids))
    assert actions == [("skip", (first.id,)), ("reject", (first.id,)), ("rate", (first.id,))]
    entry = dataset.get_dataset_entry(first.id)
    assert (entry.decision, entry.reject_reason, entry.score) == ("open", "", 0)
    assert dataset.get_dataset_entry(second.id).confirmed is True


def test_undo_conflicts_with_a_later_change_of_the_same_field(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry = make()
    dataset.update_dataset_entry(entry.id, answer="four", actor="Anna")
    dataset.update_dataset_entry(entry.id, answer="five", actor="Ben")
    with pytest.raises(ConflictError) as caught:
        review.undo(project.id, actor="Anna")
    assert caught.value.current.answer == "five"
    assert dataset.get_dataset_entry(entry.id).answer == "five"


def test_undo_keeps_later_changes_of_other_fields(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry = make()
    dataset.confirm_entry(entry.id, actor="Anna")
    dataset.rate_entry(entry.id, 5, actor="Ben")
    review.undo(project.id, actor="Anna")
    after = dataset.get_dataset_entry(entry.id)
    assert (after.confirmed, after.score) == (False, 5)


def test_undo_in_another_project_does_nothing(make: Make, review: ReviewService, project: Projects) -> None:
    batch_id = review.decide(make().id, 1, "confirm").batch_id
    assert review.undo("another-project", batch_id=batch_id) is None


def test_an_undo_sent_twice_undoes_one_action(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry = make()
    dataset.rate_entry(entry.id, 3)
    dataset.confirm_entry(entry.id)
    assert review.undo(project.id, undo_id="undo-0001") is not None
    assert review.undo(project.id, undo_id="undo-0001") is None
    after = dataset.get_dataset_entry(entry.id)
    assert (after.score, after.confirmed) == (3, False)


def test_creating_an_entry_is_undone_only_by_its_batch_id(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    make()
    assert review.undo(project.id) is None
    assert dataset.get_dataset_stats(project.id)["total_entries"] == 1


def test_a_bulk_action_changes_the_entries_of_the_filter_only(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    counted = [make(f"How many {i}?", kind="count") for i in range(3)]
    other = make("Which colour?", kind="color")
    dataset.confirm_entry(counted[0].id)
    result = review.bulk(project.id, parse_search("kind:count"), "confirm", actor="Anna")
    assert result.changed == 2  # the third was confirmed already
    assert [dataset.get_dataset_entry(entry.id).decision for entry in (*counted, other)] == [
        "confirmed", "confirmed", "confirmed", "open",
    ]  # fmt: skip
    assert [dataset.get_dataset_entry(entry.id).version for entry in counted] == [2, 2, 2]


def test_undoing_a_bulk_action_restores_different_old_values(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    first, second, third = make("One?"), make("Two?"), make("Three?")
    review.decide(first.id, 1, "reject", changes={"reject_reason": "duplicate"})
    review.decide(second.id, 1, "confirm")
    review.bulk(project.id, ALL, "reject", "wrong answer", actor="Anna")
    assert [(e.decision, e.reject_reason) for e in dataset.list_dataset_entries(project.id)] == [
        ("rejected", "wrong answer")
    ] * 3
    undone = review.undo(project.id, actor="Anna")
    assert (undone.undone, undone.conflicts, undone.action) == (3, 0, "reject")
    assert [(e.decision, e.reject_reason) for e in dataset.list_dataset_entries(project.id)] == [
        ("rejected", "duplicate"), ("confirmed", ""), ("open", ""),
    ]  # fmt: skip
    assert dataset.get_dataset_entry(third.id).version == 3


@pytest.mark.parametrize(
    ("action", "value", "column", "expected"),
    [
        ("rate", 4.5, "score", [4.5, 4.5]),
        ("tag", "New, red", "tags", ["red,new", "big,new,red"]),
        ("untag", "red", "tags", ["", "big"]),
        ("reopen", None, "confirmed", [False, False]),
    ],
)
def test_bulk_actions_write_their_value(
    make: Make,
    dataset: ImageDatasetService,
    review: ReviewService,
    project: Projects,
    action: str,
    value: object,
    column: str,
    expected: list,
) -> None:
    entries = [make("One?", tags="red", confirmed=True), make("Two?", tags="big")]
    review.bulk(project.id, ALL, action, value)
    assert [getattr(dataset.get_dataset_entry(entry.id), column) for entry in entries] == expected


def test_a_bulk_deletion_is_undone_at_once(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entries = [make(f"{i}?") for i in range(4)]
    result = review.bulk_ids(project.id, [entry.id for entry in entries[:3]], "delete")
    assert result.changed == 3
    assert [e.id for e in dataset.list_dataset_entries(project.id)] == [entries[3].id]
    review.undo(project.id)
    assert len(dataset.list_dataset_entries(project.id)) == 4


def test_only_the_undo_of_a_bulk_action_is_an_act_of_the_project(
    make: Make, review: ReviewService, db: Database, project: Projects
) -> None:
    one, two = make("One?"), make("Two?")
    review.decide(one.id, 1, "confirm", actor="Ben")
    review.undo(project.id, actor="Ben")
    review.bulk(project.id, ALL, "rate", 3, actor="Anna")
    review.decide(two.id, 2, "confirm", actor="Ben", changes={"score": 5})
    review.undo(project.id, actor="Anna")
    acts = AuditService(db).find(AuditFilter(project_id=project.id, kind="entry")).items
    undone = [(act.who, act.details) for act in acts if act.act == "entry.undo" and act.id.startswith("a")]
    assert undone == [("Anna", {"entries": 1, "conflicts": 1, "undone": "rate"})]


def test_undoing_a_bulk_action_skips_and_counts_entries_changed_since(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    first, second = make("One?"), make("Two?")
    review.bulk(project.id, ALL, "rate", 3, actor="Anna")
    dataset.rate_entry(first.id, 5, actor="Ben")
    undone = review.undo(project.id, actor="Anna")
    assert (undone.undone, undone.conflicts) == (1, 1)
    assert [dataset.get_dataset_entry(entry.id).score for entry in (first, second)] == [5, 0]


def test_an_unknown_bulk_action_is_refused(review: ReviewService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="burn is not a bulk action"):
        review.bulk(project.id, ALL, "burn")


def test_undo_conflicts_with_later_changes_even_when_the_value_is_the_same_again(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    entry = make()
    first = review.decide(entry.id, 1, "rate", changes={"score": 3}, actor="Anna").batch_id
    dataset.rate_entry(entry.id, 5, actor="Ben")
    dataset.rate_entry(entry.id, 3, actor="Ben")
    with pytest.raises(ConflictError):
        review.undo(project.id, batch_id=first, actor="Anna")
