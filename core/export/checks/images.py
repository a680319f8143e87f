"""Looking into an exported image: its header, not its pixels, which the image room has decoded before."""

import io

IMAGE_ENDINGS = (".jpg", ".png", ".webp")

_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION = 0x0112
_ON_THEIR_SIDE = (5, 6, 7, 8)
_TRAINABLE_MODES = ("RGB", "RGBA")


def image_problem(data: bytes, *, as_original: bool) -> str:
    """Return what a trainer would stumble over in an image, the empty string when there is nothing."""
    from PIL import Image, UnidentifiedImageError

    try:
        # Pillow reads headers here and leaves the pixels alone; these bytes were decoded in the sandbox before.
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
    """Return width and height in px as a person sees the image; (0, 0) when it does not open."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            return (height, width) if image.getexif().get(_ORIENTATION, 1) in _ON_THEIR_SIDE else (width, height)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return 0, 0


def is_safe_path(path: str) -> bool:
    """Return whether *path* stays in a bundle on every system."""
    parts = path.split("/")
    return bool(path) and "\\" not in path and ":" not in path and not any(part in ("", ".", "..") for part in parts)
