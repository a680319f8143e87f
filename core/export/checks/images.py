"""Checks of exported images by their headers; the pixels were decoded when the image was uploaded."""

import io

IMAGE_EXTENSIONS = (".jpg", ".png", ".webp")

_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION = 0x0112
_ROTATED_BY_90 = (5, 6, 7, 8)
_TRAINABLE_MODES = ("RGB", "RGBA")


def image_problem(data: bytes, *, as_original: bool) -> str:
    """Return why a trainer could not use an image, an empty string when it could.

    Args:
        as_original: whether the uploaded bytes are expected, which may be rotated and of any mode.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        # Pillow reads only the header here; the sandbox decoded these bytes when they were uploaded.
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            mode, orientation = image.mode, image.getexif().get(_ORIENTATION, 1)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        return f"does not open ({type(error).__name__})"
    if as_original:
        return ""
    if orientation != 1:
        return "is not upright"
    return "" if mode in _TRAINABLE_MODES else f"is {mode}, not RGB"


def upright_size(data: bytes) -> tuple[int, int]:
    """Return width and height in px of the upright image (EXIF orientation applied); (0, 0) when it does not open."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            return (height, width) if image.getexif().get(_ORIENTATION, 1) in _ROTATED_BY_90 else (width, height)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return 0, 0


def is_safe_path(path: str) -> bool:
    """Return whether *path* stays inside a bundle on every operating system."""
    parts = path.split("/")
    return bool(path) and "\\" not in path and ":" not in path and not any(part in ("", ".", "..") for part in parts)
