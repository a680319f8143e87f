"""Reading a DETR and its successors: the class, the score and the box of each query."""

import numpy as np
import pytest

from core.vision.detecting.detr import read_sigmoid, read_softmax

BOXES = np.array([[0.5, 0.5, 0.5, 0.5], [0.25, 0.5, 0.5, 1.0]], np.float32)
CORNERS = [[50, 25, 150, 75], [0, 0, 100, 100]]


def test_the_last_class_of_a_softmax_is_no_object() -> None:
    logits = np.log(np.array([[0.1, 0.1, 0.7, 0.1], [0.2, 0.1, 0.1, 0.6]], np.float32)) + 5

    found = read_softmax(logits, BOXES, size_wh=(200, 100))

    assert found.classes.tolist() == [2, 0]
    assert found.scores.tolist() == pytest.approx([0.7, 0.2], abs=1e-5)
    assert found.boxes.tolist() == CORNERS


def test_the_classes_of_a_sigmoid_are_independent() -> None:
    shares = np.array([[0.9, 0.8, 0.95], [0.3, 0.2, 0.1]], np.float32)

    found = read_sigmoid(np.log(shares / (1 - shares)), BOXES, size_wh=(200, 100))

    assert found.classes.tolist() == [2, 0]
    assert found.scores.tolist() == pytest.approx([0.95, 0.3], abs=1e-5)
    assert found.boxes.tolist() == CORNERS
