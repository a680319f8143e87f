"""Rows as a notebook shows them: thumbnails, questions and answers; everything else by its name."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from core.db import Base, ImageDatasets, Images, Projects, Questions, Tasks, open_databases
from core.errors import VitrineError
from core.images import ImageService

_MAX_ROWS = 25
_MAX_CHARS = 500
_THUMBNAIL_SIDE_PX = 120
_COLUMNS: dict[str, tuple[str, ...]] = {
    ImageDatasets.__name__: ("question", "answer", "decision", "score", "model"),
    Images.__name__: ("image_name", "width", "height", "size", "tags"),
    Questions.__name__: ("question", "answered", "model"),
    Projects.__name__: ("name", "description", "create_at"),
    Tasks.__name__: ("task_type", "status", "processed_count", "total_count", "failed_count", "note"),
}
_CELL = 'style="text-align:left;vertical-align:top;white-space:pre-wrap"'
_NUMBER = 'style="text-align:right;vertical-align:top"'


def rows_html(rows: Sequence[Any], total: int | None = None) -> str:
    """Return a table of *rows*, with thumbnails where the database of an image is open; at most 25 of them.

    Args:
        total: the length of the list that *rows* are a part of.
    """
    shown = [row for row in rows[:_MAX_ROWS] if isinstance(row, Base)]
    if not shown:
        return f"<p>{escape(repr(list(rows)))}</p>"
    columns = _COLUMNS.get(type(shown[0]).__name__) or tuple(name for name, _ in shown[0].__repr_args__() if name)
    thumbnails = _thumbnails({_image_id(row) for row in shown} - {None})
    head = "".join(f"<th {_CELL}>{escape(name)}</th>" for name in ("", *columns))
    body = "".join(f"<tr>{_picture(thumbnails.get(_image_id(row)))}{_cells(row, columns)}</tr>" for row in shown)
    count = f"<p>{len(shown):,} of {total or len(rows):,}</p>" if (total or len(rows)) > len(shown) else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{count}"


def _image_id(row: Any) -> str | None:
    return row.id if isinstance(row, Images) else getattr(row, "image_id", None)


def _cells(row: Any, columns: Iterable[str]) -> str:
    # A row that was read with a part of its columns has no others.
    values = [getattr(row, name, "") for name in columns]
    return "".join(f"<td {_NUMBER if _is_number(value) else _CELL}>{escape(_text(value))}</td>" for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]}…"


def _picture(data_url: str | None) -> str:
    side = f"max-width:{_THUMBNAIL_SIDE_PX}px;max-height:{_THUMBNAIL_SIDE_PX}px"
    return f'<td><img src="{data_url}" alt="" style="{side}"></td>' if data_url else "<td></td>"


def _thumbnails(image_ids: set[Any]) -> dict[Any, str]:
    """Return the thumbnails of images as data URLs, by id; of those that an open database has."""
    found: dict[Any, str] = {}
    for database in open_databases():
        images = ImageService(database)
        for image_id in image_ids - found.keys():
            if url := _thumbnail(images, image_id):
                found[image_id] = url
    return found


def _thumbnail(images: ImageService, image_id: str) -> str:
    try:
        image = images.get_image(image_id, include_hidden=True)
        data = images.thumbnail_path(image).read_bytes() if image is not None else b""
    except (VitrineError, OSError):
        return ""  # the text of the row is shown all the same
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else ""
