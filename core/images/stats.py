"""How many images a project has, of which formats, and what they have."""

from sqlalchemy import case
from sqlmodel import Session, col, func, select

from core.db import ImageDatasets, Images, Questions, is_hidden
from core.images.filter import ImageFilter, conditions, count_images_with, count_rows

_FORMATS = ("JPEG", "PNG", "WEBP")


def stats(session: Session, project_id: str) -> dict[str, int]:
    """Count the images of a project by format, by what they have, and the near-duplicates."""
    everything = conditions(project_id, ImageFilter())
    # One scan: grouping would sort all images first.
    each = (func.sum(case((col(Images.format) == name, 1), else_=0)) for name in _FORMATS)
    total, *by_format = session.execute(select(func.count(), *each).where(*everything)).one()
    near_duplicates = count_rows(session, [*everything, col(Images.near_duplicate_of).is_not(None)])
    return {
        "total_images": total,
        "total_size": _total_bytes(session, project_id),
        **{name.lower(): count or 0 for name, count in zip(_FORMATS, by_format, strict=True)},
        "with_questions": count_images_with(session, Questions, project_id),
        "with_entries": count_images_with(session, ImageDatasets, project_id),
        "near_duplicates": near_duplicates,
    }  # fmt: skip


def _total_bytes(session: Session, project_id: str) -> int:
    """Return the bytes of all originals: no index has size and visibility, but few images are hidden."""
    of_project, is_there = col(Images.project_id) == project_id, col(Images.deleted_at).is_(None)
    everything = select(func.coalesce(func.sum(Images.size), 0)).where(of_project, is_there)
    counted = func.sum(case((is_there, col(Images.size))))
    hidden = select(func.coalesce(counted, 0)).where(of_project, is_hidden())
    return int(session.exec(everything).one()) - int(session.exec(hidden).one())
