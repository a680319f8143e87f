"""Decisions of a reviewer on one entry: one table, one row for each decision."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from core.dataset import messages, second_review
from core.dataset.edits import UserAction, batch_of, check_version, edit, entry_by_id, record_event
from core.db import ImageDatasets
from core.errors import InvalidInputError

REJECT_REASONS = ("wrong answer", "bad question", "not in the image", "unclear image", "duplicate")

Apply = Callable[[Session, ImageDatasets, dict[str, Any], UserAction], ImageDatasets]


@dataclass(frozen=True)
class DecisionResult:
    """An entry after a decision; *batch_id* undoes the decision."""

    entry: ImageDatasets
    batch_id: str


def _record_only(session: Session, entry: ImageDatasets, changes: dict[str, Any], action: UserAction) -> ImageDatasets:
    record_event(session, entry, action, {}, {})
    return entry


@dataclass(frozen=True)
class Decision:
    """What a decision does: *apply* gets *values* together with the reviewer's own changes."""

    values: dict[str, Any] = field(default_factory=dict)
    apply: Apply = edit


DECISIONS = {
    "confirm": Decision({"confirmed": True}),
    "reject": Decision({"rejected": True}),
    "reopen": Decision({"confirmed": False, "rejected": False}),
    "skip": Decision(apply=_record_only),
    "second": Decision(apply=second_review.record),
    "flag": Decision({"flagged": True}),
    "unflag": Decision({"flagged": False}),
    # These are named after the changes that they carry.
    "rate": Decision(),
    "edit": Decision(),
    "tag": Decision(),
    "note": Decision(),
    # Not about the entry itself.
    messages.MESSAGE: Decision(apply=messages.send),
    messages.ANSWER: Decision(apply=messages.answer),
    messages.CLOSE: Decision(apply=messages.close),
}


def decide(
    session: Session, entry_id: str, version: int, changes: dict[str, Any], action: UserAction
) -> DecisionResult:
    """Store the decision *action.name* with *changes*, on the entry as it was seen at *version*.

    An action that is stored already changes nothing and returns the entry as it is now.

    Raises:
        InvalidInputError: there is no such decision, a value breaks its rules, or *action.batch_id* is that of another
            decision, or of one on another entry.
        ConflictError: the entry is not at *version*.
    """
    decision = DECISIONS.get(action.name)
    if decision is None:
        raise InvalidInputError(
            f"{action.name} is not a decision. Use one of {', '.join(DECISIONS)}.", field="decision"
        )
    entry = entry_by_id(session, entry_id)
    if not _is_repeated(session, entry_id, action):
        changes = decision.values | changes
        check_version(entry, version, changes)
        entry = decision.apply(session, entry, changes, action)
    return DecisionResult(entry, action.batch_id)


def _is_repeated(session: Session, entry_id: str, action: UserAction) -> bool:
    """Return whether this decision is stored already: a client that got no answer sends it again.

    Raises:
        InvalidInputError: the batch is another decision, which would hide this one.
    """
    stored = batch_of(session, action.batch_id)
    if stored is not None and (stored.entity_id, stored.action) != (entry_id, action.name):
        raise InvalidInputError("This batch_id belongs to another decision. Send a new one.", field="batch_id")
    return stored is not None
