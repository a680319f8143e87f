"""Which detections are kept: certain ones, a few, and no two of one thing."""

import numpy as np
import pytest

from core.vision.detecting import yolo
from core.vision.detecting.centernet import read_centernet
from core.vision.detecting.detections import Detections, _iou

BOX = [0.0, 0.0, 10.0, 10.0]


def _found(
    scores: list[float], classes: list[float] | None = None, boxes: list[list[float]] | None = None
) -> Detections:
    kinds = np.array(classes or [0] * len(scores))
    return Detections(np.array(boxes or [BOX] * len(scores)), np.array(scores), kinds)


def test_the_best_are_at_least_as_certain_finite_and_of_a_class() -> None:
    found = _found([0.3, 0.9, 0.29, np.nan, np.inf, 0.5, 0.6], [0, 1, 0, 0, 0, -1, 0])
    assert found.best(0.3).scores.tolist() == [0.9, 0.6, 0.3]
    assert found.best(0.3).classes.tolist() == [1, 0, 0]


def test_the_most_certain_are_taken_in_their_order() -> None:
    assert _found([0.1, 0.5, 0.3]).most(2).scores.tolist() == [0.5, 0.3]


@pytest.mark.parametrize(
    ("other", "iou"),
    [
        ([0, 0, 10, 10], 1.0), ([5, 0, 15, 10], 50 / 150), ([0, 5, 10, 10], 0.5), ([10, 0, 20, 10], 0.0),
        ([20, 20, 30, 30], 0.0), ([2, 2, 4, 5], 6 / 100), ([3, 3, 3, 3], 0.0),
    ],
)  # fmt: skip
def test_an_overlap_is_the_share_of_the_union(other: list[float], iou: float) -> None:
    assert _iou(np.array(BOX), np.array([other, BOX], float)).tolist() == pytest.approx([iou, 1.0])


def test_a_box_stays_unless_a_more_certain_one_of_its_class_covers_it() -> None:
    half = [0.0, 5.0, 10.0, 10.0]
    found = _found([0.5, 0.9, 0.8, 0.7], [0, 0, 1, 0], [half, BOX, BOX, [20.0, 0.0, 30.0, 10.0]])

    assert found.without_overlaps(0.45).scores.tolist() == [0.9, 0.8, 0.7]
    assert found.without_overlaps(0.5).scores.tolist() == [0.9, 0.8, 0.7, 0.5]


def test_uncertain_boxes_are_dropped_before_overlaps_are_compared() -> None:
    rows = np.array([[5, 5, 10, 10, 0.05, 0.0], [50, 50, 10, 10, 0.0, 0.049], [80, 80, 2, 2, 0.1, 0.9]], np.float32)

    found = yolo.read_heads(rows)

    assert found.scores.tolist() == pytest.approx([0.9, 0.05])
    assert found.classes.tolist() == [1, 0]
    assert found.boxes.tolist() == [[79, 79, 81, 81], [0, 0, 10, 10]]


def test_objectness_counts_times_the_class() -> None:
    rows = np.array([[5, 5, 10, 10, 0.5, 0.4, 0.8]], np.float32)

    found = yolo.read_heads_with_objectness(rows)

    assert (found.scores.tolist(), found.classes.tolist()) == (pytest.approx([0.4]), [1])


def test_rows_of_other_images_are_left_out() -> None:
    rows = np.array([[0, 1, 2, 3, 4, 5, 0.5], [1, 1, 2, 3, 4, 6, 0.9]], np.float32)

    found = yolo.read_finished_batch(rows)

    assert (found.boxes.tolist(), found.classes.tolist(), found.scores.tolist()) == ([[1, 2, 3, 4]], [5], [0.5])


def test_the_peaks_of_a_centernet_are_objects_in_px_of_the_input() -> None:
    keypoints = np.zeros((2, 4, 5), np.float32)
    keypoints[0, 0, 0], keypoints[0, 0, 1], keypoints[1, 3, 4], keypoints[1, 2, 2] = 0.9, 0.8, 0.7, 0.6
    sizes = np.stack([np.full((4, 5), side, np.float32) for side in (1, 2, 3, 4)])

    found = read_centernet(keypoints, sizes).best(0.1)

    assert [(int(kind), round(float(score), 1)) for kind, score in zip(found.classes, found.scores, strict=True)] == [
        (0, 0.9), (1, 0.7), (1, 0.6),
    ]  # fmt: skip
    assert found.boxes.tolist() == [[-1, -2, 3, 4], [15, 10, 19, 16], [7, 6, 11, 12]]
