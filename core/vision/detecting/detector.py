"""A detector that is loaded: its model, its layout and its labels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.inputs import Pixels, Tensor
from core.vision.detecting.layouts import find_layout
from core.vision.models.folders import ModelFolder
from core.vision.models.session import open_session
from core.vision.results import ObjectItem

_DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}


class Detector:
    """Finds the objects of images; computes with one thread, because there is a worker for each core."""

    def __init__(self, folder: ModelFolder) -> None:
        """Load the model.

        Raises:
            ConfigurationError: it cannot be loaded, or it cannot be told how to read it.
        """
        self._labels = folder.labels
        self._session = open_session(folder.onnx)
        inputs = [tensor(one) for one in self._session.get_inputs()]
        outputs = [tensor(one) for one in self._session.get_outputs()]
        self.layout = find_layout(inputs, outputs, folder, self._session.get_modelmeta().custom_metadata_map)
        self._input = inputs[0].name
        self._others = {one.name: _whole_image(one, self.layout.pixels, folder) for one in inputs[1:]}

    def detect(self, image: Image.Image, original_wh: tuple[int, int], min_score: float) -> list[ObjectItem]:
        """Return the objects of an RGB image, the most certain first; their boxes in px of the original.

        Raises:
            ConfigurationError: the model found a class that has no label.
        """
        values, placement = self.layout.pixels.prepare(image)
        found = self.layout.detections(
            self._session.run(list(self.layout.outputs), {self._input: values, **self._others})
        )
        best = found.best(min_score)
        if len(best.classes) and int(best.classes.max()) >= len(self._labels):
            raise ConfigurationError(
                f"The detector found class {int(best.classes.max())}, counted from 0, but its file of labels has only "
                f"{len(self._labels)}. Correct the file of labels."
            )
        boxes = placement.to_original(best.boxes, original_wh)
        return [
            {
                "label": self._labels[int(number)],
                "score": round(float(score), 3),
                "box_xyxy": [round(float(side), 1) for side in box],
            }
            for box, score, number in zip(boxes, best.scores, best.classes, strict=True)
            if box[2] > box[0] and box[3] > box[1]
        ]


def _whole_image(given: Tensor, pixels: Pixels, folder: ModelFolder) -> NDArray[Any]:
    """Return the mask that a DETR takes beside the image: all of it is image.

    Raises:
        ConfigurationError: it is another input.
    """
    if "mask" not in given.name or len(given.shape) != 3:
        raise ConfigurationError(
            f"{folder.onnx.name} needs the input {given.name} beside the image. Export it without that input."
        )
    _, rows, columns = given.shape
    return np.ones((1, rows or pixels.height, columns or pixels.width), np.int64)


def tensor(given: Any) -> Tensor:
    """Return an input or output as onnxruntime describes it."""
    shape = tuple(side if isinstance(side, int) else None for side in given.shape)
    return Tensor(given.name, shape, _DTYPES.get(given.type, given.type))
