"""A second review: another person judges a decided entry, and the entry is flagged when both differ."""

from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.dataset.edits import UserAction, write
from core.dataset.values import checked
from core.db import Events, ImageDatasets
from core.errors import InvalidInputError

VERDICTS = ("confirm", "reject")


def record(session: Session, entry: ImageDatasets, changes: dict[str, Any], action: UserAction) -> ImageDatasets:
    """Store a second reviewer's verdict; the first decision stays.

    Args:
        changes: ``verdict`` is confirm or reject; ``answer`` is the reviewer's own answer when it differs.

    Raises:
        InvalidInputError: the verdict is unknown, the entry was not decided by another person, or it has a second
            review already.
    """
    verdict, answer = changes.get("verdict"), changes.get("answer")
    if verdict not in VERDICTS or changes.keys() - {"verdict", "answer"}:
        raise InvalidInputError("A second review confirms or rejects an entry. Send a verdict, and an answer if any.")
    first = _first_decision(session, entry)
    if first is None or first.actor == action.actor:
        raise InvalidInputError("A second review needs an entry that another person has decided. Choose another one.")
    if _has_second_review(session, entry):
        raise InvalidInputError("This entry already has a second review. Choose another one.")
    review = {"verdict": verdict, "first": first.action, "first_by": first.actor}
    if verdict == "confirm" and answer is not None:
        stored = checked({"answer": answer}, answer_type=entry.answer_type, options=entry.options)["answer"]
        if stored != entry.answer:
            review |= {"verdict": "edit", "answer": stored}
    flag = {} if review["verdict"] == first.action else {"flagged": True}
    return write(session, entry, flag, action, review)


def holds() -> ColumnElement[bool]:
    """Return the condition of ``Events``: a second review that is not undone, of a decision that is not undone."""
    first = aliased(Events)
    decision = select(1).where(
        col(first.entity_id) == col(Events.entity_id),
        col(first.id) < col(Events.id),
        col(first.action) == col(Events.new)["first"].as_string(),
        col(first.actor) == col(Events.new)["first_by"].as_string(),
        col(first.undone_by).is_(None),
    )
    return and_(col(Events.action) == "second", col(Events.undone_by).is_(None), decision.correlate(Events).exists())


def _first_decision(session: Session, entry: ImageDatasets) -> Events | None:
    if entry.decision == "open":
        return None
    action = "confirm" if entry.confirmed else "reject"
    query = select(Events).where(Events.entity_id == entry.id, Events.action == action, col(Events.undone_by).is_(None))
    return session.exec(query.order_by(col(Events.id).desc()).limit(1)).first()


def _has_second_review(session: Session, entry: ImageDatasets) -> bool:
    query = select(Events.id).where(Events.entity_id == entry.id, holds())
    return session.exec(query.limit(1)).first() is not None
