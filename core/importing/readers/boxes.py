"""Labeled boxes in the ways that datasets write them."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from core.importing.answers import clean_text
from core.importing.records import ImportedBox

DETECTION_QUESTION = "Which objects are in this image?"
"""The question of boxes that come without one; their labels are its answer."""

MAX_BOXES = 2_000
_MAX_LABEL_CHARS = 200


def boxes_of(objects: Any) -> tuple[ImportedBox, ...]:
    """Return the boxes of an ``objects`` column: of ms-swift, or of Hugging Face's object detection.

    ms-swift has ``ref`` and ``bbox`` as xyxy, in px or with ``bbox_type`` ``norm1`` relative to the size. Hugging Face
    has ``bbox`` as x, y, width, height in px with ``categories``. A list holds objects with ``label`` and ``xyxy``.
    """
    if isinstance(objects, list | tuple):
        return tuple(filter(None, (_one(found) for found in objects[:MAX_BOXES])))
    boxes = objects.get("bbox") if isinstance(objects, dict) else None
    if not isinstance(boxes, list | tuple) or len(boxes) > MAX_BOXES:
        return ()
    is_swift = "ref" in objects
    labels = next((objects[key] for key in ("ref", "categories", "category", "label") if objects.get(key)), ())
    positions = objects.get("image_id") if is_swift else None
    unit: Literal["px", "relative"] = "relative" if objects.get("bbox_type") == "norm1" else "px"
    found = []
    for index, numbers in enumerate(boxes):
        xyxy = corners(numbers, is_size=not is_swift)
        if xyxy is not None:
            found.append(ImportedBox(label_at(labels, index), xyxy, unit, _position(positions, index)))
    return tuple(found)


def corners(numbers: Any, *, is_size: bool = False) -> tuple[float, float, float, float] | None:
    """Return x1, y1, x2, y2 in ascending order; None for anything but four finite numbers.

    Args:
        is_size: Whether the last two numbers are width and height.
    """
    if not isinstance(numbers, list | tuple) or len(numbers) != 4:
        return None
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and abs(n) < 1e9 for n in numbers):
        return None
    x1, y1, x2, y2 = map(float, numbers)
    if is_size:
        x2, y2 = x1 + x2, y1 + y2
    if not all(map(math.isfinite, (x1, y1, x2, y2))):
        return None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def label_at(labels: Any, index: int) -> str:
    """Return the label of a box by its position; the only label is that of all boxes."""
    if not isinstance(labels, list | tuple):
        labels = [labels]
    value = labels[index] if index < len(labels) else labels[0] if len(labels) == 1 else ""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) and abs(value) < 1e9 else ""
    return clean_text(text)[:_MAX_LABEL_CHARS]


def with_objects_named(text: str, objects: Any) -> str:
    """Return a text of ms-swift with the names and boxes in the places of ``<ref-object>`` and ``<bbox>``."""
    if not isinstance(objects, dict) or "<" not in text:
        return text
    for token, values in (("<ref-object>", objects.get("ref")), ("<bbox>", objects.get("bbox"))):
        for value in values if isinstance(values, list) else ():
            text = text.replace(token, _written(value), 1)
    return text


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(str(number) for number in value[:8] if isinstance(number, int | float))}]"
    return value if isinstance(value, str) else ""


def _one(found: Any) -> ImportedBox | None:
    if not isinstance(found, dict):
        return None
    xyxy = corners(found.get("xyxy"))
    if xyxy is None:
        xyxy = corners(found.get("bbox"), is_size=True)
    if xyxy is None:
        return None
    unit: Literal["px", "relative"] = "relative" if found.get("unit") == "relative" else "px"
    position = found.get("image")
    return ImportedBox(label_at(found.get("label"), 0), xyxy, unit, position if isinstance(position, int) else 0)


def _position(positions: Sequence[Any] | None, index: int) -> int:
    value = positions[index] if isinstance(positions, list | tuple) and index < len(positions) else 0
    return value if isinstance(value, int) and 0 <= value < 1000 else 0
