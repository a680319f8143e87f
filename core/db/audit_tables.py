"""The audit: what was done, by whom, from where; rows are only ever added."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from core.db.base import Base, json_field, time_field


class AuditEvents(Base, table=True):
    """One act. Triggers refuse every change of a row, and its deletion but by :class:`AuditRemovals`.

    It refers to other rows by their ids without foreign keys: what it tells of may be gone.
    """

    __tablename__: ClassVar[str] = "audit_events"
    __table_args__ = (
        Index("ix_audit_at", "at", "id"),
        Index("ix_audit_project", "project_id", "at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = time_field()
    who: str = Field(description="name of the person or token")
    account_id: str | None = None
    token_id: str | None = None
    address: str = Field(default="", description="of the client; empty on the machine itself")
    way: str = Field(description="page, rest, cli, python, task or housekeeping")
    act: str = Field(description="kind and verb, such as project.delete")
    project_id: str | None = None
    kind: str = Field(description="of what it was done to: project, image, entry, ...")
    object_id: str = ""
    label: str = Field(default="", description="its name at that time")
    details: dict[str, Any] = json_field(dict)
    request_id: str = ""


class AuditRemovals(Base, table=True):
    """A removal of old months: the rows of audit_events from before it may be deleted, and no others.

    A trigger refuses a removal of what is younger than 31 days.
    """

    __tablename__: ClassVar[str] = "audit_removals"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = time_field()
    who: str
    removed_before: datetime = time_field(now=False)
