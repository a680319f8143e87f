"""Ratings of the newest run of the check ``ratings``, for entries that have none of their own."""

from typing import Any

from sqlmodel import Session, col, select

from core.db import CheckRuns, EntryFindings
from core.export.entries import ENTRY_COLUMNS

CHECK = "ratings"
_RATINGS = ENTRY_COLUMNS.index("ratings")


def add(session: Session, project_id: str, grouped: dict[str, list[tuple[Any, ...]]]) -> None:
    """Complete the ratings of entries in the order of ``ENTRY_COLUMNS`` by those of the judge.

    What came with an entry stays: a judge says only what nobody said before.
    """
    newest = select(CheckRuns.id).where(
        CheckRuns.project_id == project_id, CheckRuns.check_name == CHECK, col(CheckRuns.ended_at).is_not(None)
    )
    run_id = session.exec(newest.order_by(col(CheckRuns.ended_at).desc()).limit(1)).first()
    if run_id is None:
        return
    ids = [entry[0] for entries in grouped.values() for entry in entries]
    found = select(EntryFindings.entry_id, EntryFindings.evidence).where(
        EntryFindings.run_id == run_id, col(EntryFindings.entry_id).in_(ids)
    )
    by_judge = {entry_id: evidence.get("ratings", {}) for entry_id, evidence in session.exec(found)}
    for entries in grouped.values():
        entries[:] = [_completed(tuple(entry), by_judge.get(entry[0])) for entry in entries]


def _completed(entry: tuple[Any, ...], by_judge: dict[str, int] | None) -> tuple[Any, ...]:
    if not by_judge:
        return entry
    return (*entry[:_RATINGS], by_judge | (entry[_RATINGS] or {}), *entry[_RATINGS + 1 :])
