"""Entries that an earlier export had and a later one has not."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sql
from sqlmodel import Session, col

from core.db import ImageDatasets

_IDS_PER_QUERY = 500


class RemovedEntry(NamedTuple):
    """A removed entry with its first image; only the id is known of one that is gone for good."""

    id: str
    image_id: str = ""
    image_name: str = ""
    question: str = ""


def removed_entries(session: Session, ids: Sequence[str]) -> list[RemovedEntry]:
    """Return the entries called *ids* in their order, also those that were deleted."""
    entry, known = ImageDatasets, dict[str, RemovedEntry]()
    columns = sql.select(*(getattr(entry, name) for name in RemovedEntry._fields))
    for start in range(0, len(ids), _IDS_PER_QUERY):
        rows = session.execute(columns.where(col(entry.id).in_(ids[start : start + _IDS_PER_QUERY])))
        known |= {row[0]: RemovedEntry(*row) for row in rows}
    return [known.get(id_, RemovedEntry(id_)) for id_ in ids]
