"""The question that an export asks the database."""

from dataclasses import dataclass

from core.export.entries import Detail
from core.export.recipe import EntryChoice


@dataclass(frozen=True)
class EntryQuery:
    """Which entries of a project are selected, and how much of each is read."""

    project_id: str
    choice: EntryChoice
    includes_rejected: bool = False
    detail: Detail = "columns"
