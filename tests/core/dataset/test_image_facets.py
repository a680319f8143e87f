from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core import ImageDatasets, Images, Projects
from core.dataset import EntryQueries, parse_search
from core.db import Database
from core.search_line import FacetValue
from tests.core.dataset.conftest import add_image

Make = Callable[..., ImageDatasets]


@pytest.mark.parametrize("longer_side", ["width", "height"])
def test_images_are_grouped_by_their_longer_side_at_640_1280_and_2560_px(
    longer_side: str, make: Make, entries: EntryQueries, db: Database, project: Projects
) -> None:
    for side_px in (639, 640, 1279, 1280, 2559, 2560):
        image = add_image(db, project.id, f"{side_px}.jpg")
        with db.transaction() as session:
            stored = session.get_one(Images, image.id)
            stored.width = stored.height = 480
            setattr(stored, longer_side, side_px)
        make(image_id=image.id)
    facets = {facet.field: facet for facet in entries.facets(project.id, parse_search(""))}
    assert facets["side"].values == (
        FacetValue("<640", "under 640 px", 1),
        FacetValue("640..1279", "640 to 1,279 px", 2),
        FacetValue("1280..2559", "1,280 to 2,559 px", 2),
        FacetValue(">=2560", "2,560 px and more", 1),
    )


@pytest.mark.parametrize(
    ("days", "values"),
    [
        ([1, 1, 2], [("2026-05-02", 1), ("2026-05-01", 2)]),
        ([*range(1, 22)], [(f"2026-05-{day:02}", 1) for day in range(21, 0, -1)]),
        ([*range(1, 23), 32], [("2026-06", 1), ("2026-05", 22)]),
        ([1, 1], None),
    ],
)
def test_entries_are_grouped_by_day_or_by_month_when_there_are_more_than_21_days(
    days: list[int], values: list[tuple[str, int]] | None, make: Make, entries: EntryQueries, db: Database,
    project: Projects,
) -> None:  # fmt: skip
    first = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for day in days:
        entry = make()
        with db.transaction() as session:
            session.get_one(ImageDatasets, entry.id).create_at = first + timedelta(days=day - 1)

    facets = {facet.field: facet.values for facet in entries.facets(project.id, parse_search(""))}

    assert facets.get("created") == (None if values is None else tuple(FacetValue(name, name, n) for name, n in values))
