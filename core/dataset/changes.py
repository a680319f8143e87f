"""The only way an entry changes: checked values, the version compared, one event with both sides."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_, update
from sqlalchemy.orm import object_session
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from core.dataset.values import checked
from core.db import Events, ImageDatasets, Images, new_id, utc_now
from core.errors import ConflictError, InvalidInputError, NotFoundError

LOCAL = "local"
"""The actor when nobody has given a name."""


@dataclass(frozen=True)
class Act:
    """One thing that one person does, to one entry or to many; it is undone as a whole."""

    action: str
    actor: str = LOCAL
    batch_id: str = field(default_factory=new_id)


def entry_by_id(session: Session, entry_id: str) -> ImageDatasets:
    entry = session.get(ImageDatasets, entry_id)
    if entry is None or entry.deleted_at is not None:
        raise NotFoundError("This entry does not exist any more. Go back to the list.")
    return entry


def create(session: Session, image: Images, values: dict[str, Any], act: Act, **columns: Any) -> ImageDatasets:
    """Add an entry about *image*: *values* are checked like any change, *columns* are stored as they are."""
    stored = checked(values, answer_type="text", options=None)
    if "question" not in stored:
        raise InvalidInputError("Write a question.", field="question")
    entry = ImageDatasets(
        project_id=image.project_id, image_id=image.id, image_name=image.image_name, **stored, **columns
    )
    if entry.model:
        entry.generated_question, entry.generated_answer = entry.question, entry.answer
    session.add(entry)
    _record(session, entry, act, {"deleted": True}, {"deleted": False})
    return entry


def change(
    session: Session, entry: ImageDatasets, changes: dict[str, Any], act: Act, *, version: int | None = None
) -> ImageDatasets:
    """Write *changes* to *entry*; what is the same already is no change, and no change leaves no event.

    Raises:
        InvalidInputError: a value breaks its rules.
        ConflictError: *version* is not the entry's version any more.
    """
    check_version(entry, version, changes)
    if {"options", "answer_type"} & changes.keys():
        changes = {"answer": entry.answer} | changes  # the rules change: what stands there has to meet them
    stored = checked(changes, answer_type=entry.answer_type, options=entry.options)
    return write(session, entry, _with_decision(entry, _without_doubt(entry, stored)), act)


def write(
    session: Session, entry: ImageDatasets, stored: dict[str, Any], act: Act, remarks: dict[str, Any] | None = None
) -> ImageDatasets:
    """Write values in their stored form; ``deleted`` stands for the time of deletion.

    *remarks* are kept with the event only; with some there is an event even when nothing changes.
    """
    old = {name: value_of(entry, name) for name in stored}
    stored = {name: value for name, value in stored.items() if value != old[name]}
    if stored:
        _compare_and_swap(session, entry, columns_of(stored))
    if stored or remarks:
        _record(session, entry, act, {name: old[name] for name in stored}, stored | (remarks or {}))
    return entry


def check_version(entry: ImageDatasets, version: int | None, attempted: Any) -> None:
    if version is not None and version != entry.version:
        raise conflict(entry, attempted)


def conflict(entry: ImageDatasets, attempted: Any) -> ConflictError:
    session = object_session(entry)
    if session is not None:
        # The transaction is about to be rolled back, which would empty a row that it still holds.
        session.expunge(entry)
    return ConflictError(
        "Someone else changed this entry first. Look at both versions and decide again.",
        current=entry,
        attempted=attempted,
    )


def value_of(entry: ImageDatasets, name: str) -> Any:
    return entry.deleted_at is not None if name == "deleted" else getattr(entry, name)


def columns_of(stored: dict[str, Any]) -> dict[str, Any]:
    """Return the columns behind the values of an event."""
    columns = dict(stored)
    if "deleted" in columns:
        columns["deleted_at"] = utc_now() if columns.pop("deleted") else None
    return columns


def _with_decision(entry: ImageDatasets, stored: dict[str, Any]) -> dict[str, Any]:
    """Confirmed and rejected exclude each other, and a reason belongs to a rejection."""
    if stored.get("confirmed"):
        stored.setdefault("rejected", False)
    if stored.get("rejected"):
        stored.setdefault("confirmed", False)
    if not stored.get("rejected", entry.rejected):
        stored["reject_reason"] = ""
    return stored


def _without_doubt(entry: ImageDatasets, stored: dict[str, Any]) -> dict[str, Any]:
    """What was odd about a text is settled once a person wrote another one."""
    if any(name in stored and stored[name] != getattr(entry, name) for name in ("question", "answer")):
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
    for name, value in written.items():  # what was written need not be read
        set_committed_value(entry, name, value)


def _record(session: Session, entry: ImageDatasets, act: Act, old: dict[str, Any], new: dict[str, Any]) -> None:
    session.add(
        Events(
            batch_id=act.batch_id, project_id=entry.project_id, entity="entry", entity_id=entry.id,
            action=act.action, actor=act.actor, old=old, new=new,
        )
    )  # fmt: skip


def is_done(session: Session, batch_id: str) -> bool:
    """Whether an act with this id is stored already: a repeated send changes nothing."""
    return session.exec(select(Events.id).where(Events.batch_id == batch_id).limit(1)).first() is not None


def overlaid(entry_id: Any, names: Iterable[str], after: int) -> ColumnElement[bool]:
    """Whether a standing act behind the event *after* wrote one of the fields *names* of the entry."""
    touches = or_(*(cast(col(Events.old), String).like(f'%"{name}":%') for name in names))
    standing = and_(col(Events.undone_by).is_(None), col(Events.action) != "undo")
    return exists().where(col(Events.entity_id) == entry_id, col(Events.id) > after, standing, touches)
