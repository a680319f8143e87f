"""Tables for several reviewers: saved views, guidelines, the review plan, leases of entries."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
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


class Guidelines(Base, table=True):
    """One version of the guidelines of a project; the newest one holds."""

    __tablename__: ClassVar[str] = "guidelines"
    __table_args__ = (Index("ix_guidelines_version", "project_id", "version", unique=True),)

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    version: int = Field(description="from 1")
    text: str = Field(description="Markdown; an image of the project is written as image:ID")
    restored_from: int | None = Field(default=None, description="the version that it is a copy of")
    create_at: datetime = time_field()
    created_by: str = "local"


class ReviewPlans(Base, table=True):
    """How a project's entries are assigned to reviewers."""

    __tablename__: ClassVar[str] = "review_plans"

    project_id: str = Field(foreign_key="projects.id", primary_key=True)
    assignment: str = Field(default="all", description="all, shared or divided")
    people: list[Any] = json_field(list)
    second_percent: int = Field(default=0, description="percentage of the images whose entries need a second review")
    honeypot_percent: float = Field(
        default=0.0, sa_column_kwargs={"server_default": text("0")}, description="percentage of each reader's queue"
    )
    honeypot_query: str = Field(
        default="", sa_column_kwargs={"server_default": text("''")},
        description="search line of decided entries whose answers the owner knows to be right",
    )  # fmt: skip
    honeypot_seed: str = Field(
        default="", sa_column_kwargs={"server_default": text("''")}, description="where honeypots come; secret"
    )


class Honeypots(Base, table=True):
    """A honeypot: an entry with a known answer, mixed into the queue of one reader to tell how often they are right.

    What the reader decides is an ordinary decision on ``entry_id``, a copy that is held back from the dataset.
    """

    __tablename__: ClassVar[str] = "honeypots"
    __table_args__ = (
        Index("ix_honeypots_entry", "entry_id", unique=True),
        Index("ix_honeypots_place", "project_id", "reader", "behind_id", unique=True),
    )

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    entry_id: str = Field(foreign_key="image_datasets.id")
    source_id: str = Field(foreign_key="image_datasets.id", description="the entry that it is a copy of")
    behind_id: str = Field(foreign_key="image_datasets.id", description="the entry of the queue that it comes behind")
    reader: str
    shown_answer: str
    right_answer: str = Field(default="", description="empty when only known is that the shown one is wrong")
    is_right: bool = Field(description="whether the shown answer is right")


class EntryLeases(Base, table=True):
    """A lease: until it expires, the entry is given to no other reviewer."""

    __tablename__: ClassVar[str] = "entry_leases"
    __table_args__ = (Index("ix_leases_holder", "project_id", "holder"),)

    entry_id: str = Field(foreign_key="image_datasets.id", primary_key=True)
    project_id: str = Field(foreign_key="projects.id")
    holder: str
    until: datetime = time_field(now=False)
