"""Review: decisions on one entry, bulk actions on many, and undo."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col

from core import audit
from core.dataset import bulk, decisions, undo
from core.dataset.bulk import BulkResult
from core.dataset.conditions import conditions
from core.dataset.decisions import DecisionResult
from core.dataset.edits import LOCAL, UserAction
from core.dataset.filters import EntryFilter
from core.dataset.judge_trust import require_trusted_judge
from core.dataset.undo import UndoResult
from core.db import Database, ImageDatasets, new_id
from core.pluralize import pluralize


class ReviewService:
    """Reviews entries; every action is stored as events and can be undone."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def decide(
        self,
        entry_id: str,
        version: int,
        decision: str,
        *,
        changes: dict[str, Any] | None = None,
        actor: str = LOCAL,
        batch_id: str | None = None,
    ) -> DecisionResult:
        """Store a reviewer's decision on an entry, together with *changes* to its fields.

        Args:
            version: of the entry that the reviewer saw.
            decision: a key of ``decisions.DECISIONS``.
            batch_id: the client's idempotency key: a repeated request is stored once.

        Raises:
            InvalidInputError: there is no such decision, or a value breaks its rules.
            ConflictError: the entry is not at *version*; the error carries the stored entry and the changes.
        """
        action = UserAction(decision, actor, batch_id or new_id())
        with self._db.transaction() as session:
            return decisions.decide(session, entry_id, version, changes or {}, action)

    def bulk(
        self, project_id: str, entry_filter: EntryFilter, action: str, value: Any = None, *, actor: str = LOCAL
    ) -> BulkResult:
        """Apply one bulk action to every entry of the filter.

        Args:
            action: confirm, reject, reopen, rate, tag, untag or delete.
            value: the reason, the score or the tags, where the action takes one.

        Raises:
            InvalidInputError: there is no such action, or *value* breaks its rules.
        """
        with self._db.transaction() as session:
            require_trusted_judge(session, project_id, entry_filter)
            where = conditions(project_id, entry_filter)
            result = bulk.apply(session, where, UserAction(action, actor), value)
            _record(session, action, project_id, actor, result, search=str(entry_filter))
            return result

    def bulk_ids(
        self, project_id: str, entry_ids: Sequence[str], action: str, value: Any = None, *, actor: str = LOCAL
    ) -> BulkResult:
        """Apply one bulk action, as :meth:`bulk` does, to the entries with these ids."""
        with self._db.transaction() as session:
            where = [*conditions(project_id, EntryFilter(), held_back=True), col(ImageDatasets.id).in_(entry_ids)]
            result = bulk.apply(session, where, UserAction(action, actor), value)
            _record(session, action, project_id, actor, result)
            return result

    def undo(
        self,
        project_id: str,
        *,
        batch_id: str | None = None,
        actor: str = LOCAL,
        undo_id: str | None = None,
        only_own: bool = False,
    ) -> UndoResult | None:
        """Undo the action with *batch_id*, or the last one of *actor*.

        Args:
            undo_id: the client's idempotency key: a repeated request undoes once.
            only_own: refuse the action of somebody else, and a deletion or a creation: for who may only review.

        Returns:
            None when there is nothing to undo or this undo was already applied.

        Raises:
            ConflictError: a later action changed the same fields.
            ForbiddenError: *only_own* does not allow it.
        """
        action = UserAction("undo", actor, undo_id or new_id())
        with self._db.transaction() as session:
            result = undo.undo(session, project_id, batch_id, action, only_own=only_own)
            if result is not None and not result.entry_ids:
                audit.record(
                    session, "entry.undo", project_id=project_id, actor=actor, entries=result.undone,
                    conflicts=result.conflicts or None, undone=result.action,
                )  # fmt: skip
            return result


def _record(session: Session, action: str, project_id: str, actor: str, result: BulkResult, search: str = "") -> None:
    """Record a bulk action as one act; its events tell of each entry."""
    if result.changed:
        audit.record(
            session, f"entry.{action}", project_id=project_id, actor=actor, label=pluralize(result.changed, "entry"),
            entries=result.changed, search=search, batch_id=result.batch_id,
        )  # fmt: skip
