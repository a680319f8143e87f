from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService
from core.dataset import EntryQueries, ReviewService
from core.errors import ConflictError

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
