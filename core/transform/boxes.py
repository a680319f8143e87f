"""Boxes that move along with the pixels: an affine map, then the edges of the new image."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.transform.steps import Step

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px of the upright image."""

MIN_VISIBLE = 0.25
"""The share of a box that must be left in the image, by area. SSD (Liu et al., 2016) keeps boxes by their center and
torchvision by any pixel; with less than a quarter, people do not recognize what the box is about."""

OUTSIDE = "it lies outside of the changed image"
CUT = f"less than {MIN_VISIBLE:.0%} of it is left in the changed image"


class Moved(NamedTuple):
    """Boxes of the changed image; None takes the position of one that left it, which *lost* counts by reason."""

    boxes: tuple[Box | None, ...]
    lost: Counter[str]


def move(boxes: Iterable[Box], steps: Sequence[Step], size_wh: tuple[int, int]) -> Moved:
    """Return where *boxes* of an image of *size_wh* are after *steps*, in px with two decimals."""
    moved: list[Box | None] = []
    lost: Counter[str] = Counter()
    for box in boxes:
        found, reason = _move_one(box, steps, size_wh)
        moved.append(found)
        if reason:
            lost[reason] += 1
    return Moved(tuple(moved), lost)


def _move_one(box: Box, steps: Sequence[Step], size_wh: tuple[int, int]) -> tuple[Box | None, str]:
    left_share = 1.0
    for step in steps:
        box = step.move(box, size_wh)
        size_wh = step.size_after(size_wh)
        area = _area(box)
        left, top, right, bottom = box
        box = max(left, 0.0), max(top, 0.0), min(right, float(size_wh[0])), min(bottom, float(size_wh[1]))
        if box[0] >= box[2] or box[1] >= box[3]:
            return None, OUTSIDE
        left_share *= _area(box) / area if area else 0.0
    if left_share < MIN_VISIBLE:
        return None, CUT
    left, top, right, bottom = (round(side, 2) for side in box)
    return (left, top, right, bottom), ""


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def union(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around *boxes*, of which there is at least one."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def overlap(first: Box, second: Box) -> float:
    """Return the area that two boxes share, in px."""
    return _area((
        max(first[0], second[0]), max(first[1], second[1]), min(first[2], second[2]), min(first[3], second[3])
    ))  # fmt: skip
