"""Putting images into a split by hand, or back to the one by hash; their families follow. Changes can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core import audit
from core.db import Database, Events, Images, cached_until_write, in_library, new_id, utc_now
from core.errors import InvalidInputError, NotFoundError
from core.export.recipe import SPLITS, Split
from core.export.selecting.splits import Families, load_families, splits_of_images
from core.images.lifecycle import existing, in_chunks, record_act, record_event
from core.vision.duplicates import DuplicateSearch

_PINNED, _BY_HASH, _RESTORED = "put into a split", "split by hash", "split restored"


@dataclass(frozen=True)
class SplitBatch:
    """One action on several images."""

    batch_id: str
    """By which it can be undone."""
    images: int
    """How many were put into the split, or are assigned by hash again."""
    following: int
    """Further images of their families in the library: they are where these are."""


@dataclass(frozen=True)
class SplitUndo:
    """What an undo of such an action did."""

    images: int
    conflicts: int
    """Images that were put elsewhere since; they stay there."""


class ImageSplits:
    """Puts images into splits; of several images of a family that were put somewhere the newest counts."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def put(
        self, project_id: str, image_ids: Sequence[str], split: Split | None, *, actor: str = "local"
    ) -> SplitBatch:
        """Put images of a project into a split; None assigns them and their families by hash again.

        Raises:
            InvalidInputError: there is no such split.
            NotFoundError: none of the images exists.
        """
        if split is not None and split not in SPLITS:
            raise InvalidInputError(f"There is no split {split}. Choose {', '.join(SPLITS)}, or none.", field="split")
        families = self._families(project_id)
        batch_id, at = new_id(), utc_now()
        with self._db.transaction() as session:
            chosen = [image for image in existing(session, image_ids) if image.project_id == project_id]
            if not chosen:
                raise NotFoundError("None of these images is in the project. Choose others.")
            related = families.with_relatives(image.id for image in chosen)
            changed = chosen if split else _pinned_among(session, sorted(related))
            for image in changed:
                action = _PINNED if split else _BY_HASH
                _pin(session, image, (split, at if split else None), action, actor, batch_id)
            others = related - {image.id for image in chosen}
            record_act(session, "image.split", changed, actor, split=split or "by hash")
            return SplitBatch(batch_id, len(changed), _count_in_library(session, sorted(others)))

    def undo(self, project_id: str, batch_id: str, *, actor: str = "local") -> SplitUndo:
        """Undo an action; images that were put elsewhere since stay there.

        Raises:
            NotFoundError: there is no such action, or it was undone.
        """
        with self._db.transaction() as session:
            query = select(Events).where(
                Events.batch_id == batch_id, Events.project_id == project_id, Events.entity == "image",
                col(Events.action).in_((_PINNED, _BY_HASH)), col(Events.undone_by).is_(None),
            )  # fmt: skip
            events = {event.entity_id: event for event in session.exec(query)}
            if not events:
                raise NotFoundError("There is no change of splits to undo.")
            undoing, restored = new_id(), 0
            for ids in in_chunks(list(events)):
                for image in session.exec(select(Images).where(col(Images.id).in_(ids))):
                    event = events[image.id]
                    if _values(image.pinned_split, image.pinned_at) == event.new:
                        at = event.old["pinned_at"]
                        old = event.old["pinned_split"], datetime.fromisoformat(at) if at else None
                        made = _pin(session, image, old, _RESTORED, actor, undoing)
                        session.flush()
                        event.undone_by, restored = made.id, restored + 1
            audit.record(session, "image.undo", project_id=project_id, actor=actor, images=restored, undone="split")
            return SplitUndo(restored, len(events) - restored)

    @cached_until_write
    def counts(self, project_id: str) -> dict[str, int]:
        """Return how many images of the library were put into each split, without those that follow."""
        query = (
            select(Images.pinned_split, func.count())
            .where(Images.project_id == project_id, col(Images.pinned_split).is_not(None), in_library())
            .group_by(col(Images.pinned_split))
        )
        with self._db.reading() as session:
            found = {split: count for split, count in session.exec(query) if split}
        return {split: found[split] for split in SPLITS if split in found}

    def of_images(self, session: Session, project_id: str) -> dict[str, Split]:
        """Return the split of each image as exports assign it, see :func:`splits_of_images`."""
        return splits_of_images(session, project_id, DuplicateSearch(self._db).near_by_vectors(project_id))

    def _families(self, project_id: str) -> Families:
        near = DuplicateSearch(self._db).near_by_vectors(project_id)
        with self._db.reading() as session:
            return load_families(session, project_id, near)


def _pin(
    session: Session, image: Images, new: tuple[str | None, datetime | None], action: str, actor: str, batch_id: str
) -> Events:
    old = _values(image.pinned_split, image.pinned_at)
    image.pinned_split, image.pinned_at = new
    return record_event(session, batch_id, image, action, actor, old, _values(*new))


def _values(split: str | None, at: datetime | None) -> dict[str, Any]:
    return {"pinned_split": split, "pinned_at": at.isoformat() if at else None}


def _pinned_among(session: Session, image_ids: Sequence[str]) -> list[Images]:
    """Return the images that were put into a split, deleted ones too: a version follows its original."""
    found: list[Images] = []
    for some in in_chunks(image_ids):
        found += session.exec(select(Images).where(col(Images.id).in_(some), col(Images.pinned_split).is_not(None)))
    return found


def _count_in_library(session: Session, image_ids: Sequence[str]) -> int:
    counts = (select(func.count()).where(col(Images.id).in_(some), in_library()) for some in in_chunks(image_ids))
    return sum(session.exec(query).one() for query in counts)
