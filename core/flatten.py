"""Pixels of any mode as 8-bit RGB on white. Pillow and numpy are imported lazily."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def flatten(image: "Image") -> "Image":
    """Return a copy as RGB; transparent parts become white."""
    from PIL import Image

    if image.mode == "RGB" and "transparency" not in image.info:
        return image.copy()
    image = with_alpha_channel(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    with_alpha = image.convert("RGBA")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return ground


def with_alpha_channel(image: "Image") -> "Image":
    """Return *image* with 8 bits a channel and without a palette; a transparent color becomes an alpha channel."""
    if _has_more_bits(image.mode):
        return _eight_bits(image)
    if image.mode in ("1", "P", "PA") or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _has_more_bits(mode: str) -> bool:
    return mode.startswith("I;16") or mode in ("I", "F")


def _eight_bits(image: "Image") -> "Image":
    import numpy as np
    from PIL import Image

    # Pillow clips 16-bit gray instead of scaling it.
    gray = image.convert("F").point(lambda value: value * (1 / 257) + 0).convert("L")
    gray.info.pop("transparency", None)
    if isinstance(key := image.info.get("transparency"), int):
        gray.putalpha(Image.fromarray(np.where(np.asarray(image) == key, 0, 255).astype(np.uint8)))
    return gray
