"""The vector that the features of a detector are pooled into."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.vision.embedding import detector

FEATURES = np.array([[[[1, 2, 3], [4, 5, 6]], [[0, 0, 0], [6, 0, 0]]]], np.float32)
"""Shape (1, 2, 2, 3): two features at six places, with the means 3.5 and 1."""


class _Session:
    def __init__(self) -> None:
        self.pixels: Any = None

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="pixels", shape=[1, 3, 4, 8])]

    def run(self, outputs: list[str], given: dict[str, Any]) -> list[Any]:
        assert outputs == ["features"]
        self.pixels = given["pixels"]
        return [FEATURES]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> _Session:
    made = _Session()
    monkeypatch.setattr(detector, "_session", lambda _onnx: made)
    return made


def test_each_feature_is_averaged_over_its_places_and_weighs_a_fifth(session: _Session) -> None:
    vector = detector.embed(Image.new("RGB", (10, 10)), Path("model.onnx"), np.array([0, 2], np.float32))
    length = (3.5**2 + 1) ** 0.5
    np.testing.assert_allclose(vector, [0, 0.8**0.5, 0.2**0.5 * 3.5 / length, 0.2**0.5 / length], atol=1e-6)


def test_a_darker_copy_is_given_to_the_model_as_its_original(session: _Session) -> None:
    image = Image.radial_gradient("L").resize((8, 4)).convert("RGB")
    given = []
    for made in (image, image.point(lambda value: value // 2)):
        detector.embed(made, Path("model.onnx"), np.ones(2, np.float32))
        given.append(session.pixels)
    assert given[0].shape == (1, 3, 4, 8)
    assert given[0].mean() == pytest.approx(118, abs=2)
    np.testing.assert_allclose(given[0], given[1], atol=3)
