"""Rendering: the pixels of changed images, made from the originals in the sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.errors import ImageRejectedError
from core.images.structure import image_format
from core.transform.steps import Step, apply, records

if TYPE_CHECKING:
    from core.config import Settings

FileFormat = Literal["JPEG", "PNG", "WEBP"]
EXTENSIONS: dict[str, str] = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
FLOATS = ".f32"
"""The ending of normalized pixels, beside the image: float32, channel by channel, row by row."""

Normalization = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Mean and standard deviation of each channel, from 0 to 1."""


@dataclass(frozen=True)
class Rendering:
    """An image to be rendered from *original* to *destination*, which has the ending of its format."""

    original: Path
    destination: Path
    steps: tuple[Step, ...]
    as_format: FileFormat = "JPEG"
    quality: int = 92
    normalization: Normalization | None = None
    """None: no normalized pixels."""


def render_all(settings: "Settings", wanted: Sequence[Rendering]) -> list[Path | ImageRejectedError]:
    """Render images in the workers of the sandbox, and return the file of each; an error takes the place of one."""
    from core.images.sandbox import sandbox
    from core.images.storage import translate_disk_errors

    with translate_disk_errors():
        made = sandbox(settings).run_each(render, [_job(one) for one in wanted])
    return [
        result if isinstance(result, ImageRejectedError) else one.destination
        for one, result in zip(wanted, made, strict=True)
    ]


def _job(one: Rendering) -> tuple[Any, ...]:
    return one.original, one.destination, records(one.steps), one.as_format, one.quality, one.normalization


def render(
    source: Path,
    destination: Path,
    steps: Sequence[dict[str, Any]],
    as_format: FileFormat,
    quality: int,
    normalization: Normalization | None = None,
) -> tuple[int, int]:
    """Write the image that *steps* make of *source*, and return its width and height in px; runs in the sandbox.

    Args:
        steps: records, see :func:`core.transform.steps.records`.

    Raises:
        ImageRejectedError: the file cannot be decoded.
    """
    from core.images.decode import open_upright
    from core.transform.families import from_records

    with source.open("rb") as file:
        format_ = image_format(file.read(64))
    image = apply(open_upright(source, format_).convert("RGB"), from_records(steps))
    if as_format == "PNG":
        image.save(destination, "PNG", compress_level=4)
    else:
        image.save(destination, as_format, quality=quality)
    if normalization is not None:
        import numpy as np

        mean, std = (np.asarray(values, dtype=np.float32) for values in normalization)
        floats = (np.asarray(image, dtype=np.float32) / np.float32(255) - mean) / std
        destination.with_suffix(FLOATS).write_bytes(floats.transpose(2, 0, 1).tobytes())
    return image.size


def format_for(original_format: str, wanted: FileFormat | None, *, needs_jpeg: bool = False) -> FileFormat:
    """Return the format of a changed image: the wanted one, else PNG for a PNG, because drawings have sharp edges."""
    if needs_jpeg:
        return "JPEG"
    return wanted or ("PNG" if original_format == "PNG" else "JPEG")
