"""Boxes of an entry: what is where on its images."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.db import Images

MAX_BOXES = 500
MAX_LABEL_CHARS = 200
_ROUNDING_PX = 1.0
"""Boxes that other programs wrote end up to a pixel outside, because they were rounded or scaled."""

Box = dict[str, Any]
KEYS = ("label", "xyxy", "image")


def checked_boxes(boxes: Any, images: "Sequence[Images]") -> list[Box] | None:
    """Return *boxes* in their stored form: ``label``, ``xyxy`` (left, top, right, bottom) and ``image``.

    Boxes that a tool found have its ``score`` and name (``tool``) too, which say why the answer is right.

    ``xyxy`` is in px of the upright original, ``image`` counts from 0 and may be missing for the first image. A side
    at most a pixel outside of the image is moved to its edge. No boxes are None.

    Raises:
        InvalidInputError: there are more than 500, or one is no box, has no area or lies outside of its image.
    """
    if not isinstance(boxes, list | tuple | None):
        raise InvalidInputError("Boxes must be a list.", field="boxes")
    if boxes and len(boxes) > MAX_BOXES:
        raise InvalidInputError(f"An entry has at most {MAX_BOXES} boxes, not {len(boxes):,}.", field="boxes")
    return [checked_box(box, number, images) for number, box in enumerate(boxes or (), 1)] or None


def checked_box(box: Any, number: int, images: "Sequence[Images]") -> Box:
    """Return one box as :func:`checked_boxes` does; *number* is what a refusal calls it.

    Raises:
        InvalidInputError: it is no box, has no area or lies outside of its image.
    """
    if not isinstance(box, dict) or not box.keys() <= {*KEYS, "score", "tool"} or "xyxy" not in box:
        raise InvalidInputError(
            f'Box {number} cannot be read. Write it as {{"label": "cup", "xyxy": [left, top, right, bottom]}}.',
            field="boxes",
        )
    label, index = box.get("label", ""), box.get("image", 0)
    if not isinstance(label, str) or len(label) > MAX_LABEL_CHARS:
        raise InvalidInputError(
            f"The label of box {number} must be a text of at most {MAX_LABEL_CHARS} characters.", field="boxes"
        )
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(images):
        raise InvalidInputError(
            f"Box {number} is on image {index!r:.40}, counted from 0; the entry has {len(images)}.", field="boxes"
        )
    text = " ".join(label.replace("\0", "").encode("utf-8", "replace").decode("utf-8").split())
    return {
        "label": text,
        "xyxy": _corners(box["xyxy"], number, images[index]),
        "image": index,
        **_evidence(box, number),
    }


def _evidence(box: Box, number: int) -> Box:
    score, tool = box.get("score"), box.get("tool", "")
    if not (score is None or (_is_number(score) and 0 <= score <= 1)) or not isinstance(tool, str):
        raise InvalidInputError(f"The score of box {number} must lie between 0 and 1.", field="boxes")
    clean = " ".join(tool.replace("\0", "").encode("utf-8", "replace").decode("utf-8").split())[:MAX_LABEL_CHARS]
    return ({} if score is None else {"score": score}) | ({"tool": clean} if clean else {})


def plain_boxes(boxes: "Sequence[Box] | None") -> list[Box]:
    """Return boxes as other programs read them: without their score and tool."""
    return [{name: box[name] for name in KEYS if name in box} for box in boxes or ()]


def _corners(xyxy: Any, number: int, image: "Images") -> list[float]:
    if not isinstance(xyxy, list | tuple) or len(xyxy) != 4 or not all(map(_is_number, xyxy)):
        raise InvalidInputError(f"Box {number} needs four numbers: left, top, right, bottom.", field="boxes")
    limits = (image.width or math.inf, image.height or math.inf) * 2
    if not all(-_ROUNDING_PX <= value <= limit + _ROUNDING_PX for value, limit in zip(xyxy, limits, strict=True)):
        raise InvalidInputError(
            f"Box {number} lies outside of {image.image_name}, which has {image.width} x {image.height} px.",
            field="boxes",
        )
    left, top, right, bottom = (max(0, min(value, limit)) for value, limit in zip(xyxy, limits, strict=True))
    if left >= right or top >= bottom:
        raise InvalidInputError(f"Box {number} has no area. Write left, top, right, bottom.", field="boxes")
    return [left, top, right, bottom]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
