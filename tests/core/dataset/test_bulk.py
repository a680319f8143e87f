from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.dataset import ReviewService, parse_search

Make = Callable[..., ImageDatasets]
ALL = parse_search("")


@pytest.mark.parametrize(
    ("action", "value", "expected"),
    [
        ("reject", "duplicate", ("rejected", "duplicate")),
        ("reject", None, ("rejected", "")),
        ("confirm", "duplicate", ("confirmed", "")),
        ("reopen", "duplicate", ("open", "")),
    ],
)
def test_only_a_bulk_rejection_stores_its_reason(
    make: Make,
    dataset: ImageDatasetService,
    review: ReviewService,
    project: Projects,
    action: str,
    value: str | None,
    expected: tuple[str, str],
) -> None:
    entry = make()
    dataset.update_dataset_entry(entry.id, rejected=True, reject_reason="bad question")
    assert review.bulk(project.id, ALL, action, value).changed == 1
    after = dataset.get_dataset_entry(entry.id)
    assert (after.decision, after.reject_reason) == expected


def test_removing_a_tag_in_bulk_leaves_longer_tags_that_contain_it(
    make: Make, dataset: ImageDatasetService, review: ReviewService, project: Projects
) -> None:
    first, second = make("One?", tags="red,dark red"), make("Two?", tags="dark red")
    assert review.bulk(project.id, ALL, "untag", "red").changed == 1
    after = [dataset.get_dataset_entry(entry.id) for entry in (first, second)]
    assert [(entry.tags, entry.version) for entry in after] == [("dark red", 2), ("dark red", 1)]
