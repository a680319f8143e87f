"""What Ultralytics exports is read as its metadata says: masks, keypoints and angles are no classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import helper
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.detector import Detector
from core.vision.models.folders import read_folder
from tests.core.vision.onnx_models import write

_NAMES = "{0: 'cup', 1: 'pot', 2: \"tailor's tape\"}"
_MASKS = np.zeros((1, 32, 16, 16), np.float32)
_EXTRAS = {"detect": 0, "segment": 32, "pose": 51, "obb": 1}
# A pot at (10, 20)-(50, 40); as a turned box 40 x 20 px around (30, 30), by 90 degrees: upright it is 20 x 40 px.
_UPRIGHT = {name: [10, 20, 50, 40] for name in _EXTRAS} | {"obb": [20, 10, 40, 50]}


def _detector(path: Path, task: str, values: NDArray[Any], **more: str) -> Detector:
    outputs = {"output0": values} | ({"output1": _MASKS} if task == "segment" else {})
    constants = {f"{name}_value": one for name, one in outputs.items()}
    nodes = [helper.make_node("Identity", [f"{name}_value"], [name]) for name in outputs]
    metadata = {"names": _NAMES, "task": task, "imgsz": "[64, 64]"} | more
    shapes = {name: one.shape for name, one in outputs.items()}
    write(path / "any.onnx", nodes, {"images": ("batch", 3, "height", "width")}, shapes, constants, metadata=metadata)
    folder = read_folder(path)
    assert folder is not None
    return Detector(folder)


def _found(detector: Detector) -> list[tuple[str, float, list[float]]]:
    found = detector.detect(Image.new("RGB", (64, 64)), (64, 64), 0.3)
    return [(item["label"], item["score"], item["box_xyxy"]) for item in found]


@pytest.mark.parametrize("task", _EXTRAS)
def test_heads_have_the_values_of_their_task_behind_the_classes(tmp_path: Path, task: str) -> None:
    values = np.zeros((1, 4 + 3 + _EXTRAS[task], 84), np.float32)
    values[0, :4, 5], values[0, 5, 5] = [30, 30, 40, 20], 0.9
    values[0, 7:, 5] = np.pi / 2
    detector = _detector(tmp_path, task, values, kpt_shape="[17, 3]")
    assert detector.layout.pixels.width == 64
    assert _found(detector) == [("pot", 0.9, pytest.approx(_UPRIGHT[task], abs=0.1))]


_RT_DETR = {
    "a score for each class": ([0.5, 0.5, 0.25, 0.5, 0.1, 0.9, 0.2], {}),
    "score and class": ([0.5, 0.5, 0.25, 0.5, 0.9, 1.0], {"head": "RTDETRDecoder"}),
    "score and class, named by the description": (
        [0.5, 0.5, 0.25, 0.5, 0.9, 1.0], {"description": "Ultralytics RT-DETR-l model trained on coco.yaml"}
    ),
    "two labels": ([0.5, 0.5, 0.25, 0.5, 0.9, 1.0], {"head": "RTDETRDecoder", "names": "{0: 'cup', 1: 'pot'}"}),
    "two labels, a score for each": (
        [0.5, 0.5, 0.25, 0.5, 0.1, 0.9],
        {"description": "Ultralytics rtdetr-x model", "names": "{0: 'cup', 1: 'pot'}"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", _RT_DETR)
def test_an_rt_detr_takes_a_stretched_image_and_has_boxes_as_shares_of_the_sides(tmp_path: Path, form: str) -> None:
    row, metadata = _RT_DETR[form]
    values = np.zeros((1, 300, len(row)), np.float32)
    values[0, 7] = row
    if len(row) == 6 and row[5] < 1:
        values[0, :7, 5] = 0.01  # no score is a whole number
    found = _detector(tmp_path, "detect", values, **metadata).detect(Image.new("RGB", (640, 160)), (640, 160), 0.3)
    assert [(one["label"], one["score"], one["box_xyxy"]) for one in found] == [
        ("pot", 0.9, [240.0, 40.0, 400.0, 120.0])
    ]


@pytest.mark.parametrize("task", _EXTRAS)
def test_finished_rows_have_them_behind_score_and_class(tmp_path: Path, task: str) -> None:
    values = np.zeros((1, 300, 6 + _EXTRAS[task]), np.float32)
    values[0, 0, 6:] = np.pi / 2
    values[0, 0, :6] = [*([30, 30, 40, 20] if task == "obb" else [10, 20, 50, 40]), 0.9, 1]
    assert _found(_detector(tmp_path, task, values, kpt_shape="[17, 3]")) == [
        ("pot", 0.9, pytest.approx(_UPRIGHT[task], abs=0.1))
    ]


def test_a_shape_that_is_not_of_the_task_is_refused_instead_of_read_as_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="It cannot be told how to read"):
        _detector(tmp_path, "obb", np.zeros((1, 7, 84), np.float32))
