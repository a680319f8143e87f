"""What is read from the outputs of a detector."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_DETECTIONS = 1000
"""Most for an image. With 100, what COCO counts, labels that are suspected fell out of four photographs in ten."""


@dataclass(frozen=True)
class Detections:
    """Boxes with their classes, in no order."""

    boxes: NDArray[Any]
    """n x 4: left, top, right, bottom in px of the model's input."""
    scores: NDArray[Any]
    classes: NDArray[Any]

    def best(self, min_score: float) -> "Detections":
        """Return those of at least *min_score*, the most certain first, at most ``MAX_DETECTIONS``.

        Those without a finite score are left out, which JSON could not have, and those of a negative class, with which
        exported models fill up their rows.
        """
        order = np.argsort(-self.scores, kind="stable")
        is_kept = (self.scores >= min_score) & np.isfinite(self.scores) & (self.classes >= 0)
        order = order[is_kept[order]][:MAX_DETECTIONS]
        return Detections(self.boxes[order], self.scores[order], self.classes[order])

    def most(self, count: int) -> "Detections":
        """Return the *count* most certain ones."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        return Detections(self.boxes[order], self.scores[order], self.classes[order])

    def without_overlaps(self, max_iou: float) -> "Detections":
        """Return those that no more certain box of their class covers (non-maximum suppression)."""
        kept: list[int] = []
        for index in np.argsort(-self.scores, kind="stable"):
            rivals = [other for other in kept if self.classes[other] == self.classes[index]]
            if not rivals or _iou(self.boxes[index], self.boxes[rivals]).max() <= max_iou:
                kept.append(int(index))
        return Detections(self.boxes[kept], self.scores[kept], self.classes[kept])


def _iou(box: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Return the intersection of a box with each of the others as a share of their union."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - shared
    return np.asarray(shared / np.maximum(union, 1e-9))
