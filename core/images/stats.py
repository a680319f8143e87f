"""How many images a project has, of which formats, and what they have."""

from sqlmodel import Session, col, func, select

from core.db import ImageDatasets, Images, Questions, is_hidden
from core.images.filter import ImageFilter, conditions, count_images_with, count_rows


def stats(session: Session, project_id: str) -> dict[str, int]:
    """Count the images of a project by format, by what they have, and the near-duplicates."""
    everything = conditions(project_id, ImageFilter())
    formats = select(Images.format, func.count()).where(*everything).group_by(Images.format)
    by_format = dict(session.exec(formats).all())
    near_duplicates = count_rows(session, [*everything, col(Images.near_duplicate_of).is_not(None)])
    return {
        "total_images": sum(by_format.values()),
        "total_size": _total_bytes(session, project_id),
        **{name.lower(): by_format.get(name, 0) for name in ("JPEG", "PNG", "WEBP")},
        "with_questions": count_images_with(session, Questions, project_id),
        "with_entries": count_images_with(session, ImageDatasets, project_id),
        "near_duplicates": near_duplicates,
    }  # fmt: skip


def _total_bytes(session: Session, project_id: str) -> int:
    """Return the bytes of all originals: no index has size and visibility, but few images are hidden."""
    total = select(func.coalesce(func.sum(Images.size), 0)).where(
        col(Images.project_id) == project_id, col(Images.deleted_at).is_(None)
    )
    return int(session.exec(total).one()) - int(session.exec(total.where(is_hidden())).one())
