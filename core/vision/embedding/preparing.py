"""How an image becomes the input of a model, as ``preprocessor_config.json`` of Hugging Face states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import ConfigurationError


@dataclass(frozen=True)
class Preparation:
    """Resize, crop the center, scale and normalize."""

    size_wh: tuple[int, int] | None
    """The image is stretched to this."""
    shortest_px: int
    """Else its shortest side becomes this."""
    crop_wh: tuple[int, int] | None
    resample: Image.Resampling
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def input_wh(self) -> tuple[int, int] | None:
        """The size of the input; None when it depends on the image."""
        return self.crop_wh or self.size_wh

    def prepare(self, image: Image.Image) -> NDArray[np.float32]:
        """Return the input for an RGB image, shape (1, 3, rows, columns)."""
        small = image.resize(self.size_wh or self._by_shortest(image.size), self.resample)
        if self.crop_wh and small.size != self.crop_wh:
            left, top = ((side - wanted) // 2 for side, wanted in zip(small.size, self.crop_wh, strict=True))
            small = small.crop((left, top, left + self.crop_wh[0], top + self.crop_wh[1]))
        values: NDArray[Any] = np.asarray(small, np.float32) * np.float32(self.scale)
        values = (values - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])

    def _by_shortest(self, size_wh: tuple[int, int]) -> tuple[int, int]:
        shortest, longest = min(size_wh), max(size_wh)
        other = int(self.shortest_px * longest / shortest)
        return (self.shortest_px, other) if size_wh[0] <= size_wh[1] else (other, self.shortest_px)


def preparation(told: Mapping[str, Any]) -> Preparation:
    """Return what a ``preprocessor_config.json`` says.

    Raises:
        ConfigurationError: it states no size, or in a form that is not known.
    """
    try:
        return _preparation(told)
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigurationError(
            "preprocessor_config.json states the size or normalization in a form that is not known. Use the one that "
            "Hugging Face has for the model."
        ) from error


def _preparation(told: Mapping[str, Any]) -> Preparation:
    size = told["size"]
    if isinstance(size, int):
        # Old files: with a crop it is the shortest side, else both.
        size = {"shortest_edge": size} if told.get("do_center_crop") else {"height": size, "width": size}
    stretched = (int(size["width"]), int(size["height"])) if "width" in size else None
    shortest = 0 if stretched else int(size["shortest_edge"])
    crop = _crop(told) if told.get("do_center_crop") else None
    if "crop_pct" in told and stretched is None and crop is None:  # ConvNeXt
        crop, shortest = (shortest, shortest), int(shortest / float(told["crop_pct"]))
    is_normalized, is_scaled = told.get("do_normalize", True), told.get("do_rescale", True)
    mean, std = (tuple(map(float, told[name])) for name in ("image_mean", "image_std")) if is_normalized else (
        (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    )  # fmt: skip
    sides = (*(stretched or (shortest,)), *(crop or ()))
    if len(mean) != 3 or len(std) != 3 or 0 in std or not all(0 < side <= 4096 for side in sides):
        raise ValueError("out of range")
    return Preparation(
        stretched, shortest, crop, Image.Resampling(told.get("resample", Image.Resampling.BICUBIC)),
        float(told.get("rescale_factor", 1 / 255)) if is_scaled else 1.0, mean, std,
    )  # fmt: skip


def _crop(told: Mapping[str, Any]) -> tuple[int, int]:
    crop = told.get("crop_size", told["size"])
    return (crop, crop) if isinstance(crop, int) else (int(crop["width"]), int(crop["height"]))
