"""The tags of images as states that are changed, stored and restored, within a transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core.caller import current
from core.db import Events, ImageAnalyses, Images, new_id
from core.errors import InvalidInputError
from core.images.lifecycle import existing, in_chunks
from core.vision.analyzers.tags import tag_word
from core.vision.store import derive

ANALYZER = "tags"
ACTIONS = ("tagged", "untagged")


@dataclass
class TaggedImage:
    """An image with the row of its analysis, which also keeps what was removed."""

    image: Images
    row: ImageAnalyses | None

    @property
    def tags(self) -> list[str]:
        return [tag for tag in self.image.tags.split(",") if tag]

    @property
    def removed(self) -> list[str]:
        return list(self.row.result.get("removed", ())) if self.row else []

    @property
    def proposed(self) -> list[str]:
        """The tags that the analyzer found and nobody accepted or removed."""
        found = [item["tag"] for item in self.row.result.get("tags", ())] if self.row else []
        decided = keys([*self.tags, *self.removed])
        return [tag for tag in found if tag.lower() not in decided]

    @property
    def state(self) -> dict[str, list[str]]:
        return {"tags": self.tags, "removed": self.removed}


def read(session: Session, image_ids: Sequence[str], project_id: str | None = None) -> list[TaggedImage]:
    """Return those of the images that exist; with *project_id* of its images only."""
    images = [image for image in existing(session, image_ids) if project_id in (None, image.project_id)]
    rows: dict[str, ImageAnalyses] = {}
    for some in in_chunks([image.id for image in images]):
        query = select(ImageAnalyses).where(col(ImageAnalyses.image_id).in_(some), ImageAnalyses.analyzer == ANALYZER)
        rows |= {row.image_id: row for row in session.exec(query)}
    return [TaggedImage(image, rows.get(image.id)) for image in images]


def checked(accept: Iterable[str], remove: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the tags to accept and to remove, tidied.

    Raises:
        InvalidInputError: there is none, or one is in both.
    """
    added, dropped = _words(accept), _words(remove)
    if not (added or dropped) or keys(added) & keys(dropped):
        raise InvalidInputError("Name tags to accept or to remove, each once.", field="accept")
    return added, dropped


def changed(before: Mapping[str, list[str]], added: Sequence[str], dropped: Sequence[str]) -> dict[str, list[str]]:
    """Return the state in which *added* are accepted and *dropped* are removed."""
    known = keys(before["tags"])
    kept = [tag for tag in before["tags"] if tag.lower() not in keys(dropped)]
    return {
        "tags": kept + [tag for tag in added if tag.lower() not in known],
        "removed": [tag for tag in before["removed"] if tag.lower() not in keys([*added, *dropped])] + list(dropped),
    }


def of_event(values: Mapping[str, Any], now: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the state in an event; one of tags that were typed says nothing of removed ones."""
    tags = [tag for tag in values.get("tags", "").split(",") if tag]
    return {"tags": tags, "removed": list(values.get("removed", now["removed"]))}


def store(session: Session, project_id: str, new: Sequence[tuple[TaggedImage, Mapping[str, list[str]]]]) -> None:
    """Give images the states, and make anew what follows from those whose removed tags are others now."""
    touched = []
    for one, state in new:
        one.image.tags = ",".join(state["tags"])
        if state["removed"] == one.removed:
            continue
        if one.row is None:
            # Without a version: no analyzer made this row, it only keeps what was removed.
            one.row = ImageAnalyses(
                project_id=project_id, image_id=one.image.id, analyzer=ANALYZER, version="", result={"tags": []}
            )
            session.add(one.row)
        one.row.result = {**one.row.result, "removed": state["removed"]}
        touched.append(one.image.id)
    session.flush()
    derive(session, project_id, touched)


def record(
    session: Session,
    image: Images,
    action: str,
    actor: str,
    old: Mapping[str, list[str]],
    new: Mapping[str, list[str]],
    batch_id: str | None = None,
) -> Events:
    """Add the event of a change of tags."""

    def stored(state: Mapping[str, list[str]]) -> dict[str, Any]:
        return {"tags": ",".join(state["tags"]), "removed": state["removed"]}

    event = Events(
        batch_id=batch_id or new_id(), project_id=image.project_id, entity="image", entity_id=image.id, action=action,
        actor=current().name_of(actor), old=stored(old), new=stored(new),
    )  # fmt: skip
    session.add(event)
    return event


def keys(tags: Iterable[str]) -> set[str]:
    """Return tags as they are compared: upper and lower case alike."""
    return {tag.lower() for tag in tags}


def _words(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in map(tag_word, tags) if word))
