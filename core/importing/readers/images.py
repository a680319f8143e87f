"""The images that a row names: as text, list, object, URL, or written into the row itself."""

from collections.abc import Iterator
from typing import Any

from core.importing.answers import RowError, parsed_list
from core.importing.readers.base import Files, Row
from core.importing.readers.columns import Columns

MAX_IMAGES = 64
_MAX_NAME_CHARS = 4096
_MIN_EMBEDDED_CHARS = 1024
_NAME_KEYS = ("path", "url", "image_url", "file_name", "image", "bytes", "base64", "data")


def images_of(row: Row, columns: Columns, where: str, files: Files) -> tuple[str, ...]:
    """Return the images that a row names, as they are written.

    Raises:
        RowError: there is none, or too many.
    """
    found: list[str] = []
    for column in columns.images:
        value = row[column]
        # The usual row: one name.
        if isinstance(value, str) and 0 < len(value) < 200 and value[0] != "[" and not value.startswith("data:"):
            found.append(value)
        else:
            found.extend(written_images(value, where, files))
        if found:
            break
    for column in columns.more_images:
        found.extend(written_images(row[column], where, files))
    if not found:
        raise RowError(_none_in(columns))
    if len(found) > MAX_IMAGES:
        raise RowError(f"This row has {len(found):,} images; {MAX_IMAGES} is the limit.")
    return tuple(found)


def written_images(value: Any, where: str, files: Files, depth: int = 0) -> Iterator[str]:
    """Yield the images of a value of a column; of lists and objects those in them.

    Raises:
        RowError: a name is too long, or an embedded image is too large.
    """
    if isinstance(value, str):
        value = parsed_list(value)
    if isinstance(value, str):
        if value.startswith("data:") or _is_base64(value):
            yield files.embed(value, where)
        elif len(value) > _MAX_NAME_CHARS:
            raise RowError("The name of the image is too long.")
        elif value.strip():
            yield value.strip()
    elif isinstance(value, bytes):
        yield files.embed(value, where)
    elif isinstance(value, list | tuple) and depth < 3:
        for one in value[: MAX_IMAGES + 1]:
            yield from written_images(one, where, files, depth + 1)
    elif isinstance(value, dict) and depth < 3:
        if isinstance(data := value.get("bytes"), bytes) and data:
            yield files.embed(data, where, path if isinstance(path := value.get("path"), str) else "")
            return
        written = next((value[key] for key in _NAME_KEYS if value.get(key)), None)
        yield from written_images(written, where, files, depth + 1)


def _is_base64(text: str) -> bool:
    return len(text) > _MIN_EMBEDDED_CHARS and text[:64].replace("+", "").replace("/", "").isalnum()


def _none_in(columns: Columns) -> str:
    if not columns.images and not columns.more_images:
        return "This row names no image."
    return f"This row names no image: {(columns.images or columns.more_images)[0]} is empty."
