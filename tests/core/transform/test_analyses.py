"""Regions from what analyzers stored, and those that have one of the wanted labels."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.transform.analyses import regions_from
from core.transform.regions import OBJECTS, TEXT, Region, labeled, no_regions

BOX = [1, 2, 3, 4]


class Stored:
    """The results of two images, of which one was looked at for objects only."""

    def get_analyses(self, image_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        objects = {"items": [{"label": "dog", "box_xyxy": BOX, "score": 0.75}]}
        text = {"lines": [{"text": "EXIT", "box_xyxy": BOX, "score": 0.5}]}
        return {id_: {OBJECTS: objects} | ({TEXT: text} if id_ == "both" else {}) for id_ in image_ids}


@pytest.mark.parametrize(
    ("analyzer", "found"),
    [
        (OBJECTS, {"both": [Region("dog", (1, 2, 3, 4), 0.75)], "objects": [Region("dog", (1, 2, 3, 4), 0.75)]}),
        (TEXT, {"both": [Region("EXIT", (1, 2, 3, 4), 0.5)]}),
    ],
)
def test_an_image_that_was_not_looked_at_is_missing(analyzer: str, found: dict[str, list[Region]]) -> None:
    stored: Any = Stored()
    assert regions_from(stored)(["both", "objects"], analyzer) == found
    assert no_regions(["both"], analyzer) == {}


@pytest.mark.parametrize(
    ("labels", "found"), [([], ["Dog", "cat"]), ([" "], ["Dog", "cat"]), (["dog "], ["Dog"]), (["CAT", "x"], ["cat"])]
)
def test_labels_are_compared_without_case_and_none_means_all(labels: list[str], found: list[str]) -> None:
    regions = [Region("Dog", (0.0, 0.0, 1.0, 1.0)), Region("cat", (0.0, 0.0, 1.0, 1.0))]
    assert [region.label for region in labeled(regions, labels)] == found
