"""The service of the audit: its pages, its CSV, acts without a transaction of their own, and removing old months."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from core import caller
from core.audit import reading
from core.audit.reading import AuditEntry, AuditFilter
from core.audit.recording import record
from core.db import AuditEvents, AuditRemovals, Database, Events, cached_until_write, utc_now
from core.errors import InvalidInputError
from core.spreadsheet import without_formula

__all__ = ["AuditEntry", "AuditFilter", "AuditPage", "AuditService"]

MIN_KEPT_MONTHS = 1
_ROWS_PER_READ = 500


@dataclass(frozen=True)
class AuditPage:
    """A page of the audit, newest first; *next_cursor* is None on the last one, *total* counts all that match."""

    items: list[AuditEntry]
    next_cursor: str | None
    total: int


class AuditService:
    """Reads the audit: the acts of all people, tokens, commands, scripts and tasks on one database.

    Decisions on single entries are shown from their events; every other act has a row of its own.
    """

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def find(self, chosen: AuditFilter | None = None, *, limit: int = 100, after: str | None = None) -> AuditPage:
        """Return a page of acts, newest first (keyset pagination).

        Args:
            after: ``next_cursor`` of the page before.

        Raises:
            InvalidInputError: *after* is no cursor of this list.
        """
        wanted = chosen or AuditFilter()
        with self._db.reading() as session:
            found = reading.newest(session, wanted, limit=limit + 1, after=after)
        has_more = len(found) > limit
        page = found[:limit]
        return AuditPage(page, reading.cursor_of(page[-1]) if has_more else None, self._count(wanted))

    @cached_until_write
    def _count(self, chosen: AuditFilter) -> int:
        with self._db.reading() as session:
            return reading.count(session, chosen)

    def iter_acts(self, chosen: AuditFilter | None = None) -> Iterator[AuditEntry]:
        """Yield all acts that match, newest first, read in pages so that no transaction stays open."""
        wanted, after = chosen or AuditFilter(), None
        while True:
            with self._db.reading() as session:
                found = reading.newest(session, wanted, limit=_ROWS_PER_READ, after=after)
            yield from found
            if len(found) < _ROWS_PER_READ:
                return
            after = reading.cursor_of(found[-1])

    def csv_lines(self, chosen: AuditFilter | None = None) -> Iterator[str]:
        """Yield the lines of a CSV file with all acts that match; cells that a spreadsheet would run are escaped."""
        yield _csv_line([field.name for field in fields(AuditEntry)])
        for entry in self.iter_acts(chosen):
            yield _csv_line([_cell(value) for value in astuple(entry)])

    @cached_until_write
    def people(self, project_id: str | None = None) -> tuple[str, ...]:
        """Return the names that stand in the audit, of one project or of all, in alphabetical order."""
        acts, events = select(AuditEvents.who).distinct(), select(Events.actor).distinct()
        if project_id is not None:
            acts, events = (
                acts.where(AuditEvents.project_id == project_id),
                events.where(Events.project_id == project_id),
            )
        with self._db.reading() as session:
            names = {*session.exec(acts), *session.exec(events.where(col(Events.came_from).is_not(None)))}
        return tuple(sorted(names, key=str.lower))

    def record_alone(
        self, act: str, *, project_id: str | None = None, actor: str | None = None, **details: Any
    ) -> None:
        """Record an act that changes nothing else, such as a download; *details* as for :func:`record`."""
        with self._db.transaction() as session:
            record(session, act, project_id=project_id, actor=actor, **details)

    def remove_old_months(self, keep_months: int) -> int:
        """Remove the acts of whole months (UTC) but for the present and the last *keep_months*; return how many.

        It is the only way to remove any: the database refuses to change or delete a row, and this leaves a row that
        says what was removed. Events of entries stay: undo and history need them.

        Raises:
            InvalidInputError: *keep_months* is less than 1.
        """
        if keep_months < MIN_KEPT_MONTHS:
            raise InvalidInputError("Keep at least one whole month of the audit.", field="keep_months")
        before = _first_of_month(utc_now(), keep_months)
        with self._db.transaction() as session:
            if session.exec(select(AuditEvents.id).where(AuditEvents.at < before).limit(1)).first() is None:
                return 0
            session.add(AuditRemovals(who=caller.current().name, removed_before=before))
            session.flush()
            removed = session.connection().execute(delete(AuditEvents).where(col(AuditEvents.at) < before)).rowcount
            record(session, "audit.remove", acts=removed, before=before.date().isoformat())
        return int(removed)

    def remove_expired(self) -> int:
        """Remove what is older than ``VITRINE_AUDIT_MONTHS`` says; nothing when it is 0."""
        months = self._db.settings.audit_months
        return self.remove_old_months(months) if months else 0


def _first_of_month(now: datetime, months_back: int) -> datetime:
    """Return the beginning of the month that is *months_back* before that of *now*."""
    months = now.year * 12 + now.month - 1 - months_back
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value or "")
    return without_formula(text)
