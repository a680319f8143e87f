"""Who gets which entries, as SQL: even shares of the images, leases of others, second readings."""

import re

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from core.db import EntryLeases, Events, ImageDatasets, ReviewPlans, utc_now
from core.db.bucket import BUCKETS, bucket
from core.errors import InvalidInputError

_Entry = ImageDatasets
# Letters of the image's id: whoever gets an image gets all its entries, and both choices are independent.
_SHARE_PLACE, _SECOND_PLACE = 3, 7


def share(value: str) -> ColumnElement[bool]:
    """Return the condition of part i of n, written ``i/n``.

    Raises:
        InvalidInputError: it is written otherwise, or there is no such part.
    """
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", value)
    part, parts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= parts:
        raise InvalidInputError("share: takes a part such as 1/3.", field="q")
    place = bucket(col(_Entry.image_id), _SHARE_PLACE)
    return and_(place >= -(-(part - 1) * BUCKETS // parts), place < -(-part * BUCKETS // parts))


def before_nobody_else(actor: str) -> ColumnElement[bool]:
    held = select(1).where(
        EntryLeases.entry_id == _Entry.id, EntryLeases.holder != actor, col(EntryLeases.until) > utc_now()
    )
    return ~held.correlate(_Entry).exists()


def waits_for_second(actor: str) -> ColumnElement[bool]:
    """Decided once, by somebody else, in the part of the images that two are to see."""
    percent = select(ReviewPlans.second_percent).where(ReviewPlans.project_id == _Entry.project_id)
    chosen = bucket(col(_Entry.image_id), _SECOND_PLACE) * 100 < percent.correlate(_Entry).scalar_subquery() * BUCKETS
    standing = (Events.entity_id == _Entry.id, col(Events.undone_by).is_(None))
    decided = select(1).where(*standing, col(Events.action).in_(("confirm", "reject")), Events.actor != actor)
    mine = select(1).where(*standing, col(Events.action).in_(("confirm", "reject")), Events.actor == actor)
    second = select(1).where(*standing, Events.action == "second")
    return and_(
        or_(col(_Entry.confirmed).is_(True), col(_Entry.rejected).is_(True)),
        chosen,
        decided.correlate(_Entry).exists(),
        ~mine.correlate(_Entry).exists(),
        ~second.correlate(_Entry).exists(),
    )
