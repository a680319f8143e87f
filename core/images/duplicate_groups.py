"""Near-duplicates: groups of similar images, and the decisions about them, each of which can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core.db import Database, Events, ImageDatasets, Images, Questions, in_library, is_about, new_id
from core.errors import ConflictError, InvalidInputError
from core.images import lifecycle
from core.images.filter import ImageFilter, conditions

# Actions in the history.
SEPARATED, _MERGED = "kept apart", "merged"


@dataclass(frozen=True)
class DuplicateGroups:
    """One page of groups; in each the oldest image comes first, the one that the others are similar to."""

    groups: list[list[Images]]
    next_cursor: str | None
    """The ``after`` of the following page; None on the last one."""
    total: int
    """Groups of all pages."""


class DuplicateFinder:
    """Finds groups of near-duplicates, and merges or separates them."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def find_groups(
        self, project_id: str, image_filter: ImageFilter | None = None, *, limit: int = 20, after: str | None = None
    ) -> DuplicateGroups:
        """Return one page of the groups in which a near-duplicate matches the filter.

        Args:
            after: the ``next_cursor`` of the page before.
        """
        with self._db.reading() as session:
            return _find_groups(session, project_id, image_filter or ImageFilter(), limit, after)

    def separate(self, image_ids: Sequence[str], *, actor: str = "local") -> int:
        """Record that the images are different, so that no two of them are found again; return how many were marked."""
        with self._db.transaction() as session:
            return _separate(session, image_ids, actor)

    def merge(self, image_ids: Sequence[str], *, actor: str = "local") -> Images:
        """Give the oldest image the questions and entries of all, delete the others, and return it.

        Raises:
            InvalidInputError: fewer than two of the images exist.
        """
        with self._db.transaction() as session:
            return _merge(session, image_ids, actor)

    def undo(self, image_ids: Sequence[str], *, actor: str = "local") -> None:
        """Undo the last separation or merge that one of the images was part of.

        Raises:
            ConflictError: there is nothing to undo, or an image cannot be restored.
        """
        with self._db.transaction() as session:
            _undo(session, image_ids, actor)


# --- groups -------------------------------------------------------------------------------------------------


def _find_groups(
    session: Session, project_id: str, image_filter: ImageFilter, limit: int, after: str | None
) -> DuplicateGroups:
    first = col(Images.near_duplicate_of)
    where = [*conditions(project_id, replace(image_filter, near_duplicates=False)), first.is_not(None)]
    total = session.exec(select(func.count(func.distinct(first))).where(*where)).one()
    beyond = [] if after is None else [first > after]
    query = select(first).where(*where, *beyond).group_by(first).order_by(first).limit(limit + 1)
    firsts = [str(id_) for id_ in session.exec(query)]
    shown = firsts[:limit]
    members = _members(session, project_id, shown)
    return DuplicateGroups([members[id_] for id_ in shown], shown[-1] if len(firsts) > limit else None, total)


def _members(session: Session, project_id: str, firsts: list[str]) -> dict[str, list[Images]]:
    first_ones = select(Images).where(col(Images.id).in_(firsts))
    others = (
        select(Images)
        .where(
            Images.project_id == project_id,
            col(Images.near_duplicate_of).in_(firsts),
            in_library(),
        )
        .order_by(col(Images.create_at), col(Images.id))
    )
    found: dict[str, list[Images]] = {image.id: [image] for image in session.exec(first_ones)}
    for image in session.exec(others):
        found.setdefault(str(image.near_duplicate_of), []).append(image)
    return found


# --- decisions ----------------------------------------------------------------------------------------------


def _separate(session: Session, image_ids: Sequence[str], actor: str) -> int:
    batch_id, images = new_id(), lifecycle.existing(session, image_ids)
    marked = sum(image.near_duplicate_of is not None for image in images)
    # Several are recorded without a mark too: by the batch, pairs that vectors find are known to be kept apart.
    separated = images if marked or len(images) > 1 else []
    for image in separated:
        old = {"near_duplicate_of": image.near_duplicate_of}
        lifecycle.record_event(session, batch_id, image, SEPARATED, actor, old)
        image.near_duplicate_of = None
    lifecycle.record_act(session, "image.separate", separated, actor)
    return marked


def _merge(session: Session, image_ids: Sequence[str], actor: str) -> Images:
    images = sorted(lifecycle.existing(session, image_ids), key=lambda image: (image.create_at, image.id))
    if len(images) < 2:
        raise InvalidInputError("Select at least two images to merge them.")
    oldest, *others = images
    old = {"marks": _marks(session, images), "moved": [_move_all(session, other, oldest) for other in others]}
    oldest.near_duplicate_of = None
    lifecycle.delete(session, [other.id for other in others], actor)
    names = ", ".join(other.image_name for other in others)
    lifecycle.record_event(session, new_id(), oldest, _MERGED, actor, old, {"with": names})
    lifecycle.record_act(session, "image.merge", images, actor, kept=oldest.image_name)
    return oldest


