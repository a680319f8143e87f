"""The items of an analysis task: a group of images for one analyzer."""

from collections.abc import Iterator, Sequence

from core.tasks import ItemPlan
from core.vision.analyzers.base import Analyzer

TASK_TYPE = "image-analysis"


def analysis_items(
    one: Analyzer, image_ids: Sequence[str], stage: int, *, asks_model: bool = False
) -> Iterator[ItemPlan]:
    """Yield the items that analyze images by one analyzer; each call to a model is an item of its own."""
    size = 1 if asks_model else one.images_per_item
    for start in range(0, len(image_ids), size):
        yield analysis_item(one, list(image_ids[start : start + size]), stage)


def analysis_item(one: Analyzer, image_ids: list[str], stage: int) -> ItemPlan:
    """Return the item that analyzes images by one analyzer."""
    return ItemPlan(image_ids[0], {"analyzer": one.name, "image_ids": image_ids, "stage": stage}, stage)
