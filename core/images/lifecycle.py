"""What happens to images that are there: tagged, deleted with all that depends on them, brought back."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core.db import Events, ImageDatasets, Images, Questions, Tasks, in_library, new_id, utc_now
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.images.storage import ImageStorage

# An upload in another process may have stored its file and not yet committed its row.
_UNKNOWN_FILES_STAY_S = 3600
_ARCHIVES_STAY_S = 7 * 24 * 3600


@dataclass(frozen=True)
class Dependents:
    images: int
    questions: int
    entries: int
    confirmed: int
    """Of the entries, those that a person confirmed."""


def dependents(session: Session, image_ids: Sequence[str]) -> Dependents:
    """Count the images that exist, and what hangs on them."""

    def count(table: Any, column: Any, *conditions: Any) -> int:
        shown = in_library() if table is Images else table.deleted_at.is_(None)
        query = select(func.count()).select_from(table).where(shown, *conditions)
        return sum(session.exec(query.where(column.in_(some))).one() for some in in_parts(image_ids))

    return Dependents(
        images=count(Images, col(Images.id)),
        questions=count(Questions, col(Questions.image_id)),
        entries=count(ImageDatasets, col(ImageDatasets.image_id)),
        confirmed=count(ImageDatasets, col(ImageDatasets.image_id), col(ImageDatasets.confirmed).is_(True)),
    )


def delete(session: Session, image_ids: Sequence[str], actor: str) -> Dependents:
    """Delete images, questions and entries under one time, by which they are found again."""
    counts = dependents(session, image_ids)
    at, batch_id = utc_now(), new_id()
    for image in alive(session, image_ids):
        image.deleted_at = at
        note(session, batch_id, image, "deleted", actor)
        _hand_on_group(session, image)
    tables: tuple[Any, ...] = (Questions, ImageDatasets)
    for table, some in product(tables, list(in_parts(image_ids))):
        session.execute(
            update(table)
            .where(table.image_id.in_(some), table.deleted_at.is_(None))
            .values(deleted_at=at)
            .execution_options(synchronize_session=False)
        )
    return counts


def restore(session: Session, image_id: str, actor: str) -> Images:
    image = session.get(Images, image_id)
    if image is None:
        raise NotFoundError("This image cannot be brought back: it does not exist any more.")
    if image.deleted_at is None:
        return image
    twin = select(Images).where(Images.project_id == image.project_id, Images.sha256 == image.sha256, in_library())
    if (found := session.exec(twin).first()) is not None:
        raise ConflictError(
            f"The same image was added again, as {found.image_name}. Delete that one first to bring this one back."
        )
    at, image.deleted_at = image.deleted_at, None
    tables: tuple[Any, ...] = (Questions, ImageDatasets)
    for table in tables:
        session.execute(
            update(table)
            .where(table.image_id == image_id, table.deleted_at == at)
            .values(deleted_at=None)
            .execution_options(synchronize_session=False)
        )
    note(session, new_id(), image, "restored", actor)
    return image


def tag(session: Session, image_ids: Sequence[str], tags: Iterable[str], actor: str) -> int:
    """Add tags, keeping those that are there; return how many images changed."""
    wanted = [" ".join(word.split()) for word in tags if word.strip()]
    if not wanted or any("," in word for word in wanted):
        raise InvalidInputError("Write at least one tag, without commas inside it.", field="tags")
    batch_id, changed = new_id(), 0
    for image in alive(session, image_ids):
        have = [word for word in image.tags.split(",") if word]
        together = ",".join(dict.fromkeys([*have, *wanted]))
        if together != image.tags:
            note(session, batch_id, image, "tagged", actor, {"tags": image.tags}, {"tags": together})
            image.tags, changed = together, changed + 1
    return changed


def history(session: Session, image_id: str) -> list[Events]:
    query = select(Events).where(Events.entity_id == image_id, Events.entity == "image")
    return list(session.exec(query.order_by(col(Events.id).desc()).limit(100)))


def sweep_unknown(session: Session, storage: ImageStorage, is_young: Callable[[float], bool] | None) -> int:
    """Remove originals without a row; deleted images keep theirs, for they can be brought back."""
    young = is_young or (lambda changed_s: time.time() - changed_s < _UNKNOWN_FILES_STAY_S)
    swept = 0
    for path, changed_s in storage.stored_files():
        known = select(Images.id).where(Images.path == path, Images.sha256 == path[3:67]).limit(1)
        if not young(changed_s) and session.exec(known).first() is None:
            storage.original(path).unlink(missing_ok=True)
            swept += 1
    return swept


def alive(session: Session, image_ids: Sequence[str]) -> list[Images]:
    """Return those of the images that were not deleted."""
    found: list[Images] = []
    for some in in_parts(image_ids):
        found += session.exec(select(Images).where(col(Images.id).in_(some), in_library()))
    return found


def in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield at most 10,000 ids at a time; a statement of SQLite takes no more than 32,766 values."""
    for start in range(0, len(ids), 10_000):
        yield ids[start : start + 10_000]


def sweep_uploads(session: Session, uploads: Path, is_young: Callable[[float], bool] | None) -> int:
    """Remove archives and datasets whose imports ended long ago; until then what failed in them can be tried again."""
    young = is_young or (lambda changed_s: time.time() - changed_s < _ARCHIVES_STAY_S)
    open_ones = select(Tasks.config).where(
        Tasks.task_type == "image-import", col(Tasks.status).in_(["queued", "running", "paused"])
    )
    needed = {str(config.get("path")) for config in session.exec(open_ones)}
    swept = 0
    for file in uploads.glob("*"):
        if file.name not in needed and not young(file.stat().st_mtime):
            if file.is_dir():
                shutil.rmtree(file, ignore_errors=True)
            else:
                file.unlink(missing_ok=True)
            swept += 1
    return swept


def _hand_on_group(session: Session, image: Images) -> None:
    """Let the next oldest stand for the images that looked like *image*."""
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


def note(
    session: Session, batch_id: str, image: Images, action: str, actor: str, old: Any = None, new: Any = None
) -> Events:
    """Write down what was done to the image."""
    event = Events(
        batch_id=batch_id, project_id=image.project_id, entity="image", entity_id=image.id, action=action,
        actor=actor, old=old or {}, new=new or {},
    )  # fmt: skip
    session.add(event)
    return event
