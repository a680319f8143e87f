"""Generated images as rows: history, keeping, discarding, rating.

Functions take the session of the service method that owns the transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, and_, col, func, or_, select

from core.db import HIDDEN, LIBRARY, Events, GeneratedImages, Images, StyleDatasetImages, in_library, new_id, utc_now
from core.errors import InvalidInputError, NotFoundError
from core.style.hidden_images import GENERATED


@dataclass(frozen=True)
class ResultFilter:
    """Which results of a project; None and empty mean all."""

    dataset_id: str | None = None
    model: str | None = None
    kept: bool | None = None
    rating: int | None = None
    text: str = ""
    task_id: str | None = None
    discarded: bool = False
    """Show what was discarded instead of what was not."""


@dataclass(frozen=True)
class Result:
    """A generated image with the row of its image."""

    generated: GeneratedImages
    image: Images | None

    @property
    def id(self) -> str:
        return self.generated.id


@dataclass(frozen=True)
class UsedReference:
    """A reference of a result as its recipe tells it, with the image where that is still there."""

    number: int
    name: str
    reason: str
    """Why it was chosen, or why it was not sent."""
    sent: bool
    image: Images | None
    palette: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class ResultPage:
    items: list[Result]
    next_cursor: str | None
    total: int


def get(session: Session, generated_id: str) -> GeneratedImages:
    row = session.get(GeneratedImages, generated_id)
    if row is None:
        raise NotFoundError("This generated image does not exist any more.")
    return row


def image_of(session: Session, row: GeneratedImages) -> Images | None:
    """Return the image of a result, None when it was deleted from the library."""
    image = session.get(Images, row.image_id) if row.image_id else None
    return image if image is not None and image.deleted_at is None else None


def find(session: Session, project_id: str, wanted: ResultFilter, *, limit: int, after: str | None) -> ResultPage:
    """Return results, the newest first; *after* is the cursor of the page before."""
    row = GeneratedImages
    conditions = _conditions(project_id, wanted)
    total = session.exec(select(func.count()).select_from(row).where(*conditions)).one()
    if after is not None:
        last = session.get(row, after)
        if last is None:
            raise InvalidInputError("This page marker leads nowhere. Start again from the first page.", field="cursor")
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


def models_used(session: Session, project_id: str) -> list[str]:
    row = GeneratedImages
    return list(session.exec(select(row.model).where(row.project_id == project_id).distinct().order_by(row.model)))


def times_made(session: Session, project_id: str, prompts: Collection[str]) -> dict[str, int]:
    """Return how many results each of *prompts* has, discarded ones included."""
    query = select(GeneratedImages.prompt, func.count()).where(GeneratedImages.project_id == project_id)
    counts = dict(session.exec(query.group_by(GeneratedImages.prompt)).all())
    return {prompt: counts.get(prompt, 0) for prompt in prompts}


def keep(session: Session, generated_id: str, actor: str) -> Images:
    """Put the image of a result into the project."""
    row = get(session, generated_id)
    image = session.get(Images, row.image_id) if row.image_id else None
    if image is None:
        raise NotFoundError("The image of this result is gone. Run it again.")
    twin = session.exec(
        select(Images).where(Images.project_id == image.project_id, Images.sha256 == image.sha256, in_library())
    ).first()
    if twin is None:
        image.visibility, image.deleted_at = LIBRARY, None
        _event(session, image, "kept", actor)
    row.kept, row.deleted_at, row.image_id = True, None, (twin or image).id
    return twin or image


def put_back(session: Session, generated_id: str, actor: str) -> GeneratedImages:
    """Undo keeping: the image leaves the project, the result stays in the history."""
    row = get(session, generated_id)
    image = session.get(Images, row.image_id) if row.image_id else None
    if row.kept and image is not None and image.source == GENERATED and image.is_in_library:
        image.visibility = HIDDEN
        _event(session, image, "put back", actor)
    row.kept = False
    return row


def discard(session: Session, generated_id: str) -> GeneratedImages:
    """Take a result out of the history; an image that was kept stays in the project."""
    row = get(session, generated_id)
    row.deleted_at = row.deleted_at or utc_now()
    return row


def restore(session: Session, generated_id: str) -> GeneratedImages:
    row = get(session, generated_id)
    row.deleted_at = None
    return row


def rate(session: Session, generated_id: str, rating: int) -> GeneratedImages:
    if rating not in (-1, 0, 1):
        raise InvalidInputError("A rating is 1 (up), -1 (down) or 0 (none).", field="rating")
    row = get(session, generated_id)
    row.rating = rating
    return row


def references_used(session: Session, generated_id: str) -> list[UsedReference]:
    """Return the references of a result in their order, those that failed among them."""
    recipe = get(session, generated_id).recipe
    used = recipe.get("references", [])
    rows, image = StyleDatasetImages, Images
    analyses = dict(
        session.exec(select(rows.id, rows.analysis_result).where(col(rows.id).in_([one["id"] for one in used]))).all()
    )
    images = {
        found.id: found
        for found in session.exec(
            select(image).where(col(image.id).in_([one["image_id"] for one in used]), col(image.deleted_at).is_(None))
        )
    }
    sent = [
        UsedReference(
            one["number"], one["image_name"], one["reason"], True, images.get(one["image_id"]),
            tuple(analyses.get(one["id"], {}).get("measured", {}).get("palette", [])),
        )
        for one in used
    ]  # fmt: skip
    failed = [
        UsedReference(one["number"], one["name"], one["why"], False, None, ())
        for one in recipe.get("failed_references", [])
    ]
    return sorted(sent + failed, key=lambda one: one.number)


def references_of(session: Session, image_ids: list[str]) -> dict[str, list[str]]:
    """Return for each generated image in the project the ids of the images it was made after.

    A split keeps them together: an image and what it was modelled on must not end up on both sides.
    """
    query = select(GeneratedImages.image_id, GeneratedImages.recipe).where(
        col(GeneratedImages.image_id).in_(image_ids), col(GeneratedImages.kept).is_(True)
    )
    found: dict[str, list[str]] = {}
    for image_id, recipe in session.exec(query):
        if image_id is not None:
            found.setdefault(image_id, []).extend(used["image_id"] for used in recipe.get("references", []))
    return found


def _conditions(project_id: str, wanted: ResultFilter) -> list[Any]:
    row = GeneratedImages
    deleted = col(row.deleted_at)
    conditions: list[Any] = [
        row.project_id == project_id,
        deleted.is_not(None) if wanted.discarded else deleted.is_(None),
    ]
    for column, value in (
        (row.dataset_id, wanted.dataset_id), (row.model, wanted.model), (row.kept, wanted.kept),
        (row.rating, wanted.rating), (row.task_id, wanted.task_id),
    ):  # fmt: skip
        if value is not None:
            conditions.append(col(column) == value)
    if wanted.text.strip():
        conditions.append(col(row.prompt).icontains(wanted.text.strip(), autoescape=True))
    return conditions


def _event(session: Session, image: Images, action: str, actor: str) -> None:
    session.add(
        Events(
            batch_id=new_id(),
            project_id=image.project_id,
            entity="image",
            entity_id=image.id,
            action=action,
            actor=actor,
        )
    )
