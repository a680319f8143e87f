"""The deliveries in the database: made from what happened, due, tried, given up."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from core import audit
from core.db import Database, Projects, WebhookDeliveries, Webhooks, cached_until_write, utc_now
from core.webhooks.deriving import Told, newest_ids, since_told
from core.webhooks.sending import Reply
from core.webhooks.service import MAX_WAITING, count_waiting, host_of

RETRIES_S = (5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
"""Before each further try, as Standard Webhooks proposes: ten tries in a bit more than three days."""
MAX_ASKED_S = float(RETRIES_S[-1])
"""A receiver that asks for a longer wait is tried again after this one."""
JITTER = 0.2
"""Each wait is up to this share longer, so that the tries of many webhooks do not come together."""
GIVE_UP_AFTER = timedelta(days=2)
"""A webhook is turned off when a message was given up and nothing was delivered for this long."""
KEPT_DELIVERIES = 200
"""Delivered and given-up messages that stay in the log of each webhook."""
_GONE = 410


@dataclass(frozen=True)
class Due:
    """A message that has to be sent now."""

    id: str
    webhook_id: str
    url: str
    salt: str
    secret_sum: str
    body: str
    is_failing: bool
    """Whether the last try of this webhook failed."""


class Outbox:
    """Makes the deliveries of all webhooks and keeps their outcomes. One process uses it: the one that runs tasks."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        # Per webhook, ids up to which nothing is left to tell; after a restart the stored ones, which may be lower.
        self._floors: dict[str, tuple[int, int, int]] = {}

    @cached_until_write
    def active(self) -> list[Webhooks]:
        """Return the webhooks that are on, of projects that exist."""
        query = select(Webhooks).join(Projects, col(Projects.id) == col(Webhooks.project_id))
        with self._db.reading() as session:
            return list(session.exec(query.where(col(Webhooks.active), col(Projects.deleted_at).is_(None))))

    def plan(self, now: datetime | None = None) -> bool:
        """Make deliveries from what happened since; return whether something is held back for a moment."""
        is_held = False
        for webhook in self.active():
            told = self._read(webhook, now or utc_now())
            if told is None:
                is_held = True
                continue
            if told.happenings and not self._store(webhook, told):
                is_held = True
                continue
            self._floors[webhook.id] = (told.acts_seen, told.images_seen, told.entries_seen)
            is_held = is_held or told.is_held
        return is_held

    def _read(self, webhook: Webhooks, now: datetime) -> Told | None:
        """Return what *webhook* has to be told; None while too many messages wait for it."""
        stored = _seen(webhook)
        acts, images, entries = map(max, stored, self._floors.get(webhook.id, stored))
        with self._db.reading() as session:
            if newest_ids(session) == (acts, entries) and images == acts:
                return Told((), acts, images, entries)
            if count_waiting(session, webhook.id) >= MAX_WAITING:
                return None
            return since_told(session, webhook, (acts, images, entries), now)

    def _store(self, webhook: Webhooks, told: Told) -> bool:
        """Add the deliveries; return False when the webhook was changed since it was read, so it is read again."""
        with self._db.transaction() as session:
            row = session.get(Webhooks, webhook.id)
            if row is None or not row.active or _seen(row) != _seen(webhook):
                return False
            row.acts_seen, row.images_seen, row.entries_seen = told.acts_seen, told.images_seen, told.entries_seen
            _add(session, row, told)
        return True

    def due(self, busy: frozenset[str] = frozenset(), now: datetime | None = None) -> list[Due]:
        """Return the oldest message that is due of each webhook that is on and not *busy*, those that fail last."""
        if not self.active():
            return []
        place = func.row_number().over(
            partition_by=col(WebhookDeliveries.webhook_id),
            order_by=(col(WebhookDeliveries.next_try_at), col(WebhookDeliveries.create_at), col(WebhookDeliveries.id)),
        )
        of_webhook = (
            select(WebhookDeliveries.id, place.label("place"))
            .where(col(WebhookDeliveries.next_try_at) <= (now or utc_now()))
            .where(col(WebhookDeliveries.webhook_id).not_in(busy))
            .subquery()
        )
        first = select(of_webhook.c.id).where(of_webhook.c.place == 1)
        query = (
            select(WebhookDeliveries, Webhooks)
            .join(Webhooks, col(Webhooks.id) == col(WebhookDeliveries.webhook_id))
            .join(Projects, col(Projects.id) == col(Webhooks.project_id))
            .where(col(WebhookDeliveries.id).in_(first), col(Webhooks.active), col(Projects.deleted_at).is_(None))
            .order_by(col(Webhooks.failing_since).is_not(None), col(WebhookDeliveries.next_try_at))
        )
        with self._db.reading() as session:
            return [
                Due(row.id, hook.id, hook.url, hook.salt, hook.secret_sum, row.body, hook.failing_since is not None)
                for row, hook in session.exec(query)
            ]

    def record(self, delivery_id: str, reply: Reply, now: datetime | None = None) -> None:
        """Store what became of one try, and when the next one is; nothing when the webhook was deleted meanwhile."""
        now = now or utc_now()
        with self._db.transaction() as session:
            row = session.get(WebhookDeliveries, delivery_id)
            webhook = session.get(Webhooks, row.webhook_id) if row is not None else None
            if row is None or webhook is None:
                return
            row.tries, row.tried_at, row.took_ms = row.tries + 1, now, reply.took_ms
            row.status_code, row.answer, row.error = reply.status_code, reply.answer, reply.error
            if not reply.error:
                row.delivered_at, row.next_try_at, webhook.failing_since = now, None, None
                _remove_old(session, webhook.id)
                return
            webhook.failing_since = webhook.failing_since or now
            row.next_try_at = next_try(row.tries, now, reply.wait_s or 0.0)
            if reply.status_code == _GONE:
                row.next_try_at = None
                _turn_off(session, webhook, "The receiver answered 410: it wants no more messages.")
            elif row.next_try_at is None and now - webhook.failing_since >= GIVE_UP_AFTER:
                days = (now - webhook.failing_since).days
                _turn_off(session, webhook, f"Nothing was delivered for {days} days. {reply.error}")
            _remove_old(session, webhook.id)

    def turn_off(self, webhook_id: str, reason: str) -> None:
        """Turn a webhook off that cannot be sent to; its waiting messages stay."""
        with self._db.transaction() as session:
            webhook = session.get(Webhooks, webhook_id)
            if webhook is not None:
                _turn_off(session, webhook, reason)


