"""A classifier is given the pixels that it was trained with, whichever program exported it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import helper
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.classifier import Classifier, as_shares
from core.vision.models.folders import read_folder
from tests.core.vision.onnx_models import write

_NORMALIZED = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
_NAMES = "{0: 'red', 1: 'green', 2: 'blue'}"


def _means(
    path: Path, preprocessor: dict[str, Any] | None, metadata: dict[str, str] | None = None, side: int | str = 8
) -> NDArray[Any]:
    """Return the mean red, green and blue of what a classifier is given for a blue image with a red center."""
    nodes = [helper.make_node("ReduceMean", ["images", "axes"], ["scores"], keepdims=0)]
    inputs = {"images": (1, 3, side, side)}
    told = {"names": _NAMES} | (metadata or {})
    write(path / "any.onnx", nodes, inputs, {"scores": (1, 3)}, {"axes": np.array([2, 3])}, metadata=told)
    if preprocessor is not None:
        (path / "preprocessor_config.json").write_text(json.dumps(preprocessor), "utf-8")
    folder = read_folder(path)
    assert folder is not None
    image = Image.new("RGB", (32, 16), (0, 0, 255))
    image.paste((255, 0, 0), (8, 0, 24, 16))
    values, _ = Classifier(folder)._pixels.prepare(image)
    assert values.shape == (1, 3, 8, 8)
    return np.asarray(values.mean(axis=(0, 2, 3)))


def test_one_of_ultralytics_takes_the_center_from_0_to_1(tmp_path: Path) -> None:
    means = _means(tmp_path, None, {"task": "classify", "imgsz": "[8, 8]"}, side="any")
    np.testing.assert_allclose(means, [1, 0, 0], atol=0.12)


@pytest.mark.parametrize(
    "told",
    [
        {"size": {"shortest_edge": 8}, "crop_pct": 0.875},
        {"size": {"shortest_edge": 10}, "do_center_crop": True, "crop_size": {"height": 8, "width": 8}},
        {"size": 10, "do_center_crop": True, "crop_size": 8},
    ],
)
def test_a_crop_that_is_stated_is_taken_of_the_center(tmp_path: Path, told: dict[str, Any]) -> None:
    means = _means(tmp_path, told | _NORMALIZED, side="any")
    np.testing.assert_allclose(means, [1, -1, -1], atol=0.12)


@pytest.mark.parametrize("size", [8, {"height": 8, "width": 8}])
def test_without_a_crop_the_image_is_stretched(tmp_path: Path, size: Any) -> None:
    np.testing.assert_allclose(_means(tmp_path, {"size": size} | _NORMALIZED), [0, -1, 0], atol=0.02)


def test_a_size_of_an_unknown_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"preprocessor_config\.json states the size in a form"):
        _means(tmp_path, {"size": "8"})


def test_scores_outside_0_to_1_become_shares_however_large_they_are() -> None:
    np.testing.assert_allclose(as_shares(np.array([2.0, 2.0 + np.log(3)])), [0.25, 0.75])
    np.testing.assert_allclose(as_shares(np.array([900.0, 900.0 + np.log(3)])), [0.25, 0.75])
    np.testing.assert_array_equal(as_shares(np.array([0.0, 1.0, 0.5])), [0, 1, 0.5])
