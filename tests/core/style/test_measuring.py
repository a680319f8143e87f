"""Which images of a style dataset a model has still to analyze, and where it did so already."""

import pytest
from sqlmodel import select

from core import Projects, StyleDatasets, StyleGenerationService
from core.db import Database, StyleDatasetImages
from core.style.measuring import analyzed_elsewhere, pending


@pytest.fixture
def rows(db: Database, dataset: StyleDatasets) -> list[str]:
    """The ids of the rows of a style dataset: not analyzed, measured, described by a model, by a person, removed."""
    with db.transaction() as session:
        found = list(session.exec(select(StyleDatasetImages).order_by(StyleDatasetImages.position)))
        for row, model in zip(found, ("", "offline/measure", "openai/a", "person", "openai/b"), strict=False):
            row.analysis_model = model
        found[5].removed_in = 2
        for row in found[6:]:
            row.analysis_model = "openai/a"
        return [row.id for row in found]


@pytest.mark.parametrize(
    ("model", "places"),
    [("offline/measure", [0]), ("offline/see", [0]), ("openai/a", [0, 1, 4]), ("openai/c", [0, 1, 2, 4, 6, 7])],
)
def test_a_model_analyzes_what_it_or_a_person_has_not_and_the_offline_one_what_nobody_has(
    db: Database, dataset: StyleDatasets, rows: list[str], model: str, places: list[int]
) -> None:
    with db.reading() as session:
        assert [row.id for row in pending(session, dataset.id, model)] == [rows[place] for place in places]
        assert pending(session, "another", model) == []


def test_the_analysis_of_the_same_image_in_another_style_dataset_is_found(
    db: Database, dataset: StyleDatasets, rows: list[str], style: StyleGenerationService, project: Projects
) -> None:
    other = style.create_style_dataset(project.id, "Other")
    with db.reading() as session:
        images = {row.id: row.image_id for row in session.exec(select(StyleDatasetImages))}
    style.add_images(other.id, [str(images[rows[place]]) for place in (0, 2)])

    with db.transaction() as session:
        of_other = {
            row.image_id: row
            for row in session.exec(select(StyleDatasetImages).where(StyleDatasetImages.dataset_id == other.id))
        }
        for row in of_other.values():
            row.analysis_model = ""
        session.flush()
        first, second = of_other[images[rows[0]]], of_other[images[rows[2]]]

        found = analyzed_elsewhere(session, second, "openai/a")
        assert found is not None
        assert found.id == rows[2]
        assert analyzed_elsewhere(session, first, "openai/a") is None
        assert analyzed_elsewhere(session, second, "openai/b") is None
        own = session.get_one(StyleDatasetImages, rows[2])
        assert analyzed_elsewhere(session, own, "openai/a") is None, "itself is no other row"
        second.image_id = None
        assert analyzed_elsewhere(session, second, "openai/a") is None
