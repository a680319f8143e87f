"""Images that look alike, group by group: the first one and those that look like it."""

from dataclasses import dataclass, replace

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import Images, in_library
from core.images.filter import ImageFilter, conditions


@dataclass(frozen=True)
class AlikeGroups:
    """One page of groups; each has its images oldest first, so that the one the others look like leads."""

    groups: list[list[Images]]
    next_cursor: str | None
    """Hand it in to get what follows; None at the end."""
    total: int
    """Groups of all pages."""


def find_groups(
    session: Session, project_id: str, image_filter: ImageFilter, limit: int, after: str | None
) -> AlikeGroups:
    """Read one page of the groups that an image fitting the filter looks like."""
    first = col(Images.near_duplicate_of)
    where = [*conditions(project_id, replace(image_filter, alike=False)), first.is_not(None)]
    total = session.exec(select(func.count(func.distinct(first))).where(*where)).one()
    beyond = [] if after is None else [first > after]
    query = select(first).where(*where, *beyond).group_by(first).order_by(first).limit(limit + 1)
    firsts = [str(id_) for id_ in session.exec(query)]
    shown = firsts[:limit]
    members = _members(session, project_id, shown)
    return AlikeGroups([members[id_] for id_ in shown], shown[-1] if len(firsts) > limit else None, total)


def _members(session: Session, project_id: str, firsts: list[str]) -> dict[str, list[Images]]:
    leading = select(Images).where(col(Images.id).in_(firsts))
    following = (
        select(Images)
        .where(
            Images.project_id == project_id,
            col(Images.near_duplicate_of).in_(firsts),
            in_library(),
        )
        .order_by(col(Images.create_at), col(Images.id))
    )
    found: dict[str, list[Images]] = {image.id: [image] for image in session.exec(leading)}
    for image in session.exec(following):
        found.setdefault(str(image.near_duplicate_of), []).append(image)
    return found
