"""Drawn images for the tests of this package."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image


def drawn(seed: int = 0, size_wh: tuple[int, int] = (160, 120)) -> Image.Image:
    """Return large soft blocks of color; images of different seeds do not look alike."""
    blocks = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size_wh, Image.Resampling.BICUBIC)


def encoded(image: Image.Image | None = None, format_: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    (image or drawn()).save(buffer, format_, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))
