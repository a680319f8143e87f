"""Runs of checks and their findings in the database."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlmodel import Session, col, delete, select

from core.checks.base import CheckedEntry, Finding
from core.checks.twins import relation
from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter
from core.dataset.judge_trust import require_trusted_judge
from core.db import CheckRuns, Database, EntryFindings, ImageDatasets, Tasks, insert_rows, utc_now
from core.db.base import new_values
from core.export.selecting.splits import load_families
from core.tasks import TaskStatus
from core.tasks.service import ACTIVE

_ROWS_PER_TRANSACTION = 2_000
"""Short transactions: reviewers decide while a check stores its findings."""
_ROWS_PER_READ = 5_000
_ABANDONED_AFTER = timedelta(days=1)


def read_entries(
    session: Session,
    project_id: str,
    entry_filter: EntryFilter,
    *,
    run_id: str | None = None,
    with_rejected: bool = False,
) -> list[CheckedEntry]:
    """Return the entries of the filter that are not rejected, oldest first; with *run_id*, those with its findings.

    Raises:
        InvalidInputError: the filter is by a judge that is not trusted.
    """
    require_trusted_judge(session, project_id, entry_filter)
    families = load_families(session, project_id)
    numbers: dict[str, int] = {}
    entry = ImageDatasets
    columns = (
        entry.id, entry.image_id, entry.question, entry.answer, entry.answer_type, entry.kind, entry.language,
        entry.model, entry.confirmed, entry.rejected, entry.score,
    )  # fmt: skip
    query = select(*columns).where(*conditions(project_id, entry_filter))  # type: ignore[call-overload]
    if not with_rejected:
        query = query.where(col(entry.rejected).is_(False))
    if run_id is not None:
        query = query.where(col(entry.id).in_(select(EntryFindings.entry_id).where(EntryFindings.run_id == run_id)))
    found = session.exec(
        query.order_by(col(entry.create_at), col(entry.id)).execution_options(yield_per=_ROWS_PER_READ)
    )
    twin_of = relation.drafted(session, project_id)
    return [
        CheckedEntry(  # type: ignore[misc]  # mypy does not know how many columns are in rest
            id_,
            image_id,
            numbers.setdefault(families.root(image_id), len(numbers)),
            *rest,
            twin_of=twin_of.get(id_, ""),
        )
        for id_, image_id, *rest in found
    ]


def begin_run(session: Session, project_id: str, check: str, query: str, options: dict[str, Any]) -> CheckRuns:
    """Store a run that is not shown before :func:`end_run`."""
    run = CheckRuns(project_id=project_id, check_name=check, query=query, options=options)
    session.add(run)
    session.flush()
    return run


def ensure_run(session: Session, run: CheckRuns) -> None:
    """Store a run like :func:`begin_run`, unless it is stored already."""
    if session.get(CheckRuns, run.id) is None:
        session.add(run)
        session.flush()


def put_finding(session: Session, run_id: str, finding: Finding) -> None:
    """Store a finding of a run in the place of the one that the entry may have."""
    session.exec(
        delete(EntryFindings).where(
            col(EntryFindings.run_id) == run_id, col(EntryFindings.entry_id) == finding.entry_id
        )
    )
    insert_rows(session, EntryFindings, [new_values(EntryFindings, run_id=run_id, **vars(finding))])


def findings_of(session: Session, run_id: str) -> dict[str, Finding]:
    """Return the findings of a run by the id of their entry."""
    rows = session.exec(select(EntryFindings).where(EntryFindings.run_id == run_id))
    return {row.entry_id: Finding(row.entry_id, row.verdict, row.score, row.evidence) for row in rows}


def add_findings(db: Database, run_id: str, findings: Sequence[Finding]) -> None:
    """Store findings of a run, in many short transactions."""
    for rows in _parts(findings):
        with db.transaction() as session:
            insert_rows(session, EntryFindings, [new_values(EntryFindings, run_id=run_id, **vars(one)) for one in rows])


def end_run(session: Session, run_id: str, result: dict[str, Any]) -> None:
    """Make a run the newest one of its check."""
    run = session.get_one(CheckRuns, run_id)
    run.result, run.ended_at = result, utc_now()


def newest_run(session: Session, project_id: str, check: str, series: str | None = None) -> CheckRuns | None:
    """Return the run that is shown, of all series or of one; None when the check never ended."""
    return next((run for run in _ended(session, project_id, check) if series in (None, run.series)), None)


def newest_runs(session: Session, project_id: str, check: str) -> list[CheckRuns]:
    """Return the newest run of each series, newest first."""
    newest: dict[str, CheckRuns] = {}
    for run in _ended(session, project_id, check):
        newest.setdefault(run.series, run)
    return list(newest.values())


def _ended(session: Session, project_id: str, check: str) -> list[CheckRuns]:
    """Return the runs that ended and can be read, newest first."""
    from core.checks.readable import is_readable  # its models take time to build, which the first page does without

    query = select(CheckRuns).where(
        CheckRuns.project_id == project_id, CheckRuns.check_name == check, col(CheckRuns.ended_at).is_not(None)
    )
    return [run for run in session.exec(query.order_by(col(CheckRuns.ended_at).desc())) if is_readable(run)]


def remove_old_runs(db: Database, project_id: str, check: str) -> int:
    """Remove all runs but the newest one of each series and those that may still end; return how many.

    A run that asks models has the id of its task: it stays as long as the task can go on.
    """
    with db.reading() as session:
        kept = {run.id for run in newest_runs(session, project_id, check)}
        goes_on = select(Tasks.id).where(col(Tasks.status).in_([*ACTIVE, TaskStatus.PAUSED]))
        query = select(CheckRuns).where(
            CheckRuns.project_id == project_id, CheckRuns.check_name == check,
            col(CheckRuns.id).not_in(kept), col(CheckRuns.id).not_in(goes_on),
        )  # fmt: skip
        abandoned = utc_now() - _ABANDONED_AFTER
        old = [run.id for run in session.exec(query) if run.ended_at is not None or run.create_at < abandoned]
    for run_id in old:
        _remove(db, run_id)
    return len(old)


def _remove(db: Database, run_id: str) -> None:
    some = select(EntryFindings.entry_id).where(EntryFindings.run_id == run_id).limit(_ROWS_PER_TRANSACTION)
    while True:
        with db.transaction() as session:
            ids = list(session.exec(some))
            if not ids:
                session.exec(delete(CheckRuns).where(col(CheckRuns.id) == run_id))
                return
            of_run = delete(EntryFindings).where(col(EntryFindings.run_id) == run_id)
            session.exec(of_run.where(col(EntryFindings.entry_id).in_(ids)))


def _parts(findings: Sequence[Finding]) -> Iterator[list[Finding]]:
    left = iter(findings)
    while part := list(islice(left, _ROWS_PER_TRANSACTION)):
        yield part


def contradictions(db: Database, entries: Sequence[ImageDatasets]) -> dict[str, dict[str, Any]]:
    """Return what speaks against the answers of entries of one project that tools contradict, by id."""
    if not entries:
        return {}
    with db.reading() as session:
        run = newest_run(session, entries[0].project_id, "tools")
        if run is None:
            return {}
        query = select(EntryFindings.entry_id, EntryFindings.evidence).where(
            EntryFindings.run_id == run.id, EntryFindings.verdict == "contradicts",
            col(EntryFindings.entry_id).in_([entry.id for entry in entries]),
        )  # fmt: skip
        return {entry_id: dict(evidence) for entry_id, evidence in session.exec(query)}
