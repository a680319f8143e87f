"""Messages on an entry: "please look again", sent to whoever decided or answered it, who gets it back as a queue.

A message, an answer and a close are events of the entry: history, undo, audit and project archives have them like any
other. What is open follows from the events: a message to a person is open until that person answers it, decides or
edits the entry, or somebody closes it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.dataset.edits import LOCAL, UserAction, entry_by_id, record_event
from core.dataset.reviewers import reviewer_named
from core.db import IMPORTED, Database, Events, ImageDatasets, cached_until_write, new_id
from core.errors import ForbiddenError, InvalidInputError

MESSAGE, ANSWER, CLOSE = "message", "answer", "close"
MAX_CHARS = 2_000
MAX_NAME_CHARS = 60
PLEASE = "Please look again."
"""The message where none was written."""
_LOOKED_AGAIN = ("confirm", "reject", "reopen", "edit")
"""Acts of the person a message is sent to that end it."""
_IS_MESSAGE: ColumnElement[Any] = literal_column("'message'")  # as in its index
_READ = (MESSAGE, ANSWER, CLOSE, *_LOOKED_AGAIN)


@dataclass(frozen=True)
class EntryMessage:
    """A message on an entry, and what became of it."""

    entry_id: str
    batch_id: str
    """Undoes it."""
    sent_by: str
    sent_to: str
    text: str
    at: datetime
    ended_by: str = ""
    """Who answered, looked again or closed it; empty while it is open."""
    ended_as: str = ""
    """``answer``, ``close``, or the decision of the person it was sent to."""
    ended_at: datetime | None = None
    answer: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the person it was sent to has neither answered nor looked again, and nobody has closed it."""
        return not self.ended_by