def next_try(tries: int, now: datetime, asked_s: float = 0.0) -> datetime | None:
    """Return when a message is tried again after so many tries; None when it is given up.

    Args:
        asked_s: For how long the receiver asks to wait; no longer than the longest wait of ours.
    """
    if tries > len(RETRIES_S):
        return None
    wait_s = max(RETRIES_S[tries - 1], min(asked_s, MAX_ASKED_S))
    return now + timedelta(seconds=wait_s * (1 + JITTER * random.random()))


def _seen(row: Webhooks) -> tuple[int, int, int]:
    return row.acts_seen, row.images_seen, row.entries_seen


def _add(session: Session, row: Webhooks, told: Told) -> None:
    now = utc_now()
    for place, one in enumerate(told.happenings):
        at = now + timedelta(microseconds=place)  # keeps their order
        session.add(
            WebhookDeliveries(webhook_id=row.id, event_type=one.kind, body=one.body(), create_at=at, next_try_at=at)
        )


def _remove_old(session: Session, webhook_id: str) -> None:
    """Remove what is too old for the log."""
    session.flush()
    ended = (col(WebhookDeliveries.webhook_id) == webhook_id, col(WebhookDeliveries.next_try_at).is_(None))
    newest = select(WebhookDeliveries.id).where(*ended)
    newest = newest.order_by(col(WebhookDeliveries.create_at).desc(), col(WebhookDeliveries.id)).limit(KEPT_DELIVERIES)
    session.execute(delete(WebhookDeliveries).where(*ended, col(WebhookDeliveries.id).not_in(newest)))


def _turn_off(session: Session, webhook: Webhooks, reason: str) -> None:
    webhook.active, webhook.off_reason = False, reason[:300]
    audit.record(session, "webhook.disable", webhook, label=host_of(webhook.url), reason=reason)
