"""The run of a task that asks models: its row, the entries that it lacks, and its numbers."""

from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.checks import store
from core.checks.asking.base import NO_ANSWER, AskedEntry, AskedRun, AskingCheck, ComparingCheck
from core.checks.asking.recipe import asking_recipe
from core.checks.base import CheckedEntry
from core.checks.judging.reviews import read_reviewed
from core.dataset.filters import EntryFilter
from core.db import CheckRuns, Database, EntryFindings, ImageDatasets, LlmCalls, TaskItems
from core.errors import VitrineError
from core.tasks import ItemContext


def ensure(session: Session, item: ItemContext) -> None:
    """Store the run of the item's task, unless it is stored; it is not shown before its numbers are made."""
    recipe, check, run = asking_recipe(item.config)
    row = CheckRuns(
        id=item.task_id, project_id=item.project_id, check_name=check.name, series=check.series(run),
        query=recipe.query, options=recipe.stored_options,
    )  # fmt: skip
    store.ensure_run(session, row)


def is_as_asked(session: Session, entry: AskedEntry) -> bool:
    """Return whether the entry still has the question and answer that models were asked about."""
    row = session.get(ImageDatasets, entry.id)
    return row is not None and (row.question, row.answer, row.options) == (entry.question, entry.answer, entry.options)


def entries_without_finding(db: Database, item: ItemContext) -> list[str]:
    """Return the entries whose item is done, but whose finding is missing because they were edited or moved."""
    found = select(EntryFindings.entry_id).where(EntryFindings.run_id == item.task_id)
    query = (
        select(TaskItems.subject_id)
        .join(ImageDatasets, col(ImageDatasets.id) == TaskItems.subject_id)
        .where(
            TaskItems.task_id == item.task_id, TaskItems.state == "done", col(TaskItems.stage) == 0,
            col(TaskItems.subject_id).not_in(found), col(ImageDatasets.deleted_at).is_(None),
            col(ImageDatasets.rejected).is_(False),
        )
        .distinct()
    )  # fmt: skip
    with db.reading() as session:
        return list(session.exec(query))


def numbers_again(db: Database, item: ItemContext) -> dict[str, Any] | None:
    """Return the payload of the item that made the numbers of a run that has ended; None while it has not.

    An item that failed and is retried later changes the numbers.
    """
    with db.reading() as session:
        run = session.get(CheckRuns, item.task_id)
        if run is None or run.ended_at is None:
            return None
        payloads = session.exec(_numbers_items(item).order_by(col(TaskItems.position).desc()))
        return next((payload["numbers"] for payload in payloads if "numbers" in payload), None)


def has_later_numbers(db: Database, item: ItemContext) -> bool:
    """Return whether another item of the task makes the numbers after this one."""
    later = _numbers_items(item).where(col(TaskItems.position) > item.position, TaskItems.state == "queued")
    with db.reading() as session:
        return session.exec(later.limit(1)).first() is not None


def _numbers_items(item: ItemContext) -> Any:
    return select(TaskItems.payload).where(TaskItems.task_id == item.task_id, TaskItems.stage == 1)


def entries_of(session: Session, project_id: str, run_id: str, check: AskingCheck) -> list[CheckedEntry]:
    """Return the entries with a finding of the run, those of a check that compares with their reviews."""
    if isinstance(check, ComparingCheck):
        return read_reviewed(session, project_id, run_id=run_id)
    return store.read_entries(session, project_id, EntryFilter(), run_id=run_id)


def numbers(
    db: Database, item: ItemContext, check: AskingCheck, run: AskedRun, sample: dict[str, Any]
) -> dict[str, Any]:
    """Return the numbers of the stored findings, with what was asked for them in ``asked``.

    Raises:
        VitrineError: no entry was answered, so there are none.
    """
    with db.reading() as session:
        entries = entries_of(session, item.project_id, item.task_id, check)
        findings = store.findings_of(session, item.task_id)
        spent = select(func.count(), func.sum(LlmCalls.cost)).where(LlmCalls.task_id == item.task_id)
        calls, cost = session.exec(spent).one()
    answered = [(entry, findings[entry.id]) for entry in entries if findings[entry.id].verdict != NO_ANSWER]
    if not answered:
        raise VitrineError("No answer of the model could be read, so there are no numbers. Ask another model.")
    asked = {
        "models": [model.litellm_model for model in run.models], "seed": run.options.seed,
        "drawn": sample["drawn"], "of": sample["of"], "left_out": sample["left_out"],
        "compared": sample.get("compared", 0), "answered": len(answered),
        "no_answer": len(entries) - len(answered), "not_asked": max(sample["drawn"] - len(entries), 0),
        "calls": calls, "cost": cost,
    }  # fmt: skip
    return check.result(answered, run) | {"asked": asked}
