"""Boxes of entries as answers: what the formats for grounding have in common."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import orjson

from core.export.control_words import without_control_words
from core.export.entries import Entry, ImageGroup, RowOptions
from core.questions.text import GROUNDING

ASK_FOR_BOXES = "Output the bbox coordinates in JSON format."
"""The words of Qwen's own examples; they follow the question."""
NO_BOXES = "it has no boxes"
NO_SIZE = "the size of its image is not known"

LabeledBox = dict[str, Any]
"""``bbox_2d`` (left, top, right, bottom) and ``label``, in this order, as Qwen writes them."""
Boxes = Callable[[Entry, ImageGroup, RowOptions], list[LabeledBox]]


def has_boxes(entry: Entry) -> bool:
    """Return whether an entry has boxes that are its answer."""
    return bool(answer_boxes(entry))


def answer_boxes(entry: Entry) -> list[dict[str, Any]]:
    """Return the boxes of an entry that are its answer; those of a tool only prove it, unless it asks for places."""
    return [box for box in entry.boxes or () if entry.kind == GROUNDING or "tool" not in box]


def boxes_in_px(entry: Entry, group: ImageGroup, options: RowOptions) -> list[LabeledBox]:
    """Return the boxes of an entry in px of the exported images, which may be smaller than the originals."""
    found = []
    for box in answer_boxes(entry):
        image = group.images[box.get("image", 0)]
        longest = max(image.width, image.height, 1)
        scale = min(1.0, (options.max_side_px or longest) / longest)
        found.append(_scaled(box, scale, scale, (round(image.width * scale), round(image.height * scale))))
    return found


def boxes_in_1000(entry: Entry, group: ImageGroup, options: RowOptions) -> list[LabeledBox]:
    """Return the boxes of an entry, from 0 to 1000 of the width and height of their image."""
    found = []
    for box in answer_boxes(entry):
        image = group.images[box.get("image", 0)]
        found.append(_scaled(box, 1000 / max(image.width, 1), 1000 / max(image.height, 1), (1000, 1000)))
    return found


def _scaled(box: dict[str, Any], x: float, y: float, limit: tuple[int, int]) -> LabeledBox:
    """Return a box with integer corners inside of *limit* (width, height), at least one unit wide and high."""
    left, top, right, bottom = box["xyxy"]
    x1, y1 = min(round(left * x), limit[0] - 1), min(round(top * y), limit[1] - 1)
    x2, y2 = min(max(round(right * x), x1 + 1), limit[0]), min(max(round(bottom * y), y1 + 1), limit[1])
    return {"bbox_2d": [max(x1, 0), max(y1, 0), x2, y2], "label": without_control_words(box.get("label") or "")}


def as_json(boxes: list[LabeledBox]) -> str:
    """Return boxes as Qwen writes them: a JSON list with one box a line."""
    return "[\n\t" + ",\n\t".join(orjson.dumps(box).decode() for box in boxes) + "\n]"


def leaves_out(entry: Entry, group: ImageGroup) -> str:
    """Return why a row has no place for an entry; empty when it has boxes or is a turn beside one that has."""
    if not all(image.width and image.height for image in group.images):
        return NO_SIZE
    if has_boxes(entry):
        return ""
    same = (
        other for other in group.entries if entry.conversation_id and other.conversation_id == entry.conversation_id
    )
    return "" if any(map(has_boxes, same)) else NO_BOXES


def with_boxes(group: ImageGroup) -> ImageGroup:
    """Return *group* with the entries that rows have a place for."""
    return replace(group, entries=tuple(entry for entry in group.entries if not leaves_out(entry, group)))


def answered_by_boxes(group: ImageGroup, boxes: Boxes, options: RowOptions) -> ImageGroup:
    """Return *group* with questions that ask for boxes, and the boxes as JSON for answers."""

    def answered() -> Iterator[Entry]:
        for entry in with_boxes(group).entries:
            asked = f"{entry.question}\n{ASK_FOR_BOXES}"
            written = as_json(boxes(entry, group, options)) if has_boxes(entry) else ""
            yield entry._replace(question=asked, answer=written, answer_type="text") if written else entry

    return replace(group, entries=tuple(answered()))
