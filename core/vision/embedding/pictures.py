"""Vectors of images by a model of one's own; runs in a worker."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.detector import tensor
from core.vision.detecting.inputs import Tensor
from core.vision.embedding.measured import Array
from core.vision.embedding.own_model import PREPROCESSOR, OwnModel
from core.vision.embedding.preparing import preparation
from core.vision.models.session import open_session

IMAGE_OUTPUTS = ("image_embeds", "image_features", "image_embeddings", "pooler_output", "last_hidden_state")
"""In the order in which they are taken: first what lies in one space with words."""
NUMBERS: dict[str, type[np.generic]] = {
    "tensor(int64)": np.int64, "tensor(int32)": np.int32, "float16": np.float16, "float32": np.float32,
}  # fmt: skip
"""The kinds of numbers of inputs."""


class ImageEmbedder:
    """A vision model that is loaded; computes with one thread, because there is a worker for each core."""

    def __init__(self, model: OwnModel) -> None:
        """Load the model.

        Raises:
            ConfigurationError: it cannot be loaded, or takes something else than an image.
        """
        self._session = open_session(model.vision)
        self._preparation = preparation(model.config(PREPROCESSOR))
        inputs = [tensor(one) for one in self._session.get_inputs()]
        pictures = [one for one in inputs if len(one.shape) == 4]
        if len(pictures) != 1 or pictures[0].dtype not in ("float32", "float16"):
            raise ConfigurationError(
                f"{model.vision} does not take exactly one image as pixel_values. Export it again."
            )
        self._input = pictures[0]
        self._check_size(model)
        # An export of both models in one file wants words beside the image; they do not change its vector.
        self._others = {one.name: empty(one) for one in inputs if one is not self._input}
        self._output = output_of(model, [tensor(one) for one in self._session.get_outputs()], IMAGE_OUTPUTS)

    def embed(self, image: Image.Image) -> Array:
        """Return the vector of an RGB image."""
        pixels = self._preparation.prepare(image).astype(NUMBERS[self._input.dtype])
        (found,) = self._session.run([self._output], {self._input.name: pixels, **self._others})
        return pooled(found)

    def _check_size(self, model: OwnModel) -> None:
        wanted, stated = self._input.shape[2:], self._preparation.input_wh
        if stated is None or any(
            side not in (None, given) for side, given in zip(wanted, reversed(stated), strict=True)
        ):
            raise ConfigurationError(
                f"{model.vision} takes {list(wanted)} pixels, and {PREPROCESSOR} states {stated}. Put the one of this "
                "model there."
            )


def empty(given: Tensor) -> NDArray[Any]:
    """Return an input of zeros, of the smallest size; an attention mask of ones."""
    made = np.ones if "mask" in given.name else np.zeros
    return made(tuple(side or 1 for side in given.shape), NUMBERS.get(given.dtype, np.int64))


def output_of(model: OwnModel, outputs: list[Tensor], names: tuple[str, ...]) -> str:
    """Return the output with the vector: by its name, or the only one.

    Raises:
        ConfigurationError: it cannot be told.
    """
    known = {one.name for one in outputs}
    for name in names:
        if name in known:
            return name
    if len(outputs) == 1:
        return outputs[0].name
    raise ConfigurationError(
        f"None of the outputs of {model.path} ({', '.join(sorted(known))}) is a vector. Export it again."
    )


def pooled(found: NDArray[Any]) -> Array:
    """Return the vector in an output: itself, the class token or the mean of patches, or the mean of a map."""
    values: Array = np.asarray(found, np.float32)[0]
    if values.ndim == 2:
        patches = len(values) - 1
        has_class_token = patches > 0 and math.isqrt(patches) ** 2 == patches
        values = values[0] if has_class_token else values.mean(axis=0)
    elif values.ndim == 3:
        values = values.mean(axis=(1, 2))
    return values.reshape(-1)
