"""Edits with optimistic locking: values are checked, versions compared, old and new values stored in one event."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import object_session
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from core import caller
from core.arguments import require_id
from core.dataset.disputes import is_disputed
from core.dataset.entry_images import image_columns, images_by_ids
from core.dataset.values import checked
from core.db import HELD_BACK, Events, Honeypots, ImageDatasets, Images, new_id, utc_now
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.questions.text import GROUNDING

LOCAL = "local"
"""The actor when no name was given."""


@dataclass(frozen=True)
class UserAction:
    """One action of an actor on one entry or many; its events share *batch_id*, which undoes them."""

    name: str
    actor: str = LOCAL
    batch_id: str = field(default_factory=new_id)
    came_from: str | None = field(default_factory=lambda: caller.current().trace)
    """Of an action on one entry, which its event alone records; None on many, which the audit has as one act."""


def find_entry(session: Session, entry_id: str) -> ImageDatasets | None:
    """Return the entry; None when it does not exist, or was deleted."""
    entry = session.get(ImageDatasets, require_id(entry_id, "entry_id"))
    return None if entry is None or entry.is_deleted else entry


def entry_by_id(session: Session, entry_id: str) -> ImageDatasets:
    """Return the entry.

    Raises:
        NotFoundError: it does not exist, or it was deleted.
    """
    return existing_entry(find_entry(session, entry_id))


def existing_entry(entry: ImageDatasets | None) -> ImageDatasets:
    """Return *entry*, what a method of the public API answered.

    Raises:
        NotFoundError: it is None.
    """
    if entry is None:
        raise NotFoundError("This entry does not exist any more. Choose another one.")
    return entry


def create(
    session: Session, images: Sequence[Images], values: dict[str, Any], action: UserAction, **columns: Any
) -> ImageDatasets:
    """Add an entry about *images*; *values* are checked like those of an edit, *columns* are stored as they are.

    Raises:
        InvalidInputError: there is no question, or a value breaks its rules.
    """
    stored = checked(values, answer_type="text", options=None, images=images)
    if "question" not in stored:
        raise InvalidInputError("Write a question.", field="question")
    entry = ImageDatasets(project_id=images[0].project_id, **image_columns(images), **stored, **columns)
    if entry.model:
        entry.generated_question, entry.generated_answer = entry.question, entry.answer
    session.add(entry)
    record_event(session, entry, action, {"deleted": True}, {"deleted": False})
    return entry


def edit(
    session: Session, entry: ImageDatasets, changes: dict[str, Any], action: UserAction, *, version: int | None = None
) -> ImageDatasets:
    """Write *changes* to *entry*. A value that the entry already has is not a change; without a change no event.

    Raises:
        InvalidInputError: a value breaks its rules.
        NotFoundError: one of ``image_ids`` is not in the project.
        ConflictError: the entry is not at *version*.
    """
    attempted = changes
    check_version(entry, version, attempted)
    if {"options", "answer_type"} & changes.keys():
        changes = {"answer": entry.answer} | changes  # the stored answer must meet the new rules
    changes, images = _with_images(session, entry, changes)
    stored = checked(changes, answer_type=entry.answer_type, options=entry.options, images=images)
    if "image_ids" in attempted:
        stored |= image_columns(images)
    stored = _with_consistent_decision(entry, _without_review_reason(entry, stored))
    return write(session, entry, _resolved(session, entry, stored), action)


def write(
    session: Session,
    entry: ImageDatasets,
    stored: dict[str, Any],
    action: UserAction,
    event_details: dict[str, Any] | None = None,
) -> ImageDatasets:
    """Write values that are in their stored form; ``deleted`` means that ``deleted_at`` is set.

    *event_details* are stored with the event only; with them an event is written even when no value changes.

    Raises:
        ConflictError: the entry was changed after it was read.
    """
    old = {name: value_of(entry, name) for name in stored}
    stored = {name: value for name, value in stored.items() if value != old[name]}
    if stored:
        _compare_and_swap(session, entry, _columns(session, entry, stored))
    if stored or event_details:
        record_event(session, entry, action, {name: old[name] for name in stored}, stored | (event_details or {}))
    return entry


def check_version(entry: ImageDatasets, version: int | None, attempted: Any) -> None:
    """Compare the entry with the version that the caller has seen; None skips the check.

    Raises:
        ConflictError: they differ.
    """
    if version is not None and version != entry.version:
        raise conflict(entry, attempted)


def conflict(entry: ImageDatasets, attempted: Any) -> ConflictError:
    """Return the error that carries the stored entry and the *attempted* changes."""
    session = object_session(entry)
    if session is not None:
        # The rollback that follows would expire a row that still belongs to the session.
        session.expunge(entry)
    return ConflictError(
        "This entry was changed in the meantime. Look at both versions and decide again.",
        current=entry,
        attempted=attempted,
    )


def value_of(entry: ImageDatasets, name: str) -> Any:
    """Return the value of a field of an event, where ``deleted`` means that ``deleted_at`` is set."""
    return entry.is_deleted if name == "deleted" else getattr(entry, name)


def columns_of(stored: dict[str, Any]) -> dict[str, Any]:
    """Return the columns for the fields of an event."""
    columns = dict(stored)
    if "deleted" in columns:
        columns["deleted_at"] = utc_now() if columns.pop("deleted") else None
    return columns


def _columns(session: Session, entry: ImageDatasets, stored: dict[str, Any]) -> dict[str, Any]:
    columns = columns_of(stored)
    if columns.get("deleted_at", ...) is None:
        is_honeypot = session.exec(select(Honeypots.id).where(Honeypots.entry_id == entry.id)).first() is not None
        columns["deleted_at"] = HELD_BACK if is_honeypot else None
    return columns


def record_event(
    session: Session, entry: ImageDatasets, action: UserAction, old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Add the event of one action on one entry."""
    session.add(
        Events(
            batch_id=action.batch_id, project_id=entry.project_id, entity="entry", entity_id=entry.id,
            action=action.name, actor=action.actor, old=old, new=new, came_from=action.came_from,
        )
    )  # fmt: skip


