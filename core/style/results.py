"""Queries and changes of generated images: history, keep, discard, rate.

Functions take the session of the service method that owns the transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, and_, col, func, or_, select

from core.caller import current
from core.db import HIDDEN, LIBRARY, Events, GeneratedImages, Images, StyleDatasetImages, in_library, new_id, utc_now
from core.errors import InvalidInputError, NotFoundError
from core.style.hidden_images import GENERATED


@dataclass(frozen=True)
class ResultFilter:
    """Which results of a project; None and an empty text mean all."""

    dataset_id: str | None = None
    model: str | None = None
    kept: bool | None = None
    rating: int | None = None
    text: str = ""
    task_id: str | None = None
    discarded: bool = False
    """Discarded results instead of the others."""


@dataclass(frozen=True)
class Result:
    """A generated image with the row of its image."""

    generated: GeneratedImages
    image: Images | None
    """None when it was deleted from the library."""

    @property
    def id(self) -> str:
        return self.generated.id


@dataclass(frozen=True)
class UsedReference:
    """A reference of a result as its recipe names it."""

    number: int
    name: str
    reason: str
    """Why it was chosen, or why it was not sent."""
    sent: bool
    image: Images | None
    """None when it was not sent or was deleted since."""
    palette: tuple[dict[str, Any], ...]
    """Dominant colors: name, hex, share (0-1)."""


@dataclass(frozen=True)
class ResultPage:
    """One page of the history."""

    items: list[Result]
    next_cursor: str | None
    total: int


def get(session: Session, generated_id: str) -> GeneratedImages:
    """Return a result, discarded or not.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(GeneratedImages, generated_id)
    if row is None:
        raise NotFoundError("This generated image does not exist any more.")
    return row


def image_of(session: Session, row: GeneratedImages) -> Images | None:
    """Return the image of a result, None when it was deleted from the library."""
    image = session.get(Images, row.image_id) if row.image_id else None
    return image if image is not None and image.deleted_at is None else None


def find(session: Session, project_id: str, filter_: ResultFilter, *, limit: int, after: str | None) -> ResultPage:
    """Return a page of results, newest first; *after* is the ``next_cursor`` of the page before.

    Raises:
        InvalidInputError: *after* is the id of no result.
    """
    row = GeneratedImages
    conditions = _conditions(project_id, filter_)
    total = session.exec(select(func.count()).select_from(row).where(*conditions)).one()
    if after is not None:
        last = session.get(row, after)
        if last is None:
            raise InvalidInputError("This cursor does not exist. Start again from the first page.", field="cursor")
        conditions.append(
            or_(
                col(row.created_at) < last.created_at,
                and_(col(row.created_at) == last.created_at, col(row.id) < last.id),
            )
        )
    query = (
        select(row, Images)
        .join(Images, and_(col(Images.id) == col(row.image_id), col(Images.deleted_at).is_(None)), isouter=True)
        .where(*conditions)
        .order_by(col(row.created_at).desc(), col(row.id).desc())
        .limit(limit + 1)
    )
    found = [Result(generated, image) for generated, image in session.exec(query)]
    more = len(found) > limit
    return ResultPage(found[:limit], found[limit - 1].id if more else None, total)


def images_of(session: Session, rows: Sequence[GeneratedImages]) -> dict[str, Images]:
    """Return the images of results by their ids, without deleted ones."""
    ids = {row.image_id for row in rows}
    query = select(Images).where(col(Images.id).in_(ids), col(Images.deleted_at).is_(None))
    return {image.id: image for image in session.exec(query)}


def models_used(session: Session, project_id: str) -> list[str]:
    """Return the models that made results of the project, by name."""
    row = GeneratedImages
    return list(session.exec(select(row.model).where(row.project_id == project_id).distinct().order_by(row.model)))


def count_made(session: Session, project_id: str, prompts: Collection[str]) -> dict[str, int]:
    """Return how many results each of *prompts* has in the project, including discarded ones."""
    query = select(GeneratedImages.prompt, func.count()).where(GeneratedImages.project_id == project_id)
    counts = dict(session.exec(query.group_by(GeneratedImages.prompt)).all())
    return {prompt: counts.get(prompt, 0) for prompt in prompts}


