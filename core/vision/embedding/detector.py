"""A vector from what the detector computes before it looks for objects: the features of its last block, pooled."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.vision.embedding.measured import Array, weighted

VERSION = "features 1"
OUTPUT = "features"
"""The output of the model; one without it, such as a detector of the user, makes no vectors."""
_MEASURED_WEIGHT, _FEATURES_WEIGHT = 3.1, 1.0
"""Chosen like those of the measured parts. Altered copies found: cropped 98, mirrored 100, darker 94, turned 100."""


def has_features(onnx: Path) -> bool:
    """Return whether a model has the output that vectors are made of."""
    return any(output.name == OUTPUT for output in _session(onnx).get_outputs())


def embed(image: Image.Image, onnx: Path, measured: Array) -> Array:
    """Return the vector of an RGB image: its measured vector, and mean and spread of 120 features, 399 values."""
    session = _session(onnx)
    (given,) = session.get_inputs()
    height, width = given.shape[2:]
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    (found,) = session.run([OUTPUT], {given.name: pixels.transpose(2, 0, 1)[None]})
    cells = found[0].reshape(found.shape[1], -1)
    features = weighted((1.0, cells.mean(axis=1)), (1.0, cells.std(axis=1)))
    return weighted((_MEASURED_WEIGHT, measured), (_FEATURES_WEIGHT, features))


@cache
def _session(onnx: Path) -> Any:
    from core.vision.detecting.detector import open_session

    return open_session(onnx)
