"""Images that tests draw themselves."""

import io

from PIL import Image


def png(color: str | tuple[int, int, int], size_wh: tuple[int, int] = (64, 48)) -> bytes:
    """Return a plain image of one color."""
    out = io.BytesIO()
    Image.new("RGB", size_wh, color).save(out, "PNG")
    return out.getvalue()
