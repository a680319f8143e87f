"""What is decided about images that look alike: kept apart, merged into the oldest, and each taken back."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.db import Events, ImageDatasets, Images, Questions, in_library, new_id
from core.errors import ConflictError, InvalidInputError
from core.images import lifecycle

APART, MERGED = "kept apart", "merged"


def keep_apart(session: Session, image_ids: Sequence[str], actor: str) -> int:
    """Take the mark off images that only look like another, and return how many had it."""
    batch_id = new_id()
    marked = [image for image in lifecycle.alive(session, image_ids) if image.near_duplicate_of is not None]
    for image in marked:
        lifecycle.note(session, batch_id, image, APART, actor, {"near_duplicate_of": image.near_duplicate_of})
        image.near_duplicate_of = None
    return len(marked)


def merge(session: Session, image_ids: Sequence[str], actor: str) -> Images:
    """Give the oldest of the images the questions and entries of the others, and delete those."""
    images = sorted(lifecycle.alive(session, image_ids), key=lambda image: (image.create_at, image.id))
    if len(images) < 2:
        raise InvalidInputError("Select at least two images to merge them.")
    kept, *others = images
    was = {"marks": _marks(session, images), "moved": [_hand_over(session, other, kept) for other in others]}
    kept.near_duplicate_of = None
    lifecycle.delete(session, [other.id for other in others], actor)
    names = ", ".join(other.image_name for other in others)
    lifecycle.note(session, new_id(), kept, MERGED, actor, was, {"with": names})
    return kept


def undo(session: Session, image_ids: Sequence[str], actor: str) -> None:
    """Take back the last decision about a group that the images were in.

    Raises:
        ConflictError: there is none, or an image cannot come back.
    """
    decided = select(Events).where(
        col(Events.entity_id).in_(image_ids), col(Events.action).in_((APART, MERGED)), col(Events.undone_by).is_(None)
    )
    last = session.exec(decided.order_by(col(Events.id).desc()).limit(1)).first()
    if last is None:
        raise ConflictError("There is nothing to take back: this was undone already.")
    batch = session.exec(select(Events).where(Events.batch_id == last.batch_id, Events.action == last.action)).all()
    if last.action == MERGED:
        for moved in last.old["moved"]:
            _hand_back(session, moved, last.entity_id, actor)
        marks = last.old["marks"]
    else:
        marks = {event.entity_id: event.old["near_duplicate_of"] for event in batch}
    there = {image.id: image for image in lifecycle.alive(session, [*marks, *filter(None, marks.values())])}
    if last.entity_id not in there:
        raise ConflictError("This cannot be taken back: the image was deleted. Bring it back first.")
    for id_, first in marks.items():
        if id_ in there and (first is None or first in there):
            there[id_].near_duplicate_of = first
    undoing = lifecycle.note(session, new_id(), there[last.entity_id], f"{last.action} taken back", actor)
    session.flush()
    for event in batch:
        event.undone_by = undoing.id


def _marks(session: Session, images: Sequence[Images]) -> dict[str, str | None]:
    """Return what the images and those that look like them are marked with."""
    looking = select(Images).where(
        Images.project_id == images[0].project_id,
        col(Images.near_duplicate_of).in_([image.id for image in images]),
        in_library(),
    )
    return {image.id: image.near_duplicate_of for image in [*images, *session.exec(looking)]}


def _hand_over(session: Session, other: Images, kept: Images) -> dict[str, Any]:
    """Move what hangs on *other* to *kept* and return what was moved.

    A question that *kept* has too stays behind; its entries answer the twin from then on.
    """
    known = {(one.language, one.question_key): one.id for one in _hanging(session, Questions, kept.id)}
    questions = _hanging(session, Questions, other.id)
    twins = {one.id: known.get((one.language, one.question_key)) for one in questions}
    entries = _hanging(session, ImageDatasets, other.id)
    moved = {
        "image": other.id,
        "questions": [id_ for id_, twin in twins.items() if twin is None],
        "entries": [entry.id for entry in entries],
        "answered": {entry.id: entry.question_id for entry in entries if twins.get(entry.question_id)},
    }
    for entry in entries:
        entry.question_id = twins.get(entry.question_id) or entry.question_id
    session.flush()
    _move(session, moved, other.id, kept)
    return moved


def _hand_back(session: Session, moved: dict[str, Any], kept_id: str, actor: str) -> None:
    answered: dict[str, str] = moved.get("answered", {})
    for part in lifecycle.in_parts(list(answered)):
        still_there = select(ImageDatasets).where(col(ImageDatasets.id).in_(part), ImageDatasets.image_id == kept_id)
        for entry in session.exec(still_there):
            entry.question_id = answered[entry.id]
    session.flush()
    _move(session, moved, kept_id, lifecycle.restore(session, moved["image"], actor))


def _move(session: Session, moved: dict[str, Any], from_id: str, to: Images) -> None:
    """Move questions and entries that are still where they were."""
    for part in lifecycle.in_parts(moved["questions"]):
        session.execute(
            update(Questions)
            .where(col(Questions.id).in_(part), col(Questions.image_id) == from_id)
            .values(image_id=to.id)
            .execution_options(synchronize_session=False)
        )
    for part in lifecycle.in_parts(moved["entries"]):
        session.execute(
            update(ImageDatasets)
            .where(col(ImageDatasets.id).in_(part), col(ImageDatasets.image_id) == from_id)
            .values(image_id=to.id, image_name=to.image_name, version=ImageDatasets.version + 1)
            .execution_options(synchronize_session=False)
        )
    session.flush()


def _hanging(session: Session, table: Any, image_id: str) -> list[Any]:
    return list(session.exec(select(table).where(table.image_id == image_id, table.deleted_at.is_(None))))
