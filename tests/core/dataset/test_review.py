from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.dataset import parse_search
from core.errors import ConflictError, InvalidInputError

Make = Callable[..., ImageDatasets]
ALL = parse_search("")


def test_a_decision_is_stored_with_the_changes_made_on_the_way(make: Make, dataset: ImageDatasetService) -> None:
    entry = make()
    decided = dataset.decide(entry.id, 1, "confirm", changes={"answer": "four"}, actor="Anna").entry
    assert (decided.confirmed, decided.answer, decided.version) == (True, "four", 2)
    assert [(event.action, event.actor) for event in dataset.history(entry.id)] == [
        ("create", "local"),
        ("confirm", "Anna"),
    ]


def test_a_decision_on_another_version_than_the_one_seen_is_refused(make: Make, dataset: ImageDatasetService) -> None:
    entry = make()
    dataset.decide(entry.id, 1, "confirm", actor="Anna")
    with pytest.raises(ConflictError, match="Someone else changed this entry first"):
        dataset.decide(entry.id, 1, "reject", actor="Ben")
    assert dataset.get_dataset_entry(entry.id).decision == "confirmed"


def test_the_same_act_sent_twice_is_stored_once(make: Make, dataset: ImageDatasetService) -> None:
    entry = make()
    first = dataset.decide(entry.id, 1, "confirm", batch_id="act-000001")
    again = dataset.decide(entry.id, 1, "confirm", batch_id="act-000001")
    assert (first.entry.version, again.entry.version) == (2, 2)
    assert len(dataset.history(entry.id)) == 2


