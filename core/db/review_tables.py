"""Tables for several reviewers: saved views, the review plan, leases of entries."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from core.db.base import Base, id_field, json_field, time_field


class SavedViews(Base, table=True):
    """A named search query."""

    __tablename__: ClassVar[str] = "saved_views"
    __table_args__ = (Index("ix_views_name", "project_id", "name", unique=True),)

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    name: str = Field(max_length=60)
    query: str
    create_at: datetime = time_field()
    created_by: str = "local"


class ReviewPlans(Base, table=True):
    """How a project's entries are assigned to reviewers."""

    __tablename__: ClassVar[str] = "review_plans"

    project_id: str = Field(foreign_key="projects.id", primary_key=True)
    assignment: str = Field(default="all", description="all, shared or divided")
    people: list[Any] = json_field(list)
    second_percent: int = Field(default=0, description="percentage of the images whose entries need a second review")


class EntryLeases(Base, table=True):
    """A lease: until it expires, the entry is given to no other reviewer."""

    __tablename__: ClassVar[str] = "entry_leases"
    __table_args__ = (Index("ix_leases_holder", "project_id", "holder"),)

    entry_id: str = Field(foreign_key="image_datasets.id", primary_key=True)
    project_id: str = Field(foreign_key="projects.id")
    holder: str
    until: datetime = time_field(now=False)
