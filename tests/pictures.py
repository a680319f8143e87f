"""Images drawn for tests."""

import io

from PIL import Image, ImageDraw


def png(color: str | tuple[int, int, int], size_wh: tuple[int, int] = (64, 48)) -> bytes:
    """Return a PNG of one color."""
    out = io.BytesIO()
    Image.new("RGB", size_wh, color).save(out, "PNG")
    return out.getvalue()


def striped(number: int) -> bytes:
    """Return a PNG of warm stripes; for *number* 0 to 5 no two are near-duplicates of each other."""
    image = Image.new("RGB", (320, 240), (235, 200, 150))
    draw = ImageDraw.Draw(image)
    for stripe in range(number + 1):
        left = 320 * (2 * stripe + 1) // (2 * number + 2)
        draw.rectangle((left, 20 * number, left + 40, 239), fill=(190, 90 + 25 * number, 40))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photo_like(number: int, size_wh: tuple[int, int] = (1280, 960)) -> bytes:
    """Return a JPEG with as much detail as a photograph; each *number* gives a different one."""
    noise = Image.effect_noise((size_wh[0] // 8, size_wh[1] // 8), 60 + number % 40).resize(size_wh)
    image = Image.merge("RGB", (noise, noise.rotate(number % 360), noise.rotate(180)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()
