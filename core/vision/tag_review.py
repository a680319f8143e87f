"""A person accepts proposed tags or removes them; what was removed is never proposed again. Changes can be undone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from core import audit
from core.db import Database, Events, new_id
from core.errors import ConflictError, NotFoundError
from core.vision import tag_states
from core.vision.tag_states import ACTIONS, TaggedImage, changed, checked, keys, of_event, record, store


@dataclass(frozen=True)
class ImageTags:
    """The tags of an image."""

    accepted: list[str]
    """Those of the image itself."""
    proposed: list[str]
    """Those that the analyzer found and nobody accepted or removed."""
    removed: list[str]
    can_undo: bool = field(default=False, compare=False)
    """Whether there is a change to undo."""


@dataclass(frozen=True)
class TagBatch:
    """One action on several images."""

    batch_id: str
    """By which it can be undone."""
    images: int
    """How many of them have other tags now."""


@dataclass(frozen=True)
class TagUndo:
    """What an undo of an action on several images did."""

    images: int
    conflicts: int
    """Images whose tags were changed since; they keep them."""


class TagReview:
    """Changes the tags of images."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def tags(self, image_id: str) -> ImageTags:
        """Return the tags of an image.

        Raises:
            NotFoundError: there is no such image.
        """
        with self._db.reading() as session:
            return _tags(session, _one(session, image_id))

    def tags_in(self, image_ids: Sequence[str]) -> list[str]:
        """Return the tags that some of the images have, in alphabetical order."""
        with self._db.reading() as session:
            found = {tag for one in tag_states.read(session, image_ids) for tag in one.tags}
        return sorted(found, key=str.lower)

    def change(
        self, image_id: str, accept: Iterable[str] = (), remove: Iterable[str] = (), *, actor: str = "local"
    ) -> ImageTags:
        """Accept tags, which become tags of the image, and remove others, which are not proposed again.

        Raises:
            NotFoundError: there is no such image.
            InvalidInputError: there is no tag, or one is both accepted and removed.
        """
        added, dropped = checked(accept, remove)
        with self._db.transaction() as session:
            one = _one(session, image_id)
            _change(session, [one], added, {image_id: dropped}, actor, new_id())
            audit.record(session, "image.tag", one.image, actor=actor, added=added, removed=dropped)
            return _tags(session, one)

    def change_many(
        self,
        project_id: str,
        image_ids: Sequence[str],
        accept: Iterable[str] = (),
        remove: Iterable[str] = (),
        *,
        actor: str = "local",
    ) -> TagBatch:
        """Give images of a project tags, and remove others from those that have them, accepted or proposed.

        Raises:
            InvalidInputError: there is no tag, or one is both accepted and removed.
            NotFoundError: none of the images exists.
        """
        added, dropped = checked(accept, remove)
        batch_id = new_id()
        with self._db.transaction() as session:
            found = tag_states.read(session, image_ids, project_id)
            if not found:
                raise NotFoundError("None of these images is in the project. Choose others.")
            had = {one.image.id: keys([*one.tags, *one.proposed]) for one in found}
            of_each = {id_: [tag for tag in dropped if tag.lower() in known] for id_, known in had.items()}
            changed = _change(session, found, added, of_each, actor, batch_id)
            if changed:
                audit.record(
                    session, "image.tag", project_id=project_id, actor=actor, images=changed, added=added,
                    removed=dropped,
                )  # fmt: skip
            return TagBatch(batch_id, changed)

    def undo(self, image_id: str, *, actor: str = "local") -> ImageTags:
        """Undo the last change of the tags of an image.

        Raises:
            NotFoundError: there is no such image.
            ConflictError: there is nothing to undo, or the tags were changed in another way since.
        """
        with self._db.transaction() as session:
            one = _one(session, image_id)
            last = _last_change(session, image_id)
            if last is None:
                raise ConflictError("There is no change of tags to undo.")
            if not _restore(session, [(one, last)], actor):
                raise ConflictError("The tags were changed since. Change them by hand.")
            audit.record(session, "image.undo", one.image, actor=actor, undone="tags")
            return _tags(session, one)

    def undo_batch(self, project_id: str, batch_id: str, *, actor: str = "local") -> TagUndo:
        """Undo an action on several images of a project; those whose tags were changed since keep them.

        Raises:
            NotFoundError: there is no such action, or it was undone.
        """
        with self._db.transaction() as session:
            query = select(Events).where(
                Events.batch_id == batch_id, Events.project_id == project_id, Events.entity == "image",
                col(Events.action).in_(ACTIONS),
                col(Events.undone_by).is_(None),
            )  # fmt: skip
            events = {event.entity_id: event for event in session.exec(query)}
            if not events:
                raise NotFoundError("There is no change of tags to undo.")
            found = tag_states.read(session, list(events))
            restored = _restore(session, [(one, events[one.image.id]) for one in found], actor)
            audit.record(session, "image.undo", project_id=project_id, actor=actor, images=restored, undone="tags")
            return TagUndo(restored, len(events) - restored)


def _one(session: Session, image_id: str) -> TaggedImage:
    found = tag_states.read(session, [image_id])
    if not found:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    return found[0]


def _change(
    session: Session,
    found: Sequence[TaggedImage],
    added: Sequence[str],
    dropped: dict[str, list[str]],
    actor: str,
    batch_id: str,
) -> int:
    """Change the tags of images, *dropped* by image id, and return how many have others now."""
    new = [(one, one.state, changed(one.state, added, dropped[one.image.id])) for one in found]
    new = [(one, before, after) for one, before, after in new if after != before]
    action = "tagged" if added else "untagged"
    for one, before, after in new:
        record(session, one.image, action, actor, before, after, batch_id)
    if new:
        store(session, found[0].image.project_id, [(one, after) for one, _, after in new])
    return len(new)


def _restore(session: Session, changes: Sequence[tuple[TaggedImage, Events]], actor: str) -> int:
    """Give images the tags that they had before an event, and return to how many; others were changed since."""
    batch_id, restored = new_id(), []
    for one, event in changes:
        now = one.state
        old, new = of_event(event.old, now), of_event(event.new, now)
        if now == new:
            restored.append((one, old))
            undoing = record(session, one.image, "tags-restored", actor, now, old, batch_id)
            session.flush()
            event.undone_by = undoing.id
    if restored:
        store(session, restored[0][0].image.project_id, restored)
    return len(restored)


def _last_change(session: Session, image_id: str) -> Events | None:
    query = select(Events).where(
        Events.entity == "image", Events.entity_id == image_id, col(Events.action).in_(ACTIONS),
        col(Events.undone_by).is_(None),
    )  # fmt: skip
    return session.exec(query.order_by(col(Events.id).desc()).limit(1)).first()


def _tags(session: Session, one: TaggedImage) -> ImageTags:
    session.flush()
    return ImageTags(one.tags, one.proposed, one.removed, _last_change(session, one.image.id) is not None)
