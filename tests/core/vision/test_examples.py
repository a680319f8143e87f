"""Examples to search by: kept by what their vectors are, the oldest forgotten first."""

import numpy as np
import pytest

from core import Projects
from core.errors import InvalidInputError, NotFoundError
from core.services import Services
from core.vision import search
from core.vision.vectors.rows import packed
from tests.pictures import png


def test_the_newest_examples_are_kept_by_their_names(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_MAX_EXAMPLES", 2)
    queries = search.ImageSearch(services.db)
    vectors = [{"kind": packed(vector)} for vector in np.eye(3, dtype=np.float32)]

    ids = [queries.add_example(f"{number}.png", vectors[number]) for number in range(3)]

    assert len(set(ids)) == 3
    assert [queries.example_name(id_) for id_ in ids] == [None, "1.png", "2.png"]
    assert queries.add_example("again.png", vectors[2]) == ids[2]


async def test_an_example_finds_nothing_where_no_image_has_a_vector(services: Services, project: Projects) -> None:
    services.intake.add_images(project.id, [("red.png", png("red"))])
    id_ = await services.examples.add(png("red"), "mine.png")
    queries = services.images._search.get()
    assert queries.example_name(id_) == "mine.png"

    with pytest.raises(InvalidInputError, match="have no vectors to compare with"):
        queries.rank_similar(project.id, id_, 5, None)
    with pytest.raises(NotFoundError, match="not here any more"):
        queries.rank_similar(project.id, f"{id_}x", 5, None)
    await services.analysis.analyze(project.id, analyzers=["embedding"])
    assert len(queries.rank_similar(project.id, id_, 5, None)) == 1