def test_a_skipped_entry_stays_as_it_is_but_leaves_the_queue_of_that_person(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    first, second = make("One?"), make("Two?")
    dataset.decide(first.id, 1, "skip", actor="Anna")
    queue = ALL.for_review()
    assert dataset.get_dataset_entry(first.id).version == 1
    assert [e.id for e in dataset.find_entries(project.id, queue, not_skipped_by="Anna").items] == [second.id]
    assert [e.id for e in dataset.find_entries(project.id, queue, not_skipped_by="Ben").items] == [first.id, second.id]
    assert dataset.count_entries(project.id, queue, not_skipped_by="Anna") == 1
    skipped = parse_search("skipped:Anna")
    assert [e.id for e in dataset.find_entries(project.id, skipped, not_skipped_by="Anna").items] == [first.id]


def test_a_decision_nobody_knows_is_refused(make: Make, dataset: ImageDatasetService) -> None:
    with pytest.raises(InvalidInputError, match="maybe is not a decision"):
        dataset.decide(make().id, 1, "maybe")


def test_undo_goes_all_the_way_back_through_what_one_person_did(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    first, second = make("One?"), make("Two?")
    dataset.decide(first.id, 1, "rate", changes={"score": 4}, actor="Anna")
    dataset.decide(second.id, 1, "confirm", actor="Ben")
    dataset.decide(first.id, 2, "reject", changes={"reject_reason": "unclear image"}, actor="Anna")
    dataset.decide(first.id, 3, "skip", actor="Anna")

    actions = []
    while (result := dataset.undo(project.id, actor="Anna")) is not None:
        actions.append((result.action, result.entry_ids))
    assert actions == [("skip", (first.id,)), ("reject", (first.id,)), ("rate", (first.id,))]
    entry = dataset.get_dataset_entry(first.id)
    assert (entry.decision, entry.reject_reason, entry.score) == ("open", "", 0)
    assert dataset.get_dataset_entry(second.id).confirmed is True


def test_what_someone_changed_since_is_not_undone_silently(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    entry = make()
    dataset.update_dataset_entry(entry.id, answer="four", actor="Anna")
    dataset.update_dataset_entry(entry.id, answer="five", actor="Ben")
    with pytest.raises(ConflictError) as caught:
        dataset.undo(project.id, actor="Anna")
    assert caught.value.current.answer == "five"
    assert dataset.get_dataset_entry(entry.id).answer == "five"


def test_undo_leaves_fields_alone_that_the_act_did_not_touch(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    entry = make()
    dataset.confirm_entry(entry.id, actor="Anna")
    dataset.rate_entry(entry.id, 5, actor="Ben")
    dataset.undo(project.id, actor="Anna")
    after = dataset.get_dataset_entry(entry.id)
    assert (after.confirmed, after.score) == (False, 5)


def test_undo_of_another_project_does_nothing(make: Make, dataset: ImageDatasetService, project: Projects) -> None:
    batch_id = dataset.decide(make().id, 1, "confirm").batch_id
    assert dataset.undo("another-project", batch_id=batch_id) is None


def test_an_undo_sent_twice_takes_one_act_back(make: Make, dataset: ImageDatasetService, project: Projects) -> None:
    entry = make()
    dataset.rate_entry(entry.id, 3)
    dataset.confirm_entry(entry.id)
    assert dataset.undo(project.id, undo_id="undo-0001") is not None
    assert dataset.undo(project.id, undo_id="undo-0001") is None
    after = dataset.get_dataset_entry(entry.id)
    assert (after.score, after.confirmed) == (3, False)


def test_making_an_entry_is_undone_only_when_it_is_named(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    make()
    assert dataset.undo(project.id) is None
    assert dataset.get_dataset_stats(project.id)["total_entries"] == 1


def test_a_bulk_act_changes_every_entry_of_the_filter_and_no_other(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    counted = [make(f"How many {i}?", kind="count") for i in range(3)]
    other = make("Which colour?", kind="color")
    dataset.confirm_entry(counted[0].id)
    result = dataset.bulk(project.id, parse_search("kind:count"), "confirm", actor="Anna")
    assert result.changed == 2  # the third was confirmed already
    assert [dataset.get_dataset_entry(entry.id).decision for entry in (*counted, other)] == [
        "confirmed", "confirmed", "confirmed", "open",
    ]  # fmt: skip
    assert [dataset.get_dataset_entry(entry.id).version for entry in counted] == [2, 2, 2]


def test_a_bulk_act_over_different_old_values_is_undone_to_each_of_them(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    first, second, third = make("One?"), make("Two?"), make("Three?")
    dataset.decide(first.id, 1, "reject", changes={"reject_reason": "duplicate"})
    dataset.decide(second.id, 1, "confirm")
    dataset.bulk(project.id, ALL, "reject", "wrong answer", actor="Anna")
    assert [(e.decision, e.reject_reason) for e in dataset.list_dataset_entries(project.id)] == [
        ("rejected", "wrong answer")
    ] * 3
    undone = dataset.undo(project.id, actor="Anna")
    assert (undone.undone, undone.kept, undone.action) == (3, 0, "reject")
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
def test_bulk_acts_write_their_value(
    make: Make, dataset: ImageDatasetService, project: Projects, action: str, value: object, column: str, expected: list
) -> None:
    entries = [make("One?", tags="red", confirmed=True), make("Two?", tags="big")]
    dataset.bulk(project.id, ALL, action, value)
    assert [getattr(dataset.get_dataset_entry(entry.id), column) for entry in entries] == expected


def test_entries_deleted_in_bulk_come_back_with_one_undo(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    entries = [make(f"{i}?") for i in range(4)]
    result = dataset.bulk_ids(project.id, [entry.id for entry in entries[:3]], "delete")
    assert result.changed == 3
    assert [e.id for e in dataset.list_dataset_entries(project.id)] == [entries[3].id]
    dataset.undo(project.id)
    assert len(dataset.list_dataset_entries(project.id)) == 4


def test_undoing_a_bulk_act_keeps_what_someone_changed_since_and_says_how_many(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    first, second = make("One?"), make("Two?")
    dataset.bulk(project.id, ALL, "rate", 3, actor="Anna")
    dataset.rate_entry(first.id, 5, actor="Ben")
    undone = dataset.undo(project.id, actor="Anna")
    assert (undone.undone, undone.kept) == (1, 1)
    assert [dataset.get_dataset_entry(entry.id).score for entry in (first, second)] == [5, 0]


def test_a_bulk_act_nobody_knows_is_refused(dataset: ImageDatasetService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="burn is not done to many entries at once"):
        dataset.bulk(project.id, ALL, "burn")


def test_an_act_below_a_later_one_on_the_same_field_is_not_undone_even_when_the_values_agree(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    entry = make()
    first = dataset.decide(entry.id, 1, "rate", changes={"score": 3}, actor="Anna").batch_id
    dataset.rate_entry(entry.id, 5, actor="Ben")
    dataset.rate_entry(entry.id, 3, actor="Ben")
    with pytest.raises(ConflictError):
        dataset.undo(project.id, batch_id=first, actor="Anna")
