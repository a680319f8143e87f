"""Facets beside those of the entry's own fields: the size of its image, and the date of its creation."""

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter
from core.db import ImageDatasets, Images
from core.search_line import Facet, FacetValue

_Entry = ImageDatasets
MAX_DAYS = 21
"""More days than this are grouped by month."""

_SIDES = (("<640", "under 640 px"), ("640..1279", "640 to 1,279 px"), ("1280..2559", "1,280 to 2,559 px"))
_LARGEST = (">=2560", "2,560 px and more")


def sides(session: Session, project_id: str, entry_filter: EntryFilter) -> Facet | None:
    """Return the facet of the longer side of the image; None when all entries are alike."""
    longer = case((col(Images.width) > col(Images.height), col(Images.width)), else_=col(Images.height))
    term = case(
        (longer < 640, _SIDES[0][0]), (longer < 1280, _SIDES[1][0]), (longer < 2560, _SIDES[2][0]), else_=_LARGEST[0]
    )
    where = conditions(project_id, entry_filter.without("side"))
    # Grouped by image first, so that each image is read once, not once for each of its entries.
    by_image = select(col(_Entry.image_id), func.count().label("entries")).where(*where).group_by(_Entry.image_id)
    counted = by_image.subquery()
    rows = session.execute(
        select(term, func.sum(counted.c.entries)).join(counted, counted.c.image_id == Images.id).group_by(term)
    ).all()
    counts = {name: int(count) for name, count in rows}
    values = tuple(FacetValue(name, label, counts[name]) for name, label in (*_SIDES, _LARGEST) if counts.get(name))
    return Facet("side", "Size of the image", values) if len(values) > 1 or entry_filter.values("side") else None


def times(session: Session, project_id: str, entry_filter: EntryFilter) -> Facet | None:
    """Return the facet of the day of creation, or of the month when there are many days; latest first."""
    day = func.date(col(_Entry.create_at))
    where = conditions(project_id, entry_filter.without("created"))
    rows = session.execute(select(day, func.count()).where(*where).group_by(day)).all()
    length = len("2026-05-01") if len(rows) <= MAX_DAYS else len("2026-05")
    counts: dict[str, int] = {}
    for date, count in rows:
        counts[str(date)[:length]] = counts.get(str(date)[:length], 0) + count
    values = tuple(FacetValue(name, name, counts[name]) for name in sorted(counts, reverse=True))
    return Facet("created", "Made on", values) if len(values) > 1 or entry_filter.values("created") else None
