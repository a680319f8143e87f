"""What happens to stored images within a transaction: tags, soft delete with all that depends on them, restore."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core import audit
from core.caller import current
from core.db import Events, ImageDatasets, Images, Questions, in_library, is_about, new_id, utc_now
from core.errors import ConflictError, InvalidInputError, NotFoundError


@dataclass(frozen=True)
class Dependents:
    """How many images there are, and how many rows depend on them."""

    images: int
    questions: int
    entries: int
    confirmed: int
    """Of the entries, those that a person confirmed."""


def count_dependents(session: Session, image_ids: Sequence[str]) -> Dependents:
    """Count the images that exist and the rows that depend on them."""

    def count(table: Any, *conditions: Any) -> int:
        ids = set[str]()  # an entry about images of two chunks counts once
        for some in in_chunks(image_ids):
            query = select(table.id).where(table.deleted_at.is_(None), is_about(table, some), *conditions)
            ids.update(session.exec(query))
        return len(ids)

    def count_images(some: Sequence[str]) -> int:
        return session.exec(select(func.count()).where(col(Images.id).in_(some), in_library())).one()

    return Dependents(
        images=sum(map(count_images, in_chunks(image_ids))),
        questions=count(Questions),
        entries=count(ImageDatasets),
        confirmed=count(ImageDatasets, col(ImageDatasets.confirmed).is_(True)),
    )


def delete(session: Session, image_ids: Sequence[str], actor: str, *, action: str = "deleted") -> Dependents:
    """Soft-delete images, questions and entries with one timestamp, by which :func:`restore` finds them.

    A question or an entry about several images is deleted with any of them.
    """
    counts = count_dependents(session, image_ids)
    at, batch_id = utc_now(), new_id()
    for image in existing(session, image_ids):
        image.deleted_at = at
        record_event(session, batch_id, image, action, actor)
        _promote_next_in_group(session, image)
    tables: tuple[Any, ...] = (Questions, ImageDatasets)
    for table, some in product(tables, list(in_chunks(image_ids))):
        session.execute(
            update(table)
            .where(is_about(table, some), table.deleted_at.is_(None))
            .values(deleted_at=at)
            .execution_options(synchronize_session=False)
        )
    return counts


def restore(session: Session, image_id: str, actor: str) -> Images:
    """Restore a deleted image with the questions and entries that were deleted with it.

    Raises:
        NotFoundError: the image never existed.
        ConflictError: the same bytes were added again meanwhile.
    """
    image = session.get(Images, image_id)
    if image is None:
        raise NotFoundError("This image cannot be restored: it does not exist any more.")
    if image.deleted_at is None:
        return image
    same_bytes = select(Images).where(
        Images.project_id == image.project_id, Images.sha256 == image.sha256, in_library()
    )
    if (found := session.exec(same_bytes).first()) is not None:
        raise ConflictError(
            f"The same image was added again, as {found.image_name}. Delete that one first to restore this one."
        )
    at, image.deleted_at = image.deleted_at, None
    tables: tuple[Any, ...] = (Questions, ImageDatasets)
    for table in tables:
        session.execute(
            update(table)
            .where(table.image_id == image_id, table.deleted_at == at, table.more_image_ids == "")
            .values(deleted_at=None)
            .execution_options(synchronize_session=False)
        )
        of_several = select(table).where(
            is_about(table, [image_id]), table.deleted_at == at, table.more_image_ids != ""
        )
        for row in session.exec(of_several):
            row.deleted_at = _missing_since(session, row.image_ids)
    record_event(session, new_id(), image, "restored", actor)
    return image


def _missing_since(session: Session, image_ids: Sequence[str]) -> datetime | None:
    """Return when one of the images was deleted, so that restoring it finds their rows; None when all exist."""
    deleted = select(Images.deleted_at).where(col(Images.id).in_(image_ids), col(Images.deleted_at).is_not(None))
    return session.exec(deleted.order_by(col(Images.deleted_at)).limit(1)).first()


def record_act(session: Session, act: str, images: Sequence[Images], actor: str, **details: Any) -> None:
    """Record one act on images in the audit, once for each of their projects."""
    for project_id in dict.fromkeys(image.project_id for image in images):
        own = [image for image in images if image.project_id == project_id]
        label = f"{own[0].image_name} and {len(own) - 1:,} more" if len(own) > 1 else ""
        audit.record(session, act, own[0], label=label, actor=actor, images=len(own), **details)


def tag(session: Session, image_ids: Sequence[str], tags: Iterable[str], actor: str) -> int:
    """Add tags to those that the images have already; return how many images changed.

    Raises:
        InvalidInputError: there is no tag, or one contains a comma.
    """
    added = [" ".join(word.split()) for word in tags if word.strip()]
    if not added or any("," in word for word in added):
        raise InvalidInputError("Write at least one tag, without commas inside it.", field="tags")
    batch_id, changed = new_id(), list[Images]()
    for image in existing(session, image_ids):
        before = [word for word in image.tags.split(",") if word]
        after = ",".join(dict.fromkeys([*before, *added]))
        if after != image.tags:
            record_event(session, batch_id, image, "tagged", actor, {"tags": image.tags}, {"tags": after})
            image.tags = after
            changed.append(image)
    record_act(session, "image.tag", changed, actor, added=added)
    return len(changed)


def history(session: Session, image_id: str) -> list[Events]:
    """Return the events of the image, newest first, at most 100."""
    query = select(Events).where(Events.entity_id == image_id, Events.entity == "image")
    return list(session.exec(query.order_by(col(Events.id).desc()).limit(100)))


def existing(session: Session, image_ids: Sequence[str]) -> list[Images]:
    """Return those of the images that exist and were not deleted."""
    found: list[Images] = []
    for some in in_chunks(image_ids):
        found += session.exec(select(Images).where(col(Images.id).in_(some), in_library()))
    return found


def in_chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield at most 10,000 ids at a time; a statement of SQLite takes at most 32,766 parameters."""
    for start in range(0, len(ids), 10_000):
        yield ids[start : start + 10_000]


def record_event(
    session: Session, batch_id: str, image: Images, action: str, actor: str, old: Any = None, new: Any = None
) -> Events:
    """Add an event to the history of the image."""
    event = Events(
        batch_id=batch_id, project_id=image.project_id, entity="image", entity_id=image.id, action=action,
        actor=current().name_of(actor), old=old or {}, new=new or {},
    )  # fmt: skip
    session.add(event)
    return event


def _promote_next_in_group(session: Session, image: Images) -> None:
    """Make the oldest near-duplicate of a deleted *image* the first of the group."""
    query = (
        select(Images)
        .where(
            Images.project_id == image.project_id,
            Images.near_duplicate_of == image.id,
            in_library(),
        )
        .order_by(col(Images.create_at), col(Images.id))
    )
    members = session.exec(query).all()
    for member in members:
        member.near_duplicate_of = members[0].id if member is not members[0] else None
