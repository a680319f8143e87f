"""The service of webhooks: made, changed, tested and deleted by the owners of a project."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from core import allowed_hosts, audit
from core.allowed_hosts import AllowedHosts
from core.caller import LOCAL
from core.db import (
    Database,
    Page,
    Projects,
    WebhookDeliveries,
    Webhooks,
    cached_until_write,
    cut,
    require_database,
    utc_now,
)
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.webhooks import signing
from core.webhooks.deriving import newest_ids
from core.webhooks.kinds import KINDS, PING, Happening
from core.webhooks.sending import check_url

__all__ = ["MAX_WEBHOOKS", "DeliveryCounts", "NewWebhook", "WebhookDeliveries", "WebhookService", "Webhooks", "host_of"]

MAX_WEBHOOKS = 10
"""Of one project."""
MAX_WAITING = 100
"""With so many undelivered messages a webhook is told nothing more until some are; what happens is told later."""


@dataclass(frozen=True)
class NewWebhook:
    """A webhook with its secret, which is shown once; *secret* also replaces one that was lost."""

    row: Webhooks
    secret: str


@dataclass(frozen=True)
class DeliveryCounts:
    """The messages in the log of a webhook, and when the last one was delivered.

    One that was delivered and is sent again counts as waiting, too.
    """

    waiting: int = 0
    delivered: int = 0
    given_up: int = 0
    last_delivered_at: datetime | None = None
    total: int = 0


class WebhookService:
    """Webhooks of projects. The server that runs the tasks of the database delivers; other processes only store."""

    def __init__(self, db_session: Database) -> None:
        self._db = require_database(db_session)

    @property
    def listed_hosts(self) -> AllowedHosts:
        """The receivers inside the own network that an admin has listed."""
        return allowed_hosts.parse(self._db.settings.allowed_webhook_hosts)

    @cached_until_write
    def list_webhooks(self, project_id: str) -> list[Webhooks]:
        """Return the webhooks of a project, oldest first."""
        query = select(Webhooks).where(Webhooks.project_id == project_id)
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(Webhooks.create_at), col(Webhooks.id))))

    def get_webhook(self, project_id: str, webhook_id: str) -> Webhooks:
        """Return a webhook.

        Raises:
            NotFoundError: the project has no such webhook.
        """
        with self._db.reading() as session:
            return _webhook(session, project_id, webhook_id)

    def make_webhook(
        self, project_id: str, url: str, events: Iterable[str] = tuple(KINDS), *, created_by: str = LOCAL
    ) -> NewWebhook:
        """Make a webhook and return it with its secret. It is told what happens from now on.

        Args:
            project_id: What happens in this project is told.
            url: https, and public unless an admin has listed its host.
            events: Some of ``KINDS``.
            created_by: The name of the user or token.

        Raises:
            InvalidInputError: the address or the events cannot be used.
            NotFoundError: there is no such project.
            ConflictError: the project has ``MAX_WEBHOOKS`` already, or one with this address.
        """
        url, chosen = check_url(url, self.listed_hosts), _kinds(events)
        row = Webhooks(
            project_id=project_id, url=url, events=chosen, salt=signing.new_salt(), secret_sum="", created_by=created_by
        )
        secret = self._give_secret(row)
        with self._db.transaction() as session:
            project = session.get(Projects, project_id)
            if project is None or project.deleted_at is not None:
                raise NotFoundError("This project does not exist any more. Choose another one.")
            others = _addresses(session, project_id)
            if len(others) >= MAX_WEBHOOKS:
                raise ConflictError(f"This project has {MAX_WEBHOOKS} webhooks already. Delete one first.")
            _require_new(url, others)
            _tell_from_now_on(session, row)
            session.add(row)
            audit.record(session, "webhook.make", row, label=host_of(url), actor=created_by, events=chosen)
        return NewWebhook(row, secret)

    def change_webhook(
        self,
        project_id: str,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Iterable[str] | None = None,
        active: bool | None = None,
    ) -> Webhooks:
        """Change what is given, and return the webhook.

        What happens while a webhook is off is not told later. Kinds that are chosen now are told from now on.

        Raises:
            InvalidInputError: the address or the events cannot be used.
            NotFoundError: the project has no such webhook.
            ConflictError: another webhook of the project has this address.
        """
        url = check_url(url, self.listed_hosts) if url is not None else None
        chosen = _kinds(events) if events is not None else None
        with self._db.transaction() as session:
            row = _webhook(session, project_id, webhook_id)
            if url is not None and url != row.url:
                _require_new(url, _addresses(session, project_id))
            is_new = (active and not row.active) or bool(set(chosen or ()) - set(row.events))
            if is_new:
                _tell_from_now_on(session, row)
            if active is not None and active != row.active:
                row.active, row.off_reason, row.failing_since = active, "", None
            row.url, row.events = url or row.url, chosen or row.events
            audit.record(
                session, "webhook.change", row, label=host_of(row.url), events=chosen,
                active=None if active is None else str(active), address="another" if url else None,
            )  # fmt: skip
        return row

    def renew_secret(self, project_id: str, webhook_id: str) -> NewWebhook:
        """Give the webhook another secret: from now on messages are signed with it, also those that wait.

        Raises:
            NotFoundError: the project has no such webhook.
        """
        with self._db.transaction() as session:
            row = _webhook(session, project_id, webhook_id)
            row.salt = signing.new_salt()
            secret = self._give_secret(row)
            audit.record(session, "webhook.secret", row, label=host_of(row.url))
        return NewWebhook(row, secret)

    def delete_webhook(self, project_id: str, webhook_id: str) -> None:
        """Delete a webhook with its log; messages that wait are not sent. It cannot be undone: turn it off instead.

        Raises:
            NotFoundError: the project has no such webhook.
        """
        with self._db.transaction() as session:
            row = _webhook(session, project_id, webhook_id)
            session.execute(delete(WebhookDeliveries).where(col(WebhookDeliveries.webhook_id) == webhook_id))
            session.delete(row)
            audit.record(session, "webhook.delete", row, label=host_of(row.url))

    def ping(self, project_id: str, webhook_id: str) -> WebhookDeliveries:
        """Add a message ``webhook.ping``, which the server sends within seconds; return its delivery.

        Raises:
            NotFoundError: the project has no such webhook.
            ConflictError: it is turned off, or ``MAX_WAITING`` messages wait for it.
        """
        with self._db.transaction() as session:
            row = _webhook(session, project_id, webhook_id)
            _require_on(row)
            if count_waiting(session, webhook_id) >= MAX_WAITING:
                raise ConflictError(f"{MAX_WAITING} messages wait for this webhook already. Send a test later.")
            sent = _ping(row)
            session.add(sent)
            audit.record(session, "webhook.ping", row, label=host_of(row.url))
        return sent

    def deliveries(self, project_id: str, webhook_id: str, *, limit: int = 20) -> Page[WebhookDeliveries]:
        """Return the newest messages in the log of a webhook; it has a few hundred at most.

        Raises:
            NotFoundError: the project has no such webhook.
        """
        query = select(WebhookDeliveries).where(WebhookDeliveries.webhook_id == webhook_id)
        query = query.order_by(col(WebhookDeliveries.create_at).desc(), col(WebhookDeliveries.id).desc())
        with self._db.reading() as session:
            _webhook(session, project_id, webhook_id)
            return cut(session, query, limit, 0)

    @cached_until_write
    def counts(self, project_id: str) -> dict[str, DeliveryCounts]:
        """Return the counts of each webhook of a project that has a log, by its id."""
        row = WebhookDeliveries
        query = (
            select_columns(
                col(row.webhook_id), func.count(), func.count(col(row.next_try_at)), func.count(col(row.delivered_at)),
                func.count(func.coalesce(row.next_try_at, row.delivered_at)), func.max(row.delivered_at),
            )
            .join(Webhooks, col(Webhooks.id) == col(row.webhook_id))
            .where(col(Webhooks.project_id) == project_id)
            .group_by(col(row.webhook_id))
        )  # fmt: skip
        with self._db.reading() as session:
            return {
                id_: DeliveryCounts(waiting, delivered, total - either, last, total)
                for id_, total, waiting, delivered, either, last in session.execute(query)
            }

    def redeliver(self, project_id: str, webhook_id: str, delivery_id: str) -> WebhookDeliveries:
        """Send a message again, with the same id, so that a receiver that has had it can tell.

        Raises:
            NotFoundError: the project has no such webhook, or its log no such message.
            ConflictError: the webhook is turned off.
        """
        with self._db.transaction() as session:
            webhook = _webhook(session, project_id, webhook_id)
            _require_on(webhook)
            row = session.get(WebhookDeliveries, delivery_id)
            if row is None or row.webhook_id != webhook_id:
                raise NotFoundError("This message is not in the log any more. Choose another one.")
            row.next_try_at = utc_now()
            audit.record(session, "webhook.resend", webhook, label=host_of(webhook.url), message=row.event_type)
        return row

    def _give_secret(self, row: Webhooks) -> str:
        secret = signing.secret_of(self._db.data_dir, row.id, row.salt)
        row.secret_sum = signing.sum_of(secret)
        return secret


def host_of(url: str) -> str:
    """Return the host of an address, which the audit shows: its path may be a secret."""
    return urlsplit(url).netloc


def count_waiting(session: Session, webhook_id: str) -> int:
    """Return how many messages wait for a webhook."""
    waiting = (WebhookDeliveries.webhook_id == webhook_id, col(WebhookDeliveries.next_try_at).is_not(None))
    return session.exec(select(func.count()).select_from(WebhookDeliveries).where(*waiting)).one()


def _webhook(session: Session, project_id: str, webhook_id: str) -> Webhooks:
    row = session.get(Webhooks, webhook_id)
    if row is None or row.project_id != project_id:
        raise NotFoundError("This webhook does not exist any more. Choose another one.")
    return row


def _addresses(session: Session, project_id: str) -> list[str]:
    return list(session.exec(select(Webhooks.url).where(Webhooks.project_id == project_id)))


def _require_new(url: str, others: list[str]) -> None:
    if url in others:
        raise ConflictError("This project has a webhook with this address. Change that one.")


def _ping(webhook: Webhooks) -> WebhookDeliveries:
    now, links = utc_now(), {"project": f"/api/projects/{webhook.project_id}"}
    data = {"project_id": webhook.project_id, "webhook_id": webhook.id, "links": links}
    return WebhookDeliveries(
        webhook_id=webhook.id, event_type=PING, body=Happening(PING, now, data).body(), create_at=now, next_try_at=now
    )


def _kinds(events: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(events))
    unknown = next((kind for kind in chosen if kind not in KINDS), None)
    if unknown is not None:
        raise InvalidInputError(f"{unknown} is no event of webhooks. Use one of {', '.join(KINDS)}.", field="events")
    if not chosen:
        raise InvalidInputError("Choose at least one event.", field="events")
    return chosen


def _tell_from_now_on(session: Session, row: Webhooks) -> None:
    row.acts_seen, row.entries_seen = newest_ids(session)
    row.images_seen = row.acts_seen


def _require_on(row: Webhooks) -> None:
    if not row.active:
        raise ConflictError("This webhook is turned off. Turn it on first.")
