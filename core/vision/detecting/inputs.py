"""What a model takes: the size, order and range of its pixels; and the way back from its boxes to the image."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import ConfigurationError
from core.vision.models.folders import ModelFolder

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_PREPROCESSOR = "preprocessor_config.json"
_CONVNEXT_STRETCHED_PX = 384
_LETTERBOX_GRAY = 114  # what YOLO models are trained with beside the image


@dataclass(frozen=True)
class Pixels:
    """How an image becomes the input of a model."""

    width: int
    height: int
    channels_first: bool = True
    dtype: str = "float32"
    fit: Literal["stretch", "letterbox", "crop"] = "stretch"
    """Letterbox keeps the ratio of the sides and fills the rest with gray; crop keeps it and takes the center."""
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    shortest_px: int = 0
    """Of a crop: what the shortest side becomes before the center is taken."""

    def prepare(self, image: Image.Image) -> "tuple[NDArray[Any], Placement]":
        """Return the input for an RGB image, a batch of one, and where the image is in it."""
        placement = self._placement(image.size)
        # Pillow's bilinear filter averages all pixels that become one: nothing is skipped when scaling down.
        small = image.resize(placement.size_wh, Image.Resampling.BILINEAR)
        if small.size != (self.width, self.height):
            canvas = Image.new("RGB", (self.width, self.height), (_LETTERBOX_GRAY,) * 3)
            canvas.paste(small, (placement.left, placement.top))
            small = canvas
        values: NDArray[Any] = np.asarray(small)
        if self.dtype != "uint8":
            values = values.astype(np.float32) * np.float32(self.scale)
            if any(self.mean) or any(part != 1 for part in self.std):
                values = (values - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        if self.channels_first:
            values = values.transpose(2, 0, 1)
        return np.ascontiguousarray(values[None].astype(self.dtype)), placement

    def _placement(self, size_wh: tuple[int, int]) -> "Placement":
        if self.fit == "stretch":
            return Placement(0, 0, (self.width, self.height))
        if self.fit == "crop":
            scale = self.shortest_px / min(size_wh)
        else:
            scale = min(self.width / size_wh[0], self.height / size_wh[1])
        inside = (max(round(size_wh[0] * scale), 1), max(round(size_wh[1] * scale), 1))
        return Placement((self.width - inside[0]) // 2, (self.height - inside[1]) // 2, inside)


@dataclass(frozen=True)
class Tensor:
    """An input or output of a model; None is a side of any length."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"


def pixels_for(
    given: Tensor,
    side_px: int,
    folder: ModelFolder,
    *,
    fit: Literal["stretch", "letterbox", "crop"] = "stretch",
    mean: tuple[float, ...] = (0.0, 0.0, 0.0),
    std: tuple[float, ...] = (1.0, 1.0, 1.0),
) -> Pixels:
    """Return what an input takes; ``preprocessor_config.json`` in the folder, as Hugging Face writes it, is obeyed.

    Args:
        side_px: of inputs that take any size, when the file names none.
        fit: "crop" is for classifiers: the file then says whether and how the center is taken.

    Raises:
        ConfigurationError: the input is not one RGB image, or the file cannot be read.
    """
    shape = given.shape
    if len(shape) != 4 or 3 not in (shape[1], shape[3]) or given.dtype not in ("float32", "float16", "uint8"):
        raise ConfigurationError(
            f"The input {given.name} {list(shape)} of {folder.onnx.name} is not an RGB image: N, 3, rows, columns or "
            "N, rows, columns, 3."
        )
    channels_first = shape[1] == 3
    rows, columns = shape[2:] if channels_first else shape[1:3]
    told = _preprocessor(folder.path)
    try:
        width, height, shortest = _stated_size(told, side_px, crops=fit == "crop")
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ConfigurationError(
            f"{folder.path / _PREPROCESSOR} states the size in a form that is not known. Use the one that Hugging Face "
            "has for the model."
        ) from error
    if told.get("do_normalize") is False:
        mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    elif told.get("image_mean") and told.get("image_std"):
        mean, std = tuple(told["image_mean"]), tuple(told["image_std"])
    scale = float(told.get("rescale_factor", 1 / 255)) if told.get("do_rescale", True) else 1.0
    if fit == "crop" and not shortest:
        fit = "stretch"
    return Pixels(columns or width, rows or height, channels_first, given.dtype, fit, scale, mean, std, shortest)


def _stated_size(told: Mapping[str, Any], side_px: int, *, crops: bool) -> tuple[int, int, int]:
    """Return width, height, and what the shortest side becomes before the center is taken; 0 where nothing is."""
    size = told.get("size") or {}
    if isinstance(size, int):
        # Old files: with a crop it is the shortest side, else both.
        size = {"shortest_edge": size} if told.get("do_center_crop") else {"height": size, "width": size}
    if not isinstance(size, Mapping):
        raise TypeError(size)
    shortest = size.get("shortest_edge") if crops else None
    if shortest is None:
        return int(size.get("width", side_px)), int(size.get("height", side_px)), 0
    if told.get("do_center_crop"):
        crop = told.get("crop_size", shortest)
        width, height = (crop, crop) if isinstance(crop, int) else (crop["width"], crop["height"])
        return int(width), int(height), int(shortest)
    if "crop_pct" not in told:
        return int(shortest), int(shortest), int(shortest)
    # ConvNeXt: small inputs are the center of a larger image, large ones are stretched.
    is_large = shortest >= _CONVNEXT_STRETCHED_PX
    return int(shortest), int(shortest), 0 if is_large else int(shortest / float(told["crop_pct"]))


def _preprocessor(folder: Path) -> dict[str, Any]:
    path = folder / _PREPROCESSOR
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Placement:
    """Where an image is in the input of a model, in px of the input."""

    left: int
    top: int
    size_wh: tuple[int, int]

    def to_original(self, boxes: NDArray[Any], original_wh: tuple[int, int]) -> NDArray[Any]:
        """Return boxes (left, top, right, bottom in px of the input) in px of the original, inside of it."""
        offset = np.array([self.left, self.top] * 2, np.float64)
        factor = np.array([*original_wh] * 2, np.float64) / np.array([*self.size_wh] * 2, np.float64)
        return np.clip((boxes - offset) * factor, 0, np.array([*original_wh] * 2, np.float64))
