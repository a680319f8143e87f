from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService
from core.dataset import EntryQueries, ReviewService
from core.errors import ConflictError, InvalidInputError

Make = Callable[..., ImageDatasets]


@pytest.mark.parametrize("decision", ["confirm", "reject", "reopen", "skip", "second", "flag", "rate", "note"])
def test_every_decision_on_an_outdated_version_is_refused_and_not_stored(
    decision: str, make: Make, dataset: ImageDatasetService, review: ReviewService, entries: EntryQueries
) -> None:
    entry = make()
    dataset.update_dataset_entry(entry.id, answer="four", actor="Anna")
    with pytest.raises(ConflictError) as caught:
        review.decide(entry.id, 1, decision, actor="Ben")
    assert (caught.value.current.answer, caught.value.current.version) == ("four", 2)
    assert [event.action for event in entries.history(entry.id)] == ["create", "edit"]


@pytest.mark.parametrize(
    ("decisions", "state"),
    [
        (["confirm"], (True, False, False)),
        (["reject"], (False, True, False)),
        (["confirm", "reject"], (False, True, False)),
        (["reject", "confirm"], (True, False, False)),
        (["confirm", "reopen"], (False, False, False)),
        (["reject", "reopen"], (False, False, False)),
        (["skip"], (False, False, False)),
        (["flag"], (False, False, True)),
        (["flag", "unflag"], (False, False, False)),
        (["flag", "confirm"], (True, False, True)),
    ],
)
def test_decisions_set_what_they_say(
    decisions: list[str], state: tuple[bool, bool, bool], make: Make, review: ReviewService
) -> None:
    entry = make()
    for decision in decisions:
        entry = review.decide(entry.id, entry.version, decision).entry

    assert (entry.confirmed, entry.rejected, entry.flagged) == state


def test_a_decision_that_is_none_is_refused(make: Make, review: ReviewService) -> None:
    with pytest.raises(InvalidInputError, match=r"approve is not a decision\. Use one of confirm, reject"):
        review.decide(make().id, 1, "approve")
