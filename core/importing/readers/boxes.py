"""Labeled boxes in the ways that datasets write them."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any, Literal

from core.importing.answers import parsed_list
from core.importing.readers.base import Row
from core.importing.readers.columns import Columns
from core.importing.records import ImportedBox, Turn
from core.importing.texts import clean_text

DETECTION_QUESTION = "Which objects are in this image?"
"""The question of boxes that come without one; their labels are its answer."""

MAX_BOXES = 2_000
_MAX_LABEL_CHARS = 200
_SIDES = (("image_width", "image_height"), ("img_width", "img_height"), ("imageWidth", "imageHeight"))
_MAX_SIDE_PX = 1_000_000
_CATEGORIES = ("category_name", "category", "class_name", "phrase", "expression", "referring_expression", "sent")
_LABELS = ("label", "category", "category_name", "name")
_TOKENS = re.compile("<ref-object>|<bbox>")
_NUMBER = r"\s*(-?\d{1,9}(?:\.\d{1,20})?)\s*"
_WRITTEN = re.compile(rf"\[{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\]")


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


def boxes_of_row(row: Row, columns: Columns) -> tuple[ImportedBox, ...]:
    """Return the boxes of a row of any format; four numbers alone are x, y, width and height, as COCO writes them.

    Where a file writes corners instead, :mod:`core.importing.readers.conventions` has said so before.
    """
    if not columns.boxes:
        return ()
    value = parsed_list(row[columns.boxes])
    numbers = four_numbers(value)
    size = measured_size(row)
    several = [numbers] if numbers else [four_numbers(one) for one in value] if isinstance(value, list | tuple) else []
    if not several or None in several:
        return tuple(box._replace(measured_wh=size) for box in boxes_of(value))
    label, is_size = box_label(row, columns), not are_corners(columns.boxes)
    found = [corners(one, is_size=is_size) for one in several[:MAX_BOXES]]
    return tuple(ImportedBox(label, xyxy, _unit(xyxy), measured_wh=size) for xyxy in found if xyxy is not None)


def measured_size(row: Row, names: Sequence[tuple[str, str]] = _SIDES) -> tuple[int, int] | None:
    """Return width and height in px that *row* gives of its image under one of *names*; None when it gives none."""
    for width_name, height_name in names:
        width, height = row.get(width_name), row.get(height_name)
        if type(width) is int and type(height) is int and min(width, height) > 0 and max(width, height) < _MAX_SIDE_PX:
            return width, height
    return None


def are_corners(column: str) -> bool:
    """Return whether four numbers in a column of this name are always left, top, right and bottom."""
    return column.strip().lower() in ("boxes", "bbox_2d", "xyxy")


def four_numbers(value: Any) -> list[float] | None:
    """Return the numbers of a list of four; None for anything else."""
    if not isinstance(value, list | tuple) or len(value) != 4:
        return None
    return None if corners(value) is None else [float(number) for number in value]


def box_label(row: Row, columns: Columns) -> str:
    """Return what a row calls the box that it has: its category, or else the expression that it has for it."""
    for name in (*_CATEGORIES, columns.caption, columns.answer):
        value = row.get(name)
        if isinstance(value, list | tuple) and value:
            value = value[0]
        if isinstance(value, str) and value:
            return label_at(value, 0)
    return ""


def boxes_of_turns(
    turns: tuple[Turn, ...], boxes: tuple[ImportedBox, ...]
) -> tuple[tuple[Turn, ...], tuple[ImportedBox, ...]]:
    """Return the turns with the boxes whose corners they write, and the boxes that no turn writes.

    A box is given to the first turn that writes it, from the turn of the box before it on.
    """
    if len(turns) == 1 or not boxes:
        return turns, boxes
    written = [{*_WRITTEN.findall(f"{one.question}\n{one.answer}")} for one in turns]
    corners_of = [{tuple(map(float, found)) for found in texts} for texts in written]
    of_turn: list[list[ImportedBox]] = [[] for _ in turns]
    others: list[ImportedBox] = []
    at = 0
    for box in boxes:
        number = next((number for number in range(at, len(turns)) if box.xyxy in corners_of[number]), None)
        (others if number is None else of_turn[number]).append(box)
        at = at if number is None else number
    with_boxes = tuple(one._replace(boxes=one.boxes + tuple(own)) for one, own in zip(turns, of_turn, strict=True))
    return with_boxes, tuple(others)


def with_objects_named(texts: Sequence[Any], objects: Any) -> list[Any]:
    """Return the texts of a conversation with names and boxes in the places of ``<ref-object>`` and ``<bbox>``.

    ms-swift uses up the lists of *objects* from the first text to the last.
    """
    if not isinstance(objects, dict):
        return list(texts)
    lists = {"<ref-object>": objects.get("ref"), "<bbox>": objects.get("bbox")}
    left = {token: iter(values if isinstance(values, list) else ()) for token, values in lists.items()}

    def named(found: re.Match[str]) -> str:
        value = next(left[found[0]], None)
        return found[0] if value is None else _written(value)

    return [_TOKENS.sub(named, text) if isinstance(text, str) and "<" in text else text for text in texts]


def without_escapes(objects: Any) -> Any:
    """Return *objects* of ms-swift with their names as they are, where a text has them as strings of JSON."""
    names = objects.get("ref") if isinstance(objects, dict) else None
    return objects | {"ref": [_unescaped(name) for name in names]} if isinstance(names, list) else objects


def _unescaped(name: Any) -> Any:
    try:
        return json.loads(f'"{name}"') if isinstance(name, str) else name
    except ValueError:
        return name


def _unit(xyxy: tuple[float, float, float, float]) -> Literal["px", "relative"]:
    return "relative" if max(xyxy) <= 1 else "px"


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
    label = next(
        (found[key] for key in ("label", "category", "category_name", "name") if found.get(key) is not None), ""
    )
    return ImportedBox(label_at(label, 0), xyxy, unit, position if isinstance(position, int) else 0)


def _position(positions: Sequence[Any] | None, index: int) -> int:
    value = positions[index] if isinstance(positions, list | tuple) and index < len(positions) else 0
    return value if isinstance(value, int) and 0 <= value < 1000 else 0