def keep(session: Session, generated_id: str, actor: str) -> Images:
    """Put the image of a result into the library; when that has the same bytes, the result gets that image.

    Raises:
        NotFoundError: there is no such result, or its image is gone.
    """
    row = get(session, generated_id)
    image = session.get(Images, row.image_id) if row.image_id else None
    if image is None:
        raise NotFoundError("The image of this result is gone. Run the request again.")
    twin = session.exec(
        select(Images).where(Images.project_id == image.project_id, Images.sha256 == image.sha256, in_library())
    ).first()
    if twin is None:
        image.visibility, image.deleted_at = LIBRARY, None
        _event(session, image, "kept", actor)
    row.kept, row.deleted_at, row.image_id = True, None, (twin or image).id
    return twin or image


def unkeep(session: Session, generated_id: str, actor: str) -> GeneratedImages:
    """Undo ``keep``: hide the image; the result stays in the history."""
    row = get(session, generated_id)
    image = session.get(Images, row.image_id) if row.image_id else None
    if row.kept and image is not None and image.source == GENERATED and image.is_in_library:
        image.visibility = HIDDEN
        _event(session, image, "hidden", actor)
    row.kept = False
    return row


def discard(session: Session, generated_id: str) -> GeneratedImages:
    """Remove a result from the history (soft delete); a kept image stays in the project."""
    row = get(session, generated_id)
    row.deleted_at = row.deleted_at or utc_now()
    return row


def restore(session: Session, generated_id: str) -> GeneratedImages:
    """Undo ``discard``."""
    row = get(session, generated_id)
    row.deleted_at = None
    return row


def rate(session: Session, generated_id: str, rating: int) -> GeneratedImages:
    """Store a person's rating.

    Raises:
        InvalidInputError: *rating* is not -1, 0 or 1.
    """
    if rating not in (-1, 0, 1):
        raise InvalidInputError("A rating is 1 (good), -1 (bad) or 0 (none). Send one of them.", field="rating")
    row = get(session, generated_id)
    row.rating = rating
    return row


def references_used(session: Session, generated_id: str) -> list[UsedReference]:
    """Return the references of a result in their order, including those that could not be sent."""
    recipe = get(session, generated_id).recipe
    used = recipe.get("references", [])
    rows, image = StyleDatasetImages, Images
    analyses = dict(
        session.exec(select(rows.id, rows.analysis_result).where(col(rows.id).in_([row["id"] for row in used]))).all()
    )
    images = {
        found.id: found
        for found in session.exec(
            select(image).where(col(image.id).in_([row["image_id"] for row in used]), col(image.deleted_at).is_(None))
        )
    }
    sent = [
        UsedReference(
            reference["number"], reference["image_name"], reference["reason"], True, images.get(reference["image_id"]),
            tuple(analyses.get(reference["id"], {}).get("measured", {}).get("palette", [])),
        )
        for reference in used
    ]  # fmt: skip
    failed = [
        UsedReference(reference["number"], reference["name"], reference["why"], False, None, ())
        for reference in recipe.get("failed_references", [])
    ]
    return sorted(sent + failed, key=lambda reference: reference.number)


def _conditions(project_id: str, filter_: ResultFilter) -> list[Any]:
    row = GeneratedImages
    deleted = col(row.deleted_at)
    conditions: list[Any] = [
        row.project_id == project_id,
        deleted.is_not(None) if filter_.discarded else deleted.is_(None),
    ]
    for column, value in (
        (row.dataset_id, filter_.dataset_id), (row.model, filter_.model), (row.kept, filter_.kept),
        (row.rating, filter_.rating), (row.task_id, filter_.task_id),
    ):  # fmt: skip
        if value is not None:
            conditions.append(col(column) == value)
    if filter_.text.strip():
        conditions.append(col(row.prompt).icontains(filter_.text.strip(), autoescape=True))
    return conditions


def _event(session: Session, image: Images, action: str, actor: str) -> None:
    session.add(
        Events(
            batch_id=new_id(),
            project_id=image.project_id,
            entity="image",
            entity_id=image.id,
            action=action,
            actor=current().name_of(actor),
        )
    )