def batch_of(session: Session, batch_id: str) -> Events | None:
    """Return the first event of a batch that is stored: *batch_id* is the idempotency key of repeated requests."""
    return session.exec(select(Events).where(Events.batch_id == batch_id).order_by(col(Events.id)).limit(1)).first()


def _with_images(
    session: Session, entry: ImageDatasets, changes: dict[str, Any]
) -> tuple[dict[str, Any], Sequence[Images]]:
    """Return the changes of columns and the images that the entry then has; empty when no change depends on them."""
    if not {"image_ids", "boxes"} & changes.keys():
        return changes, ()
    others = {name: value for name, value in changes.items() if name != "image_ids"}
    if "image_ids" in changes:
        others.setdefault("boxes", entry.boxes)  # the stored boxes must lie on the new images
    return others, images_by_ids(session, entry.project_id, changes.get("image_ids", entry.image_ids))


def _with_consistent_decision(entry: ImageDatasets, stored: dict[str, Any]) -> dict[str, Any]:
    """Confirmed and rejected exclude each other, and only a rejected entry has a reason for it."""
    if stored.get("confirmed"):
        stored.setdefault("rejected", False)
    if stored.get("rejected"):
        stored.setdefault("confirmed", False)
    if not stored.get("rejected", entry.rejected):
        stored["reject_reason"] = ""
    return stored


def _resolved(session: Session, entry: ImageDatasets, stored: dict[str, Any]) -> dict[str, Any]:
    """Who decides what two reviewers judged differently removes its flag, also when the decision stays as it was."""
    decides = stored.get("confirmed") or stored.get("rejected")
    if decides and "flagged" not in stored and is_disputed(session, entry):
        stored["flagged"] = False
    return stored


def _without_review_reason(entry: ImageDatasets, stored: dict[str, Any]) -> dict[str, Any]:
    """A new question or answer clears ``needs_review``, which was about the old one; boxes can be the answer."""
    answered_by = ("question", "answer", "boxes") if entry.kind == GROUNDING else ("question", "answer")
    if any(name in stored and stored[name] != getattr(entry, name) for name in answered_by):
        stored.setdefault("needs_review", "")
    return stored


def _compare_and_swap(session: Session, entry: ImageDatasets, columns: dict[str, Any]) -> None:
    written = columns | {"version": entry.version + 1, "update_at": utc_now()}
    statement = (
        update(ImageDatasets)
        .where(col(ImageDatasets.id) == entry.id, col(ImageDatasets.version) == entry.version)
        .values(**written)
        .execution_options(synchronize_session=False)
    )
    if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
        session.refresh(entry)
        raise conflict(entry, columns)
    for name, value in written.items():  # saves reading the row again
        set_committed_value(entry, name, value)
