"""Regions from stored analyses."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.transform.regions import OBJECTS, TEXT, FindRegions, Region
from core.vision.store import AnalysisStore

# Where an analyzer's result has its regions, and what names each.
_SHAPES = {TEXT: ("lines", "text"), OBJECTS: ("items", "label")}


def regions_from(analyses: AnalysisStore) -> FindRegions:
    """Return what finds the regions that analyzers stored; an image without a result is missing."""

    def find(image_ids: Sequence[str], analyzer: str) -> Mapping[str, Sequence[Region]]:
        found = analyses.get_analyses(image_ids)
        return {id_: _regions(results[analyzer], analyzer) for id_, results in found.items() if analyzer in results}

    return find


def _regions(result: Mapping[str, Any], analyzer: str) -> list[Region]:
    items, name = _SHAPES[analyzer]
    return [Region(item[name], _box(item["box_xyxy"]), item["score"]) for item in result[items]]


def _box(corners: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = corners
    return left, top, right, bottom
