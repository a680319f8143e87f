"""Reading the outputs of YOLO models: raw heads of all generations, and models that end with suppression."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detecting.detections import Detections

_MAX_IOU = 0.45
"""Above it two boxes of a class are one object: the default of YOLOv5 and its successors."""
_MIN_SCORE = 0.05
"""Less certain boxes are dropped before overlaps are compared, which takes the square of their number."""


def read_heads(rows: NDArray[Any]) -> Detections:
    """Return the objects of heads without objectness (YOLOv8, v9, v11): center, size, and a score for each class."""
    return _suppressed(rows[:, :4], rows[:, 4:])


def read_heads_with_objectness(rows: NDArray[Any]) -> Detections:
    """Return the objects of heads with objectness (YOLOv5, v6, v7, X): each class counts times objectness."""
    return _suppressed(rows[:, :4], rows[:, 5:] * rows[:, 4:5])


def read_transposed(rows: NDArray[Any]) -> Detections:
    """Like :func:`read_heads` for an output with the boxes in its columns, as Ultralytics writes it."""
    return read_heads(rows.T)


def read_transposed_with_objectness(rows: NDArray[Any]) -> Detections:
    """Like :func:`read_heads_with_objectness` for an output with the boxes in its columns."""
    return read_heads_with_objectness(rows.T)


def read_finished(rows: NDArray[Any]) -> Detections:
    """Return the objects of rows of left, top, right, bottom, score, class (YOLOv10, or exported with suppression)."""
    return Detections(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64))


def read_finished_batch(rows: NDArray[Any]) -> Detections:
    """Return the objects of rows of image, left, top, right, bottom, class and score (YOLOv7 end to end)."""
    rows = rows[rows[:, 0] == 0]
    return Detections(rows[:, 1:5], rows[:, 6], rows[:, 5].astype(np.int64))


def read_counted(count: NDArray[Any], boxes: NDArray[Any], scores: NDArray[Any], classes: NDArray[Any]) -> Detections:
    """Return the first *count* objects of a model that ends with TensorRT's suppression."""
    some = int(count.reshape(-1)[0])
    return Detections(boxes[:some], scores[:some], classes[:some].astype(np.int64))


def corners(boxes: NDArray[Any]) -> NDArray[Any]:
    """Return boxes of center and size as left, top, right, bottom."""
    half = boxes[:, 2:4] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def _suppressed(boxes: NDArray[Any], scores: NDArray[Any]) -> Detections:
    classes = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), classes]
    some = best >= _MIN_SCORE
    found = Detections(corners(boxes[some].astype(np.float64)), best[some], classes[some])
    return found.most(1000).without_overlaps(_MAX_IOU)
