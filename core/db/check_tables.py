"""What checks of a dataset found: one run of a check over entries, and what it says of each of them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field

from core.db.base import Base, id_field, json_field, time_field


class CheckRuns(Base, table=True):
    """One run of a check; the newest one that ended is what pages and filters show.

    A run that ends replaces the earlier one of its series: older ones are removed.
    """

    __tablename__: ClassVar[str] = "check_runs"
    __table_args__ = (Index("ix_check_runs_newest", "project_id", "check_name", "ended_at"),)

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    check_name: str
    series: str = Field(
        default="", sa_column_kwargs={"server_default": text("''")},
        description="such as a model: runs of other series stay beside it; empty for most checks",
    )  # fmt: skip
    query: str = Field(default="", description="the search line of the entries that were checked")
    options: dict[str, Any] = json_field(dict)
    result: dict[str, Any] = json_field(dict)
    create_at: datetime = time_field()
    ended_at: datetime | None = time_field(now=False)


class EntryFindings(Base, table=True):
    """What a run says of an entry; triggers remove it when question or answer are changed."""

    __tablename__: ClassVar[str] = "entry_findings"
    __table_args__ = (
        Index("ix_entry_findings_entry", "entry_id", "run_id", unique=True),
        Index("ix_entry_findings_run", "run_id", "verdict", "score"),
    )

    id: str = id_field()
    entry_id: str = Field(foreign_key="image_datasets.id")
    run_id: str = Field(foreign_key="check_runs.id")
    verdict: str
    score: float | None = None
    evidence: dict[str, Any] = json_field(dict)
