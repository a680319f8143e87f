"""The projects whose import from an archive is under way."""

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field

from core.db.base import Base, json_field, time_field


class IncomingProjects(Base, table=True):
    """A project that is being imported: its row is soft-deleted, and so hidden, until everything in it is stored."""

    __tablename__: ClassVar[str] = "incoming_projects"

    project_id: str = Field(foreign_key="projects.id", primary_key=True)
    archive_sum: str = Field(max_length=64, description="sha256 of the manifest of its archive")
    has_new_ids: bool | None = Field(default=None, description="None until the archive was checked")
    is_discarded: bool = Field(default=False, description="the import was given up, and its rows were removed")
    progress: dict[str, Any] = json_field(dict)
    create_at: datetime = time_field()
