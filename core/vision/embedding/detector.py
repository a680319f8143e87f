"""A vector from what the detector computes before it looks for objects: the features of its last block, pooled."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.vision.embedding.measured import Array, weighted

VERSION = "features 2"
OUTPUT = "features"
"""The output of the model; one without it, such as a detector of the user, makes no vectors."""
_MEASURED_WEIGHT, _FEATURES_WEIGHT = 4.0, 1.0
"""Chosen like those of the measured parts. Copies found in 100: cropped 99.2, mirrored 100, darker 99.2, turned 100."""
_MEAN_LEVEL, _SPREAD, _MIN_SPREAD = 118, 60, 8


def has_features(onnx: Path) -> bool:
    """Return whether a model has the output that vectors are made of."""
    return any(output.name == OUTPUT for output in _session(onnx).get_outputs())


def embed(image: Image.Image, onnx: Path, measured: Array) -> Array:
    """Return the vector of an RGB image: its measured vector, and the means of 120 features, 401 values."""
    session = _session(onnx)
    (given,) = session.get_inputs()
    height, width = given.shape[2:]
    pixels = _leveled(np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32))
    (found,) = session.run([OUTPUT], {given.name: pixels.transpose(2, 0, 1)[None]})
    features = found[0].reshape(found.shape[1], -1).mean(axis=1)
    return weighted((_MEASURED_WEIGHT, measured), (_FEATURES_WEIGHT, features))


def _leveled(pixels: Array) -> Array:
    """Return pixels of one mean lightness and spread, so that a darker copy has the same features."""
    light = pixels.mean(axis=2)
    factor = _SPREAD / max(float(light.std()), _MIN_SPREAD)
    leveled: Array = np.clip((pixels - light.mean()) * factor + _MEAN_LEVEL, 0, 255).astype(np.float32)
    return leveled


@cache
def _session(onnx: Path) -> Any:
    from core.vision.models.session import open_session

    return open_session(onnx)
