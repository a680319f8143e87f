"""Webhooks of projects, and the log of what was sent to them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field

from core.db.base import Base, id_field, json_field, time_field

WAITING = text("next_try_at IS NOT NULL")


class Webhooks(Base, table=True):
    """An address that is told what happens in a project.

    Its secret is not stored: it is derived from the secret key of the server and ``salt``, and ``secret_sum`` tells
    whether that still gives the same. The three ``*_seen`` are the ids of the newest acts and events that it was told.
    """

    __tablename__: ClassVar[str] = "webhooks"
    __table_args__ = (Index("ix_webhooks_project", "project_id", "create_at"),)

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    url: str
    events: list[Any] = json_field(list)
    active: bool = True
    off_reason: str = Field(default="", description="why the server turned it off; empty if a person did")
    salt: str = Field(max_length=32)
    secret_sum: str = Field(max_length=64, description="sha256 of the secret")
    acts_seen: int = 0
    images_seen: int = 0
    entries_seen: int = 0
    failing_since: datetime | None = time_field(now=False)
    create_at: datetime = time_field()
    created_by: str = "local"


class WebhookDeliveries(Base, table=True):
    """One message to a webhook: waiting while it has ``next_try_at``, else delivered or given up.

    ``delivered_at`` is when it was delivered last; it stays while the message is sent again.
    """

    __tablename__: ClassVar[str] = "webhook_deliveries"
    __table_args__ = (
        Index("ix_deliveries_webhook", "webhook_id", "create_at", "id"),
        Index("ix_deliveries_waiting", "next_try_at", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    id: str = id_field()
    webhook_id: str = Field(foreign_key="webhooks.id")
    event_type: str
    body: str = Field(description="what is sent, the same in every try")
    create_at: datetime = time_field()
    tries: int = 0
    tried_at: datetime | None = time_field(now=False)
    next_try_at: datetime | None = time_field(now=False)
    delivered_at: datetime | None = time_field(now=False)
    status_code: int | None = None
    answer: str = Field(default="", description="the beginning of the last answer")
    error: str = Field(default="", description="why the last try failed")
    took_ms: int | None = None
