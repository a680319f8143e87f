"""A second reading: another person decides a decided entry, and only flags it when they see it otherwise."""

from typing import Any

from sqlmodel import Session, col, select

from core.dataset.changes import Act, write
from core.dataset.values import checked
from core.db import Events, ImageDatasets
from core.errors import InvalidInputError

VERDICTS = ("confirm", "reject")


def read_again(session: Session, entry: ImageDatasets, given: dict[str, Any], act: Act) -> ImageDatasets:
    """Keep what a second reader says; *given* has the verdict, and an answer when theirs is another one.

    The first decision stands: where both differ, the entry is flagged for whoever settles it.

    Raises:
        InvalidInputError: there is no such verdict, or this person cannot be the second reader of this entry.
    """
    verdict, answer = given.get("verdict"), given.get("answer")
    if verdict not in VERDICTS or given.keys() - {"verdict", "answer"}:
        raise InvalidInputError("A second reading confirms or rejects, with an answer of its own or none.")
    first = _first_decision(session, entry)
    if first is None or first.actor == act.actor:
        raise InvalidInputError("A second reading needs an entry that somebody else has decided.")
    if _is_read_again(session, entry):
        raise InvalidInputError("Somebody has read this entry a second time already.")
    said = {"verdict": verdict, "first": first.action, "first_by": first.actor}
    if verdict == "confirm" and answer is not None:
        stored = checked({"answer": answer}, answer_type=entry.answer_type, options=entry.options)["answer"]
        said |= {"verdict": "edit", "answer": stored} if stored != entry.answer else {}
    flag = {} if said["verdict"] == first.action else {"flagged": True}
    return write(session, entry, flag, act, said)


def _first_decision(session: Session, entry: ImageDatasets) -> Events | None:
    if entry.decision == "open":
        return None
    action = "confirm" if entry.confirmed else "reject"
    query = select(Events).where(Events.entity_id == entry.id, Events.action == action, col(Events.undone_by).is_(None))
    return session.exec(query.order_by(col(Events.id).desc()).limit(1)).first()


def _is_read_again(session: Session, entry: ImageDatasets) -> bool:
    query = select(Events.id).where(
        Events.entity_id == entry.id, Events.action == "second", col(Events.undone_by).is_(None)
    )
    return session.exec(query.limit(1)).first() is not None
