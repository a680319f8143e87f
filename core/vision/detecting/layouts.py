"""How the outputs of a detector are read: the layout is found from their shapes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.vision.detecting.centernet import read_centernet
from core.vision.detecting.detections import Detections
from core.vision.detecting.inputs import Pixels


@dataclass(frozen=True)
class Tensor:
    """An input or output of a model; None is a side of any length."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"


@dataclass(frozen=True)
class Layout:
    """How a model is asked and read."""

    name: str
    pixels: Pixels
    outputs: tuple[str, ...]
    """The outputs that are computed; others are left out."""
    read: Callable[..., Detections]
    """Reads them, each without the batch."""


def find_layout(inputs: Sequence[Tensor], outputs: Sequence[Tensor], label_count: int) -> Layout:
    """Return the layout of a detector.

    Raises:
        ConfigurationError: it cannot be told.
    """
    for rule in _RULES:
        if layout := rule(inputs, outputs, label_count):
            return layout
    shapes = ", ".join(f"{one.name} {list(one.shape)}" for one in outputs)
    raise ConfigurationError(
        f"It cannot be told how to read this detector with {label_count} labels: its outputs are {shapes}. "
        "docs/VISION.md lists the layouts that are read."
    )


def _centernet(inputs: Sequence[Tensor], outputs: Sequence[Tensor], label_count: int) -> Layout | None:
    maps: Mapping[int | None, Tensor] = {one.shape[1]: one for one in reversed(outputs) if len(one.shape) == 4}
    if label_count not in maps or 4 not in maps or maps[4].shape[2:] != maps[label_count].shape[2:]:
        return None
    _, _, height, width = inputs[0].shape
    if height is None or width is None:
        return None
    pixels = Pixels(width, height, scale=1.0)
    return Layout("centernet", pixels, (maps[label_count].name, maps[4].name), read_centernet)


_RULES: tuple[Callable[[Sequence[Tensor], Sequence[Tensor], int], Layout | None], ...] = (_centernet,)


def run_outputs(layout: Layout, values: Sequence[NDArray[Any]]) -> Detections:
    """Return what a layout reads from the outputs of one image."""
    return layout.read(*(value[0] for value in values))
