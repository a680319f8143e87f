"""What a caller may pass as the content of an image, and what is said about anything else."""

import os
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Union

from core.arguments import kind_of
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from PIL.Image import Image

Content = bytes | memoryview | Path
ImageData = Union[bytes, bytearray, memoryview, str, "os.PathLike[str]", BinaryIO, "Image"]

_PNG_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}


def content_of(data: Any) -> Content:
    """Return bytes or a path; reads a file, and encodes a ``PIL.Image``.

    Raises:
        InvalidInputError: *data* is none of these, or is a file in text mode.
    """
    if isinstance(data, bytes | memoryview):
        return data
    if isinstance(data, bytearray):
        return bytes(data)
    if isinstance(data, str | os.PathLike) and str(data):
        return Path(data)
    if hasattr(data, "convert") and hasattr(data, "save") and hasattr(data, "getbands"):
        return _encoded(data)
    if hasattr(data, "read"):
        content = data.read()
        if isinstance(content, bytes):
            return content
        raise InvalidInputError(
            "Open the image in binary mode, as in open(path, 'rb'); this file gives text.", field="image_data"
        )
    raise InvalidInputError(
        f"Pass the image as bytes, a path, a file opened in binary mode or a PIL image, not {kind_of(data)}.",
        field="image_data",
    )


def name_of(data: Any) -> str:
    """Return the name of the file that *data* is or was read from; empty when it has none."""
    named = (
        data if isinstance(data, str | os.PathLike) else getattr(data, "name", None) or getattr(data, "filename", "")
    )
    return Path(named).name if isinstance(named, str | os.PathLike) else ""


def named_files(files: Any) -> Iterator[tuple[str, Content]]:
    """Yield the name and the content of each file.

    Raises:
        InvalidInputError: an item is neither a path nor a pair of a name and a content.
    """
    if isinstance(files, str | bytes | os.PathLike) or not isinstance(files, Iterable):
        raise InvalidInputError(f"Pass a list of files, not {kind_of(files)}.", field="files")
    for number, file in enumerate(files, 1):
        if isinstance(file, str | os.PathLike):
            yield Path(file).name, Path(file)
        elif isinstance(file, tuple | list) and len(file) == 2 and isinstance(file[0], str):
            yield file[0], content_of(file[1])
        else:
            raise InvalidInputError(
                f"File {number} is {kind_of(file)}. Pass a path, or a pair of a name and its bytes or path.",
                field="files",
            )


def _encoded(image: "Image") -> bytes:
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode not in _PNG_MODES:
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    buffer = BytesIO()
    upright.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
