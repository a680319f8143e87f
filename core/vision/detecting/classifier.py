"""A classifier that is loaded: an ONNX model with one score for each label."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.detector import tensor
from core.vision.detecting.inputs import IMAGENET_MEAN, IMAGENET_STD, Pixels, Tensor, pixels_for
from core.vision.detecting.ultralytics import Export, read_metadata
from core.vision.models.folders import ModelFolder
from core.vision.models.session import open_session

_SIDE_PX = 224
"""Of classifiers that state no size."""


class Classifier:
    """Names what an image shows as a whole; computes with one thread, because there is a worker for each core."""

    def __init__(self, folder: ModelFolder) -> None:
        """Load the model.

        Raises:
            ConfigurationError: it cannot be loaded, or has not one score for each label.
        """
        self._labels = folder.labels
        self._session = open_session(folder.onnx)
        given = tensor(self._session.get_inputs()[0])
        export = read_metadata(self._session.get_modelmeta().custom_metadata_map)
        self._pixels = _pixels(given, folder, export)
        self._input = given.name
        fitting = [one for one in map(tensor, self._session.get_outputs()) if one.shape[-1:] == (len(self._labels),)]
        if not fitting:
            raise ConfigurationError(
                f"{folder.onnx} has no output with one score for each of its {len(self._labels)} labels. Correct the "
                "file of labels."
            )
        self._output = fitting[0].name

    def classify(self, image: Image.Image, min_score: float) -> list[tuple[str, float]]:
        """Return the labels of at least *min_score* with their scores, the most certain first."""
        values, _ = self._pixels.prepare(image)
        scores = as_shares(self._session.run([self._output], {self._input: values})[0].reshape(-1).astype(np.float64))
        order = [int(index) for index in np.argsort(-scores, kind="stable") if scores[index] >= min_score]
        return [(self._labels[index], round(float(scores[index]), 3)) for index in order if self._labels[index]]


def _pixels(given: Tensor, folder: ModelFolder, export: Export | None) -> Pixels:
    """Return what a classifier takes; those of Ultralytics take the center of the image, and no normalization."""
    if export is None or export.task != "classify":
        return pixels_for(given, _SIDE_PX, folder, fit="crop", mean=IMAGENET_MEAN, std=IMAGENET_STD)
    pixels = pixels_for(given, export.side_px or _SIDE_PX, folder)
    return replace(pixels, fit="crop", shortest_px=min(pixels.width, pixels.height))


def as_shares(values: NDArray[Any]) -> NDArray[Any]:
    """Return scores from 0 to 1: as they are when all are in this range, else by softmax."""
    if values.min() >= 0 and values.max() <= 1:
        return values
    raised = np.exp(values - values.max())
    return np.asarray(raised / raised.sum())
