"""Adding many entries at once, such as those of an import."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from core.db import ImageDatasets, insert_rows, utc_now
from core.db.base import new_values

_STEP = timedelta(microseconds=1)


def insert_entries(session: Session, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert entries in their order and return how many; for 10 or 1,000,000 rows alike.

    Each row has at least project_id, image_id, image_name, question and answer, in their stored form
    (``values.checked``); other columns take their defaults. Such entries have no event, like those of a model: nothing
    was there before. Each one is created a microsecond after the one before it, which is the order of all lists.
    """
    return insert_rows(session, ImageDatasets, _complete(rows))


def _complete(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    created = utc_now()
    for row in rows:
        created += _STEP
        yield new_values(ImageDatasets, **{"create_at": created, "update_at": created, **row})
