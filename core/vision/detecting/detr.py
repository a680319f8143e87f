"""Reading the outputs of DETR and its successors: logits and boxes of a number of queries, without suppression."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detecting.detections import Detections
from core.vision.detecting.yolo import corners


def read_softmax(logits: NDArray[Any], boxes: NDArray[Any], *, size_wh: tuple[int, int]) -> Detections:
    """Return the objects of a DETR: the last class of its logits is "no object".

    Args:
        boxes: center and size, as shares of the sides of the input.
        size_wh: of the input, in px.
    """
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return _best((raised / raised.sum(axis=1, keepdims=True))[:, :-1], boxes, size_wh)


def read_sigmoid(logits: NDArray[Any], boxes: NDArray[Any], *, size_wh: tuple[int, int]) -> Detections:
    """Return the objects of a model whose classes are independent (RT-DETR, Deformable DETR, D-FINE)."""
    return _best(1 / (1 + np.exp(-logits)), boxes, size_wh)


def _best(scores: NDArray[Any], boxes: NDArray[Any], size_wh: tuple[int, int]) -> Detections:
    classes = scores.argmax(axis=1)
    found = corners(boxes.astype(np.float64)) * np.array([*size_wh, *size_wh])
    return Detections(found, scores[np.arange(len(scores)), classes], classes)
