"""Running a detector: objects have their label, their score and their place in the image."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.detector import Detector
from core.vision.models.folders import ModelFolder, read_folder
from tests.core.vision.onnx_models import color_centernet, constant_model


def _folder(path: Path) -> ModelFolder:
    folder = read_folder(path)
    assert folder is not None
    return folder


def test_boxes_are_in_px_of_the_original(tmp_path: Path) -> None:
    color_centernet(tmp_path)
    image = Image.new("RGB", (64, 64))
    image.paste((204, 0, 0), (36, 20, 40, 24))
    image.paste((0, 128, 0), (4, 48, 8, 52))
    image.paste((0, 20, 0), (56, 4, 60, 8))
    # The image was decoded at half its width and a quarter of its height.
    found = Detector(_folder(tmp_path)).detect(image, (128, 256), 0.3)
    assert found == [
        {"label": "Red dot", "score": 0.8, "box_xyxy": [56.0, 64.0, 88.0, 96.0]},
        {"label": "Green dot", "score": 0.502, "box_xyxy": [0.0, 176.0, 24.0, 208.0]},
    ]


def test_a_model_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    (tmp_path / "labels.txt").write_text("cup")
    with pytest.raises(ConfigurationError, match=r"broken\.onnx cannot be loaded"):
        Detector(_folder(tmp_path))


@pytest.mark.parametrize(("score", "class_"), [(np.inf, 0), (np.nan, 0), (0.9, -1), (0.9, np.nan)])
def test_a_row_without_a_score_or_a_class_is_no_object(tmp_path: Path, score: float, class_: float) -> None:
    rows = np.array([[[0, 0, 32, 32, score, class_], [0, 0, 64, 64, 0.5, 1]]], np.float32)
    constant_model(tmp_path / "finished.onnx", {"found": rows})
    (tmp_path / "labels.txt").write_text("cup\nplate\n")
    found = Detector(_folder(tmp_path)).detect(Image.new("RGB", (64, 64)), (64, 64), 0.3)
    assert found == [{"label": "plate", "score": 0.5, "box_xyxy": [0.0, 0.0, 64.0, 64.0]}]


def test_a_class_without_a_label_is_named(tmp_path: Path) -> None:
    constant_model(tmp_path / "finished.onnx", {"found": np.array([[[0, 0, 32, 32, 0.9, 7]]], np.float32)})
    (tmp_path / "labels.txt").write_text("cup\nplate\n")
    with pytest.raises(ConfigurationError, match="found class 7, counted from 0, but its file of labels has only 2"):
        Detector(_folder(tmp_path)).detect(Image.new("RGB", (64, 64)), (64, 64), 0.3)
