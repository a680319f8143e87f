"""The items of an analysis task: a group of images for one analyzer."""

from collections.abc import Iterator, Sequence

from core.tasks import ItemPlan
from core.vision.analyzers.base import Analyzer

TASK_TYPE = "image-analysis"


def analysis_items(one: Analyzer, image_ids: Sequence[str], stage: int) -> Iterator[ItemPlan]:
    """Yield the items that analyze images by one analyzer."""
    for start in range(0, len(image_ids), one.images_per_item):
        yield analysis_item(one, list(image_ids[start : start + one.images_per_item]), stage)


def analysis_item(one: Analyzer, image_ids: list[str], stage: int) -> ItemPlan:
    """Return the item that analyzes images by one analyzer."""
    return ItemPlan(image_ids[0], {"analyzer": one.name, "image_ids": image_ids, "stage": stage}, stage)
