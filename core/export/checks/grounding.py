"""Checks of formats for grounding: boxes lie in their images, and each has its place in the texts."""

import json
import re
from typing import Any, ClassVar

from core.export.checks.base import Bundle
from core.export.checks.conversations import ConversationsChecker, LlavaChecker
from core.export.checks.images import upright_size

BOXES_INSIDE = "Every box has an area and lies in its image"
PLACES_MATCH = "Texts have as many places as there are names and boxes"

_UNBOUNDED = (1 << 30, 1 << 30)


def box_problem(box: Any, limit: tuple[int, int]) -> str:
    """Return why four numbers are no box in *limit* (width, height); empty when they are one."""
    if not isinstance(box, list) or len(box) != 4 or not all(type(side) is int for side in box):
        return f"{box!r} is no box"
    left, top, right, bottom = box
    inside = 0 <= left < right <= limit[0] and 0 <= top < bottom <= limit[1]
    return "" if inside else f"{box} is not inside of {limit[0]} x {limit[1]}"


class _GroundingChecker(LlavaChecker):
    checks: ClassVar[tuple[str, ...]] = (*LlavaChecker.checks, BOXES_INSIDE)

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        found = super().examine_row(row, bundle)
        limit = self.limit_of(row, bundle)
        turns = row.get("conversations")
        for turn in turns if isinstance(turns, list) else ():
            for box in _boxes_of(turn.get("value")):
                self.findings.count(BOXES_INSIDE)
                if problem := box_problem(box, limit):
                    self.findings.fail(BOXES_INSIDE, f"{row.get('id')}: {problem}")
        return found

    def limit_of(self, row: dict[str, Any], bundle: Bundle) -> tuple[int, int]:
        """Return the largest right and bottom of a box."""
        raise NotImplementedError


class PixelGroundingChecker(_GroundingChecker):
    """Boxes in px of the image in the bundle."""

    def limit_of(self, row: dict[str, Any], bundle: Bundle) -> tuple[int, int]:
        return _size(str(row.get("image")), bundle)


class RelativeGroundingChecker(_GroundingChecker):
    """Boxes from 0 to 1000."""

    def limit_of(self, row: dict[str, Any], bundle: Bundle) -> tuple[int, int]:
        return 1000, 1000


class MsSwiftGroundingChecker(ConversationsChecker):
    """ms-swift puts names and boxes into the texts by their order."""

    checks: ClassVar[tuple[str, ...]] = (*ConversationsChecker.checks, BOXES_INSIDE, PLACES_MATCH)
    has_system = True

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        images = row.get("images")
        return images if isinstance(images, list) else [None]

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        found = super().examine_row(row, bundle)
        objects = row.get("objects")
        objects = objects if isinstance(objects, dict) else {}
        names, boxes = objects.get("ref") or [], objects.get("bbox") or []
        positions = objects.get("image_id") or []
        text = json.dumps(row.get("messages"))
        self.findings.count(PLACES_MATCH)
        if not text.count("<bbox>") == text.count("<ref-object>") == len(names) == len(boxes) == len(positions) > 0:
            self.findings.fail(PLACES_MATCH, f"{row.get('id')} has {len(boxes)} boxes, {len(names)} names")
        images = self.images_of(row)
        for box, position in zip(boxes, positions, strict=False):
            self.findings.count(BOXES_INSIDE)
            image = images[position] if isinstance(position, int) and 0 <= position < len(images) else ""
            if problem := box_problem(box, _size(str(image), bundle)):
                self.findings.fail(BOXES_INSIDE, f"{row.get('id')}: {problem}")
        return found

    def check_no_control_words(self, texts: list[str]) -> None:
        super().check_no_control_words([re.sub("<bbox>|<ref-object>", "", text) for text in texts])


def _boxes_of(text: Any) -> list[Any]:
    if not isinstance(text, str) or "bbox_2d" not in text:
        return []
    try:
        value = json.loads(text)
    except ValueError:
        return [re.sub(r"\s+", " ", text)[:60]] if text.startswith("[") else []
    return [box.get("bbox_2d") if isinstance(box, dict) else box for box in value] if isinstance(value, list) else []


def _size(image: str, bundle: Bundle) -> tuple[int, int]:
    """Return width and height in px of an image of the bundle; no limit for one that is only named."""
    if image not in bundle.sizes:
        return _UNBOUNDED
    with bundle.open(image) as file:
        return upright_size(file.read())
