"""Opening images for local analyzers; runs in their workers."""

from pathlib import Path

from PIL import Image

from core.images.decode import open_upright


def upright_image(original: Path, format_: str, max_side_px: int | None = None) -> Image.Image:
    """Return an image as it is shown: upright, RGB in sRGB on white; at most *max_side_px* on the longer side.

    Raises:
        ImageRejectedError: the file cannot be decoded.
    """
    return open_upright(original, format_, max_side_px).convert("RGB")
