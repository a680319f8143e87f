from collections.abc import Callable

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
