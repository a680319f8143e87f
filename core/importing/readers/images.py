"""The images that a row names: as text, list, object, URL, or written into the row itself."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from core.importing.answers import RowError, parsed_list
from core.importing.readers.base import Files, Row
from core.importing.readers.columns import Columns
from core.importing.row_blocks import RowBlock

MAX_IMAGES = 64
_MAX_NAME_CHARS = 4096
_MAX_PLAIN_CHARS = 200
_MIN_EMBEDDED_CHARS = 1024
_MAX_ID_CHARS = 200
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
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
        is_name = isinstance(value, str) and 0 < len(value) < _MAX_PLAIN_CHARS
        if is_name and value[0] != "[" and not value.startswith("data:"):
            found.append(value)
        else:
            found.extend(written_images(value, where, files))
        if found:
            break
    for column in columns.more_images:
        found.extend(written_images(row[column], where, files))
    if not found and columns.id and not columns.images and not columns.more_images:
        found.append(name_of_id(row[columns.id], files))
    if not found:
        raise RowError(_none_in(columns))
    if len(found) > MAX_IMAGES:
        raise RowError(f"This row has {len(found):,} images; {MAX_IMAGES} is the limit.")
    return tuple(found)


def plain_images(block: RowBlock, columns: Columns) -> list[str] | list[list[str]] | None:
    """Return the image of each row, or its images, when every row has them as plain names in the same column."""
    if not columns.images or columns.more_images:
        return None
    values = block.column(columns.images[0])
    if not values or not all(values):
        return None
    if isinstance(values[0], str):
        return values if _are_plain(values) else None
    if {*map(type, values)} != {list} or max(map(len, values)) > MAX_IMAGES:
        return None
    names = list(chain.from_iterable(values))
    return values if _are_plain(names) and list(map(str.strip, names)) == names else None


def _are_plain(names: list[Any]) -> bool:
    """Return whether values are names: no lists, data URLs or base64."""
    if {*map(type, names)} != {str} or not all(names) or max(map(len, names)) >= _MAX_PLAIN_CHARS:
        return False
    joined = "\n".join(names)
    return "[" not in joined and "data:" not in joined


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


def name_of_id(value: Any, files: Files) -> str:
    """Return the name of the image that a row calls by its number, or by its name without the ending.

    COCO writes numbers with twelve digits.

    Raises:
        RowError: there is no id, or several images have it.
    """
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > _MAX_ID_CHARS:
        raise RowError("This row names no image.")
    if text.lower().endswith(_ENDINGS):
        return text
    stems = [text, f"{int(text):012}"] if text.isascii() and text.isdecimal() else [text]
    here = [name for stem in dict.fromkeys(stems) for ending in _ENDINGS if files.has(name := f"{stem}{ending}")]
    if len(here) > 1:
        raise RowError(f"The id {text} fits several images, such as {here[0]} and {here[1]}. Write the name in full.")
    return here[0] if here else f"{text}.jpg"


def _is_base64(text: str) -> bool:
    return len(text) > _MIN_EMBEDDED_CHARS and text[:64].replace("+", "").replace("/", "").isalnum()


def _none_in(columns: Columns) -> str:
    if not columns.images and not columns.more_images:
        return "This row names no image."
    return f"This row names no image: {(columns.images or columns.more_images)[0]} is empty."
