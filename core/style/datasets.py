"""Queries and changes of style datasets. Every change makes a new version; older versions can still be read.

Functions take the session of the service method that owns the transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from core.arguments import tidy_name
from core.db import Images, Projects, StyleDatasetImages, StyleDatasets, StyleVersions, utc_now
from core.errors import InvalidInputError, NotFoundError
from core.pluralize import pluralize


@dataclass(frozen=True)
class StyleSummary:
    """A style dataset with the numbers of its images and of its analyzed images."""

    dataset: StyleDatasets
    images: int
    analyzed: int


@dataclass(frozen=True)
class StyleImage:
    """A row of a style dataset with its image; None when its URL was not fetched yet."""

    row: StyleDatasetImages
    image: Images | None

    @property
    def name(self) -> str:
        """The name of the image, or its URL."""
        return self.image.image_name if self.image else self.row.image_url


def create(session: Session, project_id: str, name: str, master_prompt: str = "") -> StyleDatasets:
    """Create an empty style dataset with its first version.

    Raises:
        NotFoundError: there is no such project.
        InvalidInputError: the name is empty.
    """
    project = session.get(Projects, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFoundError("This project does not exist any more. Choose another one.")
    dataset = StyleDatasets(project_id=project_id, name=_name(name), master_prompt=master_prompt.strip())
    session.add(dataset)
    session.flush()
    _store_version(session, dataset, "created")
    return dataset


def get(session: Session, dataset_id: str) -> StyleDatasets:
    """Return a style dataset.

    Raises:
        NotFoundError: it does not exist or was deleted.
    """
    dataset = session.get(StyleDatasets, dataset_id)
    if dataset is None or dataset.deleted_at is not None:
        raise NotFoundError("This style dataset does not exist any more. Choose or create another one.")
    return dataset


def of(session: Session, project_id: str, dataset_id: str) -> StyleDatasets:
    """Return a style dataset of this project.

    Raises:
        NotFoundError: there is no such style dataset.
        InvalidInputError: it belongs to another project.
    """
    dataset = get(session, dataset_id)
    if dataset.project_id != project_id:
        raise InvalidInputError(
            "This style dataset belongs to another project. Copy it into this one first.", field="dataset_id"
        )
    return dataset


def of_project(session: Session, project_id: str | None) -> list[StyleDatasets]:
    """Return the style datasets of a project, or of all projects, newest first."""
    query = select(StyleDatasets).where(col(StyleDatasets.deleted_at).is_(None))
    if project_id is not None:
        query = query.where(StyleDatasets.project_id == project_id)
    return list(session.exec(query.order_by(col(StyleDatasets.created_at).desc(), col(StyleDatasets.id))))


def summary(session: Session, dataset_id: str) -> StyleSummary:
    """Count the images of the current version and those with an analysis."""
    dataset = get(session, dataset_id)
    counts = (
        select(func.count(), func.count().filter(col(StyleDatasetImages.analysis_model) != ""))
        .select_from(StyleDatasetImages)
        .join(Images, col(Images.id) == col(StyleDatasetImages.image_id), isouter=True)
    )
    images, analyzed = session.exec(counts.where(*_in_version(dataset_id), not_deleted())).one()
    return StyleSummary(dataset, images, analyzed)


def update(
    session: Session, dataset_id: str, *, name: str | None = None, master_prompt: str | None = None
) -> StyleDatasets:
    """Change name or guidelines; makes a new version when something differs."""
    dataset = get(session, dataset_id)
    changes = []
    if name is not None and _name(name) != dataset.name:
        dataset.name = _name(name)
        changes.append("renamed")
    if master_prompt is not None and master_prompt.strip() != dataset.master_prompt:
        dataset.master_prompt = master_prompt.strip()
        changes.append("guidelines changed")
    if changes:
        _next_version(session, dataset, ", ".join(changes))
    return dataset


def add_images(
    session: Session, dataset_id: str, image_ids: Iterable[str] = (), urls: Iterable[str] = ()
) -> list[StyleDatasetImages]:
    """Add the images and URLs that the style dataset does not contain yet; makes a new version when there are any."""
    dataset = get(session, dataset_id)
    present = session.exec(
        select(StyleDatasetImages.image_id, StyleDatasetImages.image_url).where(*_in_version(dataset_id))
    ).all()
    known, known_urls = {image_id for image_id, _ in present}, {url for _, url in present if url}
    new_ids = [id_ for id_ in dict.fromkeys(image_ids) if id_ not in known]
    _check_images(session, dataset.project_id, new_ids)
    new_urls = [url for url in dict.fromkeys(part.strip() for part in urls) if url and url not in known_urls]
    if not new_ids and not new_urls:
        return []
    last = session.exec(
        select(func.max(StyleDatasetImages.position)).where(StyleDatasetImages.dataset_id == dataset_id)
    ).one()
    start = 0 if last is None else last + 1
    count = len(new_ids) + len(new_urls)
    # The first images of a new style dataset belong to its first version.
    if present or dataset.version > 1:
        _next_version(session, dataset, f"{pluralize(count, 'image')} added")
    sources: list[tuple[str | None, str]] = [(id_, "") for id_ in new_ids] + [(None, url) for url in new_urls]
    rows = [
        StyleDatasetImages(
            dataset_id=dataset_id, image_id=image_id, image_url=url, position=position, added_in=dataset.version
        )
        for position, (image_id, url) in enumerate(sources, start=start)
    ]
    session.add_all(rows)
    return rows


def remove_images(session: Session, dataset_id: str, row_ids: Collection[str]) -> int:
    """Remove images from the current version and return how many there were; older versions keep them."""
    dataset = get(session, dataset_id)
    rows = session.exec(
        select(StyleDatasetImages).where(*_in_version(dataset_id), col(StyleDatasetImages.id).in_(row_ids))
    ).all()
    if rows:
        _next_version(session, dataset, f"{pluralize(len(rows), 'image')} removed")
        for row in rows:
            row.removed_in = dataset.version
    return len(rows)


def images(
    session: Session, dataset_id: str, version: int | None = None, *, limit: int | None = None
) -> list[StyleImage]:
    """Return the images of a version, by default of the current one, in their order."""
    query = _with_image().where(*_in_version(dataset_id, version)).order_by(col(StyleDatasetImages.position))
    return [StyleImage(row, image) for row, image in session.exec(query.limit(limit))]


def by_ids(session: Session, row_ids: Sequence[str]) -> list[StyleImage]:
    """Return the images with these row ids in their order; missing ones are left out."""
    query = _with_image().where(col(StyleDatasetImages.id).in_(row_ids))
    found = {row.id: StyleImage(row, image) for row, image in session.exec(query)}
    return [found[id_] for id_ in row_ids if id_ in found]


def versions(session: Session, dataset_id: str) -> list[StyleVersions]:
    """Return the versions of a style dataset, newest first."""
    query = select(StyleVersions).where(StyleVersions.dataset_id == dataset_id)
    return list(session.exec(query.order_by(col(StyleVersions.version).desc())))


def restore_version(session: Session, dataset_id: str, version: int) -> StyleDatasets:
    """Make a new version with the name, guidelines and images of an older *version*.

    Raises:
        NotFoundError: there was no such version.
    """
    dataset = get(session, dataset_id)
    old = next((stored for stored in versions(session, dataset_id) if stored.version == version), None)
    if old is None:
        raise NotFoundError(f"This style dataset has no version {version}. Choose another one.")
    then = {entry.row.id: entry.row for entry in images(session, dataset_id, version)}
    now = {entry.row.id: entry.row for entry in images(session, dataset_id)}
    dataset.name, dataset.master_prompt = old.name, old.master_prompt
    _next_version(session, dataset, f"version {version} restored")
    for row in (row for id_, row in now.items() if id_ not in then):
        row.removed_in = dataset.version
    for row in (row for id_, row in then.items() if id_ not in now):
        session.add(_copied(row, dataset_id, row.position, dataset.version))
    return dataset


def copy(
    session: Session, dataset_id: str, project_id: str, name: str, new_ids: dict[str, str] | None = None
) -> StyleDatasets:
    """Copy a style dataset into a project; *new_ids* maps its images to those of another project."""
    source = get(session, dataset_id)
    made = create(session, project_id, name, source.master_prompt)
    for position, entry in enumerate(images(session, dataset_id)):
        row = _copied(entry.row, made.id, position, 1)
        if row.image_id and new_ids is not None:
            row.image_id = new_ids.get(row.image_id)
        if row.image_id or row.image_url:
            session.add(row)
    return made


def delete(session: Session, dataset_id: str) -> StyleDatasets:
    """Delete a style dataset (soft delete) and return it."""
    dataset = get(session, dataset_id)
    dataset.deleted_at = utc_now()
    return dataset


def restore(session: Session, dataset_id: str) -> StyleDatasets:
    """Undo ``delete``.

    Raises:
        NotFoundError: there was no such style dataset.
    """
    dataset = session.get(StyleDatasets, dataset_id)
    if dataset is None:
        raise NotFoundError("There is no such style dataset. Choose another one.")
    dataset.deleted_at = None
    return dataset


def _copied(row: StyleDatasetImages, dataset_id: str, position: int, version: int) -> StyleDatasetImages:
    return StyleDatasetImages(
        dataset_id=dataset_id, image_id=row.image_id, image_url=row.image_url, position=position,
        analysis_result=row.analysis_result, features=row.features, analysis_model=row.analysis_model,
        added_in=version,
    )  # fmt: skip


def _with_image() -> Any:
    """Select rows with their images, without those whose image is deleted; they return when it is restored."""
    return (
        select(StyleDatasetImages, Images)
        .join(Images, col(Images.id) == col(StyleDatasetImages.image_id), isouter=True)
        .where(not_deleted())
    )


def not_deleted() -> ColumnElement[bool]:
    """Return the condition that a row, outer-joined with ``Images``, has no deleted image; URLs have none."""
    return or_(col(Images.id).is_(None), col(Images.deleted_at).is_(None))


def _in_version(dataset_id: str, version: int | None = None) -> tuple[ColumnElement[bool], ...]:
    row = StyleDatasetImages
    own = col(row.dataset_id) == dataset_id
    if version is None:
        return own, col(row.removed_in).is_(None)
    return own, col(row.added_in) <= version, or_(col(row.removed_in).is_(None), col(row.removed_in) > version)


def _check_images(session: Session, project_id: str, image_ids: Sequence[str]) -> None:
    """Refuse images that do not exist and images of another project."""
    found: dict[str, str] = {}
    for start in range(0, len(image_ids), 500):
        part = image_ids[start : start + 500]
        query = select(Images.id, Images.project_id).where(col(Images.id).in_(part), col(Images.deleted_at).is_(None))
        found |= dict(session.exec(query).all())
    if missing := len(image_ids) - len(found):
        raise NotFoundError(f"{missing} of these images do not exist any more. Choose them again.")
    if any(owner != project_id for owner in found.values()):
        raise InvalidInputError(
            "Some of these images belong to another project. Choose images of this project.", field="image_ids"
        )


def _next_version(session: Session, dataset: StyleDatasets, change: str) -> None:
    dataset.version += 1
    session.add(dataset)
    _store_version(session, dataset, change)


def _store_version(session: Session, dataset: StyleDatasets, change: str) -> None:
    session.add(
        StyleVersions(
            dataset_id=dataset.id, version=dataset.version, name=dataset.name,
            master_prompt=dataset.master_prompt, change=change,
        )
    )  # fmt: skip


def _name(name: str) -> str:
    cleaned = tidy_name(name)
    if not cleaned:
        raise InvalidInputError("A style dataset needs a name. Write one.", field="name")
    return cleaned[:200]