def _undo(session: Session, image_ids: Sequence[str], actor: str) -> None:
    decisions = select(Events).where(
        col(Events.entity_id).in_(image_ids),
        col(Events.action).in_((SEPARATED, _MERGED)),
        col(Events.undone_by).is_(None),
    )
    last = session.exec(decisions.order_by(col(Events.id).desc()).limit(1)).first()
    if last is None:
        raise ConflictError("There is nothing to undo: this was undone already.")
    batch = session.exec(select(Events).where(Events.batch_id == last.batch_id, Events.action == last.action)).all()
    if last.action == _MERGED:
        for moved in last.old["moved"]:
            _move_back(session, moved, last.entity_id, actor)
        marks = last.old["marks"]
    else:
        marks = {event.entity_id: event.old["near_duplicate_of"] for event in batch}
    images = {image.id: image for image in lifecycle.existing(session, [*marks, *filter(None, marks.values())])}
    if last.entity_id not in images:
        raise ConflictError("This cannot be undone: the image was deleted. Restore it first.")
    for id_, first in marks.items():
        if id_ in images and (first is None or first in images):
            images[id_].near_duplicate_of = first
    undoing = lifecycle.record_event(session, new_id(), images[last.entity_id], f"{last.action} taken back", actor)
    session.flush()
    for event in batch:
        event.undone_by = undoing.id
    lifecycle.record_act(session, "image.undo", list(images.values()), actor, undone=last.action)


def _marks(session: Session, images: Sequence[Images]) -> dict[str, str | None]:
    """Return ``near_duplicate_of`` of the images and of their near-duplicates, by id."""
    near_duplicates = select(Images).where(
        Images.project_id == images[0].project_id,
        col(Images.near_duplicate_of).in_([image.id for image in images]),
        in_library(),
    )
    return {image.id: image.near_duplicate_of for image in [*images, *session.exec(near_duplicates)]}


def _move_all(session: Session, source: Images, target: Images) -> dict[str, Any]:
    """Move questions and entries from *source* to *target*; return what was moved, as JSON for the event.

    A question that *target* has too is not moved; its entries then answer the question of *target*.
    """
    same = _same_questions(session, source.id, target.id)
    entries = _rows_of(session, ImageDatasets, source.id)
    questions = [row for row in _rows_of(session, Questions, source.id) if row.id not in same]
    moved = {
        "image": source.id,
        "questions": [row.id for row in questions if not row.more_image_ids],
        "entries": [row.id for row in entries if not row.more_image_ids],
        "positions": {
            row.id: [position for position, id_ in enumerate(row.image_ids) if id_ == source.id]
            for row in (*questions, *entries)
            if row.more_image_ids
        },
        "answered": {entry.id: entry.question_id for entry in entries if entry.question_id in same},
    }
    for entry in entries:
        entry.question_id = same.get(entry.question_id) or entry.question_id
    session.flush()
    _move(session, moved, source.id, target)
    return moved


def _same_questions(session: Session, source_id: str, target_id: str) -> dict[str, str]:
    """Return the questions of the source that would be the same as another one of the target, with that one's id."""

    def key(question: Questions) -> tuple[str, ...]:
        ids = (target_id if id_ == source_id else id_ for id_ in question.image_ids)
        return question.language, question.question_key, *ids

    kept = {key(row): row.id for row in _rows_of(session, Questions, target_id) if source_id not in row.image_ids}
    return {
        row.id: kept_id
        for row in _rows_of(session, Questions, source_id)
        if (kept_id := kept.setdefault(key(row), row.id)) != row.id
    }


def _move_back(session: Session, moved: dict[str, Any], target_id: str, actor: str) -> None:
    answered: dict[str, str] = moved.get("answered", {})
    for some in lifecycle.in_chunks(list(answered)):
        still_there = select(ImageDatasets).where(col(ImageDatasets.id).in_(some), ImageDatasets.image_id == target_id)
        for entry in session.exec(still_there):
            entry.question_id = answered[entry.id]
    session.flush()
    _move(session, moved, target_id, lifecycle.restore(session, moved["image"], actor))


def _move(session: Session, moved: dict[str, Any], source_id: str, target: Images) -> None:
    """Move the questions and entries that still belong to the source."""
    for some in lifecycle.in_chunks(moved["questions"]):
        session.execute(
            update(Questions)
            .where(col(Questions.id).in_(some), col(Questions.image_id) == source_id)
            .values(image_id=target.id)
            .execution_options(synchronize_session=False)
        )
    for some in lifecycle.in_chunks(moved["entries"]):
        session.execute(
            update(ImageDatasets)
            .where(col(ImageDatasets.id).in_(some), col(ImageDatasets.image_id) == source_id)
            .values(image_id=target.id, image_name=target.image_name, version=ImageDatasets.version + 1)
            .execution_options(synchronize_session=False)
        )
    tables: tuple[Any, ...] = (Questions, ImageDatasets)
    positions: dict[str, list[int]] = moved.get("positions", {})
    for table, some in product(tables, list(lifecycle.in_chunks(list(positions)))):
        for row in session.exec(select(table).where(table.id.in_(some))):
            _replace_image(row, positions[row.id], source_id, target)
    session.flush()


def _replace_image(row: Any, positions: Sequence[int], source_id: str, target: Images) -> None:
    """Put *target* where a question or an entry of several images still has the source."""
    ids = row.image_ids
    for position in positions:
        if ids[position : position + 1] == [source_id]:
            ids[position] = target.id
    if ids == row.image_ids:
        return
    row.image_id, row.more_image_ids = ids[0], ",".join(ids[1:])
    if isinstance(row, ImageDatasets):
        row.image_name = target.image_name if ids[0] == target.id else row.image_name
        row.version += 1


def _rows_of(session: Session, table: Any, image_id: str) -> list[Any]:
    return list(session.exec(select(table).where(is_about(table, [image_id]), table.deleted_at.is_(None))))