class MessageService:
    """Messages on entries."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def send(
        self,
        entry_id: str,
        text: str = PLEASE,
        *,
        to: str | None = None,
        actor: str = LOCAL,
        batch_id: str | None = None,
    ) -> EntryMessage:
        """Send an entry back to a person, with a message; undo takes it back.

        Args:
            entry_id: The entry.
            text: At most ``MAX_CHARS`` characters.
            to: Who gets it; None for whoever decided the entry last, or else wrote its answer.
            actor: Who sends it.
            batch_id: the client's idempotency key.

        Raises:
            NotFoundError: there is no such entry.
            InvalidInputError: there is no such person, it is *actor*, or the text is empty or too long.
        """
        changes = {"text": text} | ({"to": to} if to is not None else {})
        return self._act(entry_id, MESSAGE, changes, actor, batch_id)[-1]

    def answer(self, entry_id: str, text: str, *, actor: str = LOCAL, batch_id: str | None = None) -> EntryMessage:
        """Answer the open messages to *actor* on an entry, and return the last one of them.

        Raises:
            NotFoundError: there is no such entry.
            InvalidInputError: there is no open message to *actor*, or the text is empty or too long.
        """
        return self._act(entry_id, ANSWER, {"text": text}, actor, batch_id)[-1]

    def close(
        self, entry_id: str, *, of: str | None = None, actor: str = LOCAL, batch_id: str | None = None
    ) -> EntryMessage:
        """Close the open messages to a person on an entry, by default those to *actor*; return the last one of them.

        Raises:
            NotFoundError: there is no such entry.
            InvalidInputError: there is no such message.
            ForbiddenError: *actor* has neither got nor sent it.
        """
        return self._act(entry_id, CLOSE, {"of": of or actor}, actor, batch_id)[-1]

    def of_entry(self, entry_id: str) -> list[EntryMessage]:
        """Return the messages on an entry, oldest first."""
        with self._db.reading() as session:
            return messages_of(session, [entry_id]).get(entry_id, [])

    def of_entries(self, entry_ids: Collection[str]) -> dict[str, list[EntryMessage]]:
        """Return the messages on entries, by the ids of those that have some, oldest first."""
        with self._db.reading() as session:
            return messages_of(session, entry_ids)

    @cached_until_write
    def of_project(
        self, project_id: str, *, to: str = "", by: str = "", only_open: bool = False
    ) -> tuple[EntryMessage, ...]:
        """Return the messages on the entries of a project, newest first, of those sent to or by a person if named."""
        sent = select(Events.entity_id).where(
            Events.project_id == project_id, col(Events.action) == _IS_MESSAGE, col(Events.undone_by).is_(None)
        )
        exists = select(ImageDatasets.id).where(
            col(ImageDatasets.id).in_(sent), col(ImageDatasets.deleted_at).is_(None)
        )
        with self._db.reading() as session:
            found = messages_of(session, list(session.exec(exists)))
        messages = [one for of_entry in found.values() for one in of_entry]
        wanted = [
            one for one in messages
            if to in ("", one.sent_to) and by in ("", one.sent_by) and (one.is_open or not only_open)
        ]  # fmt: skip
        return tuple(sorted(wanted, key=lambda one: one.at, reverse=True))

    @cached_until_write
    def count_open(self, project_id: str, person: str) -> int:
        """Count the entries that were sent back to a person."""
        with self._db.reading() as session:
            query = select(ImageDatasets.id).where(
                ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None), sent_back_to(person)
            )
            return len(session.exec(query).all())

    def _act(
        self, entry_id: str, name: str, changes: dict[str, Any], actor: str, batch_id: str | None
    ) -> list[EntryMessage]:
        apply = {MESSAGE: send, ANSWER: answer, CLOSE: close}[name]
        with self._db.transaction() as session:
            entry = entry_by_id(session, entry_id)
            before = messages_of(session, [entry.id]).get(entry.id, [])
            apply(session, entry, changes, UserAction(name, actor, batch_id or new_id()))
            session.flush()
            after = messages_of(session, [entry.id]).get(entry.id, [])
            return [one for one in after if one not in before]


# --- acts on one entry, as decisions of the desk are ---------------------------------------------------------------


def send(session: Session, entry: ImageDatasets, changes: dict[str, Any], action: UserAction) -> ImageDatasets:
    """Record a message; *changes* are its ``text``, and ``to`` when it is not for the author of the decision.

    Raises:
        InvalidInputError: the person does not review the project (any more), it is the actor, or the text is empty or
            too long.
    """
    _check_names(changes, {"text", "to"})
    text, to = _text(changes.get("text", PLEASE)), str(changes.get("to") or "").strip()
    to = to or author_of(session, entry)
    if not to:
        raise InvalidInputError("Nobody has decided or written this entry yet. Name the person it is for.", field="to")
    to = _reached(session, entry.project_id, to)
    if to == action.actor:
        raise InvalidInputError("This would be a message to yourself. Name another person.", field="to")
    record_event(session, entry, action, {}, {"to": to, "text": text})
    return entry


def answer(session: Session, entry: ImageDatasets, changes: dict[str, Any], action: UserAction) -> ImageDatasets:
    """Record an answer to the open messages to the actor; *changes* are its ``text``.

    Raises:
        InvalidInputError: there is none, or the text is empty or too long.
    """
    _check_names(changes, {"text"})
    text = _text(changes.get("text", ""))
    _check_has_open(session, entry, action.actor)
    record_event(session, entry, action, {}, {"text": text})
    return entry


def close(session: Session, entry: ImageDatasets, changes: dict[str, Any], action: UserAction) -> ImageDatasets:
    """Record that the messages to a person are closed; *changes* are ``of``, the person, by default the actor.

    Raises:
        InvalidInputError: there is none.
        ForbiddenError: the actor has neither got nor sent them.
    """
    _check_names(changes, {"of"})
    of = str(changes.get("of") or action.actor)
    senders = _check_has_open(session, entry, of)
    if action.actor not in (of, *senders):
        raise ForbiddenError(f"Only {of} and whoever sent the message may close it. Answer with a message of your own.")
    record_event(session, entry, action, {}, {"of": of})
    return entry


def author_of(session: Session, entry: ImageDatasets) -> str:
    """Return who decided the entry last, or else wrote its answer; empty when only a model or an import did."""
    if entry.decision != "open" and (decided_by := _last_actor(session, entry, ("confirm", "reject"))):
        return decided_by
    written_here = not entry.model and entry.origin != IMPORTED
    return _last_actor(session, entry, ("edit", "create") if written_here else ("edit",))


def sent_back_to(person: str) -> ColumnElement[bool]:
    """Return the condition that an open message on the entry is for *person*."""
    message, later = aliased(Events), aliased(Events)
    ended = select(1).where(
        col(later.entity_id) == col(message.entity_id),
        col(later.id) > col(message.id),
        col(later.undone_by).is_(None),
        or_(
            and_(col(later.actor) == person, col(later.action).in_((ANSWER, *_LOOKED_AGAIN))),
            and_(col(later.action) == CLOSE, col(later.new)["of"].as_string() == person),
        ),
    )
    sent = select(message.entity_id).where(
        col(message.action) == _IS_MESSAGE,
        col(message.undone_by).is_(None),
        col(message.new)["to"].as_string() == person,
        ~ended.correlate(message).exists(),
    )
    return col(ImageDatasets.id).in_(sent)


def messages_of(session: Session, entry_ids: Collection[str]) -> dict[str, list[EntryMessage]]:
    """Return the messages on entries, by the ids of those that have some, oldest first."""
    sent = select(Events.entity_id).where(col(Events.entity_id).in_(entry_ids), col(Events.action) == MESSAGE)
    with_messages = set(session.exec(sent)) if entry_ids else set()
    if not with_messages:
        return {}
    events = session.exec(
        select(Events)
        .where(col(Events.entity_id).in_(with_messages), col(Events.action).in_(_READ), col(Events.undone_by).is_(None))
        .order_by(col(Events.id))
    )
    by_entry: dict[str, list[Events]] = {}
    for event in events:
        by_entry.setdefault(event.entity_id, []).append(event)
    found = {entry_id: _messages(of_entry) for entry_id, of_entry in by_entry.items()}
    return {entry_id: messages for entry_id, messages in found.items() if messages}


def _messages(events: Sequence[Events]) -> list[EntryMessage]:
    return [
        _message(event, next((later for later in events[at + 1 :] if _ends(later, str(event.new.get("to", "")))), None))
        for at, event in enumerate(events)
        if event.action == MESSAGE
    ]


def _message(event: Events, ended: Events | None) -> EntryMessage:
    sent = EntryMessage(
        event.entity_id, event.batch_id, event.actor, str(event.new.get("to", "")), str(event.new.get("text", "")),
        event.at,
    )  # fmt: skip
    if ended is None:
        return sent
    answered = str(ended.new.get("text", "")) if ended.action == ANSWER else ""
    return EntryMessage(
        sent.entry_id, sent.batch_id, sent.sent_by, sent.sent_to, sent.text, sent.at, ended.actor, ended.action,
        ended.at, answered,
    )  # fmt: skip


def _ends(event: Events, person: str) -> bool:
    if event.action == CLOSE:
        return bool(event.new.get("of") == person)
    return event.actor == person and event.action in (ANSWER, *_LOOKED_AGAIN)


def _last_actor(session: Session, entry: ImageDatasets, actions: Sequence[str]) -> str:
    query = select(Events.actor).where(
        Events.entity_id == entry.id, col(Events.action).in_(actions), col(Events.undone_by).is_(None)
    )
    return session.exec(query.order_by(col(Events.id).desc()).limit(1)).first() or ""


def _check_names(changes: dict[str, Any], known: set[str]) -> None:
    if unknown := changes.keys() - known:
        raise InvalidInputError(
            f"A message has no {min(unknown)}. Send {' and '.join(sorted(known))}.", field="changes"
        )


def _text(value: object) -> str:
    text = str(value).strip()
    if not 0 < len(text) <= MAX_CHARS:
        raise InvalidInputError(f"Write a message of at most {MAX_CHARS:,} characters.", field="text")
    return text


def _reached(session: Session, project_id: str, name: str) -> str:
    """Return the name of a person whom a message can reach."""
    if len(name) > MAX_NAME_CHARS:
        raise InvalidInputError(f"A name has at most {MAX_NAME_CHARS} characters.", field="to")
    return reviewer_named(session, project_id, name, field="to")


def _check_has_open(session: Session, entry: ImageDatasets, person: str) -> list[str]:
    """Return who has sent the open messages to a person."""
    messages = messages_of(session, [entry.id]).get(entry.id, [])
    senders = [one.sent_by for one in messages if one.is_open and one.sent_to == person]
    if not senders:
        raise InvalidInputError(f"No message to {person} is open on this entry.")
    return senders
