"""Duplicate detection at import: a file with known bytes gets no row, a similar image is marked as a near-duplicate."""

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, select

from core.db import LIBRARY, Images, in_library
from core.images.import_outcome import ImageOutcome
from core.images.near_duplicates import NearDuplicateIndex
from core.images.originals_in_place import register
from core.images.quota import quota_of
from core.images.stored_file import DecodedImage, StoredFile


def record(
    session: Session, project_id: str, files: Sequence[StoredFile], source: str, *, visibility: str = LIBRARY
) -> list[ImageOutcome]:
    """Add the rows of *files* to the caller's transaction and return the outcome of each file.

    A variant looks like its original on purpose: it is no near-duplicate, and no other image becomes one of it.

    An image for which the quota of the project has no room is rejected with the reason; variants and hidden images are
    not counted.

    May be called again with the same files after a rollback: each call makes new rows.
    """
    register(session, files)
    decoded = [file.image for file in files if file.image]
    known = _same_bytes(session, project_id, [image.sha256 for image in decoded])
    index = NearDuplicateIndex(session, project_id, [h for image in decoded for h in (image.dhash, image.mirror_dhash)])
    quota = quota_of(session, project_id)
    outcomes = []
    for file in files:
        if file.image is None:
            outcomes.append(ImageOutcome(file.name, "rejected", None, file.reason))
        elif (same := known.get(file.image.sha256)) is not None:
            reason = f"The project already has this image, as {same.image_name}."
            outcomes.append(ImageOutcome(file.name, "duplicate", same, reason))
        elif visibility == LIBRARY and file.variant is None and (full := quota.take(file.image.size_bytes)):
            outcomes.append(ImageOutcome(file.name, "rejected", None, full))
        else:
            image = _new_row(project_id, file, file.image, source, visibility)
            if file.variant is not None:
                session.add(image)
                outcomes.append(ImageOutcome(image.image_name, "added", image, file.reason))
            else:
                outcomes.append(_added(session, image, index, file.image.mirror_dhash, file.reason))
            known[image.sha256] = image
    session.flush()
    index.write()
    return outcomes


def _new_row(project_id: str, file: StoredFile, image: DecodedImage, source: str, visibility: str) -> Images:
    return Images(
        project_id=project_id, image_name=file.name, path=image.path, size=image.size_bytes, width=image.width,
        height=image.height, sha256=image.sha256, format=image.format, dhash=image.dhash,
        average_color=image.average_color, colors=",".join(image.colors), brightness=image.brightness,
        contrast=image.contrast, sharpness=image.sharpness, source=source, source_ref=file.source_ref,
        visibility=visibility, variant_of=file.variant.original_id if file.variant else None,
        variant_steps=file.variant.steps if file.variant else None,
    )  # fmt: skip


def _added(
    session: Session, image: Images, index: NearDuplicateIndex, mirror_dhash: str, reason: str | None
) -> ImageOutcome:
    """Add the row, marked as a near-duplicate of a similar image if there is one."""
    similar = index.find(image.dhash, mirror_dhash)
    image.near_duplicate_of = similar.first_id if similar else None
    session.add(image)
    index.add(image)
    if similar is None:
        return ImageOutcome(image.image_name, "added", image, reason)
    likeness = f"It looks like {similar.name}. Both are stored; compare them."
    reason = f"{reason} {likeness}" if reason else likeness
    return ImageOutcome(image.image_name, "near-duplicate", image, reason)


def _same_bytes(session: Session, project_id: str, hashes: list[str]) -> dict[str, Images]:
    """Return the project's images with these bytes by their sha256."""
    # One query for each hash: with a list of hashes SQLite scans the project instead of using ix_images_identity.
    query = select(Images).where(Images.project_id == project_id, Images.sha256 == bindparam("sha256"), in_library())
    found = (session.execute(query, {"sha256": sha256}).scalars().first() for sha256 in hashes)
    return {image.sha256: image for image in found if image is not None}
