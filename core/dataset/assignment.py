"""Assignment of entries to reviewers, as SQL conditions: shares of the images, leases, second reviews."""

import re
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from core.config import Settings
from core.dataset import second_review
from core.db import EntryLeases, Events, ImageDatasets, ReviewPlans, utc_now
from core.db.bucket import BUCKETS, bucket
from core.errors import InvalidInputError

ALONE, SHARED = "all", "shared"
LEASE_S = 120
"""Enough to think about one entry; the review desk renews its leases three times as often."""

_Entry = ImageDatasets
# Positions in the image's id: all entries of an image go to the same person, and both choices are independent.
_SHARE_POSITION, _SECOND_POSITION = 3, 7


def unset_assignment(settings: Settings) -> str:
    """Return how entries are assigned as long as nobody has said it: with accounts, no two people get the same."""
    return SHARED if settings.has_accounts else ALONE


def in_share(value: str) -> ColumnElement[bool]:
    """Return the condition of share i of n of the images, written ``i/n``.

    Raises:
        InvalidInputError: it is not written like this, or i is not in 1 to n.
    """
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", value)
    share, shares = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= share <= shares:
        raise InvalidInputError("share: takes a part such as 1/3.", field="q")
    number = bucket(col(_Entry.image_id), _SHARE_POSITION)
    return and_(number >= -(-(share - 1) * BUCKETS // shares), number < -(-share * BUCKETS // shares))


def not_leased_to_others(actor: str) -> ColumnElement[bool]:
    """Return the condition that no one but *actor* has a lease on the entry."""
    now = utc_now()
    leased = select(1).where(
        EntryLeases.entry_id == _Entry.id,
        EntryLeases.holder != actor,
        col(EntryLeases.until) > now,
        # A lease that ends later than one made now is from before the clock was set back.
        col(EntryLeases.until) <= now + timedelta(seconds=LEASE_S),
    )
    return ~leased.correlate(_Entry).exists()


def needs_second_review(actor: str) -> ColumnElement[bool]:
    """Return the condition that *actor* may give the entry the second review that it needs.

    It is decided by another person only, has no second review, and its image is in the percentage of the plan.
    """
    percent = select(ReviewPlans.second_percent).where(ReviewPlans.project_id == _Entry.project_id)
    number = bucket(col(_Entry.image_id), _SECOND_POSITION)
    not_undone = (Events.entity_id == _Entry.id, col(Events.undone_by).is_(None))
    decision = (*not_undone, col(Events.action).in_(("confirm", "reject")))
    by_others = select(1).where(*decision, Events.actor != actor)
    by_actor = select(1).where(*decision, Events.actor == actor)
    second = select(1).where(Events.entity_id == _Entry.id, second_review.holds())
    return and_(
        or_(col(_Entry.confirmed).is_(True), col(_Entry.rejected).is_(True)),
        number * 100 < percent.correlate(_Entry).scalar_subquery() * BUCKETS,
        by_others.correlate(_Entry).exists(),
        ~by_actor.correlate(_Entry).exists(),
        ~second.correlate(_Entry).exists(),
    )
