"""A person accepts proposed tags or removes them; what was removed is never proposed again. Changes can be undone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core.db import Database, Events, ImageAnalyses, Images, in_library, new_id
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.vision.analyzers.tags import tag_word
from core.vision.store import derive

_ANALYZER = "tags"
_ACTIONS = ("tagged", "untagged")


@dataclass(frozen=True)
class ImageTags:
    """The tags of an image."""

    accepted: list[str]
    """Those of the image itself."""
    proposed: list[str]
    """Those that the analyzer found and nobody accepted or removed."""
    removed: list[str]


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
            return _tags(session, _image(session, image_id))

    def change(
        self, image_id: str, accept: Iterable[str] = (), remove: Iterable[str] = (), *, actor: str = "local"
    ) -> ImageTags:
        """Accept tags, which become tags of the image, and remove others, which are not proposed again.

        Raises:
            NotFoundError: there is no such image.
            InvalidInputError: there is no tag, or one is both accepted and removed.
        """
        added, dropped = _words(accept), _words(remove)
        if not (added or dropped) or _keys(added) & _keys(dropped):
            raise InvalidInputError("Name tags to accept or to remove, each once.", field="accept")
        with self._db.transaction() as session:
            image = _image(session, image_id)
            before = _state(session, image)
            known = _keys(before["tags"])
            kept = [tag for tag in before["tags"] if tag.lower() not in _keys(dropped)]
            after = {
                "tags": kept + [tag for tag in added if tag.lower() not in known],
                "removed": [tag for tag in before["removed"] if tag.lower() not in _keys([*added, *dropped])] + dropped,
            }
            if after != before:
                _set(session, image, after)
                _record(session, image, "untagged" if dropped and not added else "tagged", actor, before, after)
            return _tags(session, image)

    def undo(self, image_id: str, *, actor: str = "local") -> ImageTags:
        """Undo the last change of the tags of an image.

        Raises:
            NotFoundError: there is no such image.
            ConflictError: there is nothing to undo, or the tags were changed in another way since.
        """
        with self._db.transaction() as session:
            image = _image(session, image_id)
            last = session.exec(
                select(Events)
                .where(
                    Events.entity == "image", Events.entity_id == image_id, col(Events.action).in_(_ACTIONS),
                    col(Events.undone_by).is_(None),
                )
                .order_by(col(Events.id).desc())
                .limit(1)
            ).first()  # fmt: skip
            now = _state(session, image)
            if last is None:
                raise ConflictError("There is no change of tags to undo.")
            old, new = _of_event(last.old, now), _of_event(last.new, now)
            if now != new:
                raise ConflictError("The tags were changed since. Change them by hand.")
            _set(session, image, old)
            last.undone_by = _record(session, image, "tags-restored", actor, now, old).id
            return _tags(session, image)


def _image(session: Session, image_id: str) -> Images:
    image = session.exec(select(Images).where(Images.id == image_id, in_library())).first()
    if image is None:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    return image


def _row(session: Session, image: Images) -> ImageAnalyses | None:
    query = select(ImageAnalyses).where(ImageAnalyses.image_id == image.id, ImageAnalyses.analyzer == _ANALYZER)
    return session.exec(query).first()


def _state(session: Session, image: Images) -> dict[str, list[str]]:
    row = _row(session, image)
    return {"tags": _split(image.tags), "removed": list(row.result.get("removed", ())) if row else []}


def _of_event(values: dict[str, Any], now: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the state in an event; one of tags that were typed says nothing of removed ones."""
    return {"tags": _split(values.get("tags", "")), "removed": values.get("removed", now["removed"])}


def _set(session: Session, image: Images, state: dict[str, list[str]]) -> None:
    image.tags = ",".join(state["tags"])
    row = _row(session, image)
    if row is None:
        if not state["removed"]:
            return
        # Without a version: no analyzer made this row, it only keeps what was removed.
        row = ImageAnalyses(
            project_id=image.project_id, image_id=image.id, analyzer=_ANALYZER, version="", result={"tags": []}
        )
        session.add(row)
    row.result = {**row.result, "removed": state["removed"]}
    session.flush()
    derive(session, image.project_id, [image.id])


def _tags(session: Session, image: Images) -> ImageTags:
    row = _row(session, image)
    state = _state(session, image)
    found = [item["tag"] for item in row.result.get("tags", ())] if row else []
    decided = _keys([*state["tags"], *state["removed"]])
    return ImageTags(state["tags"], [tag for tag in found if tag.lower() not in decided], state["removed"])


def _record(
    session: Session, image: Images, action: str, actor: str, old: dict[str, list[str]], new: dict[str, list[str]]
) -> Events:
    def stored(state: dict[str, list[str]]) -> dict[str, Any]:
        return {"tags": ",".join(state["tags"]), "removed": state["removed"]}

    event = Events(
        batch_id=new_id(), project_id=image.project_id, entity="image", entity_id=image.id, action=action, actor=actor,
        old=stored(old), new=stored(new),
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event


def _words(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in map(tag_word, tags) if word))


def _keys(tags: Iterable[str]) -> set[str]:
    return {tag.lower() for tag in tags}


def _split(tags: str) -> list[str]:
    return [tag for tag in tags.split(",") if tag]
