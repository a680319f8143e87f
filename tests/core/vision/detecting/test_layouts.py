"""Each usual layout of outputs is told by its shapes and gives the same two objects."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.detector import Detector
from core.vision.detecting.inputs import Tensor
from core.vision.detecting.layouts import find_layout
from core.vision.models.folders import ModelFolder, read_folder
from core.vision.results import ObjectItem
from tests.core.vision.onnx_models import constant_model

# In an input of 64 x 64 px: a cup at (10, 20)-(30, 40) with score 0.9, a pot at (40, 24)-(60, 44) with 0.5.
_CORNERS = np.array([[10, 20, 30, 40], [40, 24, 60, 44]], np.float32)
_CENTERS = np.array([[20, 30, 20, 20], [50, 34, 20, 20]], np.float32)
_SHARES = _CENTERS / 64
_SCORES = np.array([[0.9, 0.0, 0.1], [0.0, 0.5, 0.2]], np.float32)  # cup, pot, lid


def _heads(objectness: bool, count: int = 40) -> NDArray[Any]:
    """Return rows of heads: the two objects, a weaker box over the cup, and rows without an object."""
    rows = np.zeros((count, 8 if objectness else 7), np.float32)
    rows[:2, :4], rows[2, :4] = _CENTERS, _CENTERS[0] + [1, 1, 0, 0]
    scores = np.concatenate([_SCORES, [[0.6, 0.0, 0.0]]])
    if objectness:
        rows[:3, 4], rows[:3, 5:] = 0.5, scores * 2 * [[1], [1], [1]]
    else:
        rows[:3, 4:] = scores
    return rows[None]


def _logits(*, no_object: bool) -> NDArray[Any]:
    scores = np.concatenate([_SCORES, np.full((3, 3), 1e-4)])[None].astype(np.float32)
    if not no_object:
        clipped = np.clip(scores, 1e-4, 1)
        return np.asarray(np.log(clipped / (1 - clipped)), np.float32)
    rest = 1 - scores.sum(axis=2, keepdims=True)
    return np.asarray(np.log(np.clip(np.concatenate([scores, rest], axis=2), 1e-9, 1)), np.float32)


def _queries() -> NDArray[Any]:
    return np.concatenate([_SHARES, np.full((3, 4), 0.5, np.float32)])[None]


_finished = np.zeros((1, 300, 6), np.float32)
_finished[0, :2] = np.concatenate([_CORNERS, [[0.9, 0], [0.5, 1]]], axis=1)
_batch = np.array([[0, *_CORNERS[0], 0, 0.9], [0, *_CORNERS[1], 1, 0.5], [1, 0, 0, 9, 9, 2, 0.9]], np.float32)
_four = {
    "num_dets": np.array([[2]], np.float32), "det_boxes": np.concatenate([_CORNERS, _CORNERS])[None],
    "det_scores": np.array([[0.9, 0.5, 0.8, 0.8]], np.float32), "det_classes": np.array([[0, 1, 2, 2]], np.float32),
}  # fmt: skip

_LAYOUTS: dict[str, dict[str, NDArray[Any]]] = {
    "yolo, columns": {"output0": _heads(objectness=False).transpose(0, 2, 1)},
    "yolo, rows": {"output0": _heads(objectness=False)},
    "yolo, rows with objectness": {"output0": _heads(objectness=True)},
    "yolo, columns with objectness": {"output0": _heads(objectness=True).transpose(0, 2, 1)},
    "yolo, finished": {"output0": _finished},
    "yolo, rows of 7": {"output": _batch},
    "yolo, counted": _four,
    "detr": {"logits": _logits(no_object=True), "pred_boxes": _queries()},
    "rt-detr": {"logits": _logits(no_object=False), "pred_boxes": _queries()},
}


def _folder(path: Path, labels: str = "cup\npot\nlid\n") -> ModelFolder:
    (path / "labels.txt").write_text(labels, "utf-8")
    found = read_folder(path)
    assert found is not None
    return found


def _detector(path: Path) -> Detector:
    return Detector(_folder(path))


def _detect(detector: Detector, size: tuple[int, int] = (64, 64)) -> list[ObjectItem]:
    return detector.detect(Image.new("RGB", size), size, 0.3)


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_a_layout_is_told_by_its_shapes_and_read(tmp_path: Path, layout: str) -> None:
    constant_model(tmp_path / "any.onnx", _LAYOUTS[layout])
    detector = _detector(tmp_path)
    assert detector.layout.name == layout
    found = _detect(detector)
    assert [(item["label"], item["score"]) for item in found] == [("cup", 0.9), ("pot", 0.5)]
    np.testing.assert_allclose([item["box_xyxy"] for item in found], _CORNERS, atol=0.11)


def test_the_gray_beside_an_image_is_taken_off_its_boxes(tmp_path: Path) -> None:
    constant_model(tmp_path / "any.onnx", _LAYOUTS["yolo, rows"])
    cup, pot = _detect(_detector(tmp_path), (320, 160))  # scaled to 64 x 32, with 16 px above and below
    assert cup["box_xyxy"] == [50.0, 20.0, 150.0, 120.0]
    assert pot["box_xyxy"] == [200.0, 40.0, 300.0, 140.0]


def test_open_sides_are_640_px_and_any_number_of_boxes(tmp_path: Path) -> None:
    open_sides = {"output0": ("n", 7, "boxes")}
    outputs = _LAYOUTS["yolo, columns"]
    constant_model(tmp_path / "any.onnx", outputs, ("n", 3, "rows", "columns"), open_sides)
    detector = _detector(tmp_path)
    assert (detector.layout.pixels.width, detector.layout.pixels.height) == (640, 640)
    assert len(_detect(detector)) == 2


def test_a_mask_beside_the_image_covers_all_of_it_and_another_input_is_refused(tmp_path: Path) -> None:
    constant_model(tmp_path / "any.onnx", _LAYOUTS["rt-detr"], pixel_mask=(1, 64, 64))
    with pytest.raises(ConfigurationError, match="needs the input sizes beside the image"):
        (tmp_path / "other").mkdir()
        constant_model(tmp_path / "other" / "any.onnx", _LAYOUTS["rt-detr"], sizes=(1, 2))
        _detector(tmp_path / "other")
    assert _detector(tmp_path).layout.name == "rt-detr"


@pytest.mark.parametrize(
    ("labels", "shape"), [("cup\npot\n", (1, 40, 8)), ("cup\n", (1, None, 6)), ("cup\npot\nlid\n", (1, 512))]
)
def test_what_cannot_be_told_is_said_in_one_sentence(
    tmp_path: Path, labels: str, shape: tuple[int | None, ...]
) -> None:
    constant_model(tmp_path / "any.onnx", _LAYOUTS["yolo, rows"])
    folder = _folder(tmp_path, labels)
    sentence = r"It cannot be told how to read any\.onnx with \d labels: its outputs are output0 \[1"
    with pytest.raises(ConfigurationError, match=sentence):
        find_layout([Tensor("images", (1, 3, 64, 64))], [Tensor("output0", shape)], folder)


@pytest.mark.parametrize(
    ("count", "layout"),
    [(84, "yolo, rows with objectness"), (252, "yolo, rows with objectness"), (300, "yolo, finished")],
)
def test_with_one_label_rows_of_six_are_told_by_their_number(tmp_path: Path, count: int, layout: str) -> None:
    constant_model(tmp_path / "any.onnx", _LAYOUTS["yolo, rows"])
    outputs = [Tensor("output0", (1, count, 6))]
    assert find_layout([Tensor("images", (1, 3, 64, 64))], outputs, _folder(tmp_path, "cup\n")).name == layout


def test_an_input_that_is_no_rgb_image_is_refused(tmp_path: Path) -> None:
    constant_model(tmp_path / "any.onnx", _LAYOUTS["yolo, rows"], (1, 1, 64, 64))
    with pytest.raises(ConfigurationError, match="is not an RGB image"):
        _detector(tmp_path)


def test_pixels_are_normalized_as_the_model_was_trained(tmp_path: Path) -> None:
    white = Image.new("RGB", (2, 2), (255, 255, 255))
    constant_model(tmp_path / "any.onnx", _LAYOUTS["detr"])
    values, _ = _detector(tmp_path).layout.pixels.prepare(white)
    np.testing.assert_allclose(values[0, :, 0, 0], [2.249, 2.429, 2.64], atol=0.001)
    (tmp_path / "preprocessor_config.json").write_text('{"do_normalize": false, "do_rescale": false}')
    values, _ = _detector(tmp_path).layout.pixels.prepare(white)
    assert values.max() == values.min() == 255
