"""Reading a CenterNet: a map of scores for each class, whose peaks are the centers of objects, and one of sizes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detecting.detections import MAX_DETECTIONS, Detections

STRIDE = 4
"""px of the input for a cell of the maps."""


def read_centernet(keypoints: NDArray[Any], sizes: NDArray[Any]) -> Detections:
    """Return the objects at the peaks of a heat map.

    Args:
        keypoints: classes x rows x columns, scores.
        sizes: 4 x rows x columns: from the center to left, top, right and bottom, in px of the input.
    """
    _, rows, columns = keypoints.shape
    padded = np.pad(keypoints, ((0, 0), (1, 1), (1, 1)), constant_values=-1)
    around = [padded[:, top : top + rows, left : left + columns] for top in range(3) for left in range(3)]
    peaks = np.where(keypoints == np.max(around, axis=0), keypoints, 0).ravel()
    count = min(MAX_DETECTIONS, peaks.size)
    chosen = np.argpartition(peaks, -count)[-count:]
    classes, y, x = np.unravel_index(chosen, keypoints.shape)
    left, top, right, bottom = sizes[:, y, x].astype(np.float64)
    boxes = np.stack([x * STRIDE - left, y * STRIDE - top, x * STRIDE + right, y * STRIDE + bottom], axis=1)
    return Detections(boxes, peaks[chosen], classes)
