"""Images drawn in a given look, so that tests know which belong together."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WARM_SOFT = ((214, 120, 60), (240, 190, 120), (120, 60, 40), 6.0, 0.0)
COLD_GRAINY = ((30, 60, 140), (90, 150, 200), (10, 20, 50), 0.0, 28.0)
DARK = ((20, 16, 24), (46, 30, 40), (8, 8, 12), 3.0, 0.0)


def drawn(look: tuple, content: int, size_wh: tuple[int, int] = (192, 144)) -> Image.Image:
    """Return ellipses and boxes placed by *content* in the colors, blur and grain of *look*."""
    ground, shape, accent, blur, grain = look
    chance = np.random.default_rng(content)
    image = Image.new("RGB", size_wh, ground)
    canvas = ImageDraw.Draw(image)
    for number in range(9):
        x, y = chance.integers(0, size_wh[0]), chance.integers(0, size_wh[1])
        w, h = chance.integers(20, 70, 2)
        draw = canvas.ellipse if number % 2 else canvas.rectangle
        draw((x, y, x + w, y + h), fill=shape if number % 3 else accent)
    image = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
    if grain:
        noise = chance.normal(0, grain, (size_wh[1], size_wh[0], 1))
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    return image


def encoded(image: Image.Image, format_: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, format_)
    return out.getvalue()
