"""Images are found by words: by what they have, and by what means the same."""

import pytest
from sqlmodel import select

from core import Projects
from core.db import ImageAnalyses, ImageVectors
from core.errors import InvalidInputError, NotFoundError
from core.services import Services
from core.vision.store import WORDS, derive
from tests.core.vision.conftest import add_images


def _describe(services: Services, project_id: str, results: dict[str, tuple[str, dict[str, object]]]) -> None:
    """Store results by image id: the name of the analyzer, and its result."""
    with services.db.transaction() as session:
        for image_id, (analyzer, result) in results.items():
            session.add(
                ImageAnalyses(
                    project_id=project_id, image_id=image_id, analyzer=analyzer, version="test", result=result
                )
            )  # fmt: skip
        session.flush()
        derive(session, project_id, list(results))


def _objects(*labels: str) -> tuple[str, dict[str, object]]:
    return "objects", {"items": [{"label": label, "score": 0.9, "box_xyxy": [0, 0, 1, 1]} for label in labels]}


def _text(text: str) -> tuple[str, dict[str, object]]:
    return "text", {"lines": [{"text": text, "score": 0.9, "box_xyxy": [0, 0, 1, 1]}]}


@pytest.fixture
def ids(services: Services, project: Projects) -> dict[str, str]:
    made = add_images(services, project.id, "dog.jpg", "bus.jpg", "sign.jpg", "nothing.jpg")
    _describe(services, project.id, {
        made["dog.jpg"]: _objects("dog", "surfboard"), made["bus.jpg"]: _objects("bus", "traffic light"),
        made["sign.jpg"]: _text("HARROW VALE 18:42"),
    })  # fmt: skip
    return made


def _names(services: Services, project: Projects, text: str) -> list[str]:
    return [image.image_name for image, _ in services.images.search_images(project.id, text)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("dog", "dog.jpg"),
        ("a dog on the beach", "dog.jpg"),
        ("traffic", "bus.jpg"),
        ("public transport bus", "bus.jpg"),
        ("harrow", "sign.jpg"),
        ("Harrow Vale", "sign.jpg"),
        ("18:42", "sign.jpg"),
    ],
)
def test_the_image_that_has_the_words_or_their_meaning_is_first(
    services: Services, project: Projects, ids: dict[str, str], text: str, first: str
) -> None:
    assert _names(services, project, text)[:1] == [first]


def test_a_phrase_finds_what_its_words_find(services: Services, project: Projects, ids: dict[str, str]) -> None:
    assert _names(services, project, "buses")[:1] == ["bus.jpg"]
    for phrase in ("surfboards on the water", "a vale with the river", "neben dem HARROW", "bus.jpg of the day"):
        found = services.image_queries.find_ids(project.id, phrase)
        wanted = "dog.jpg" if "surf" in phrase else "bus.jpg" if "bus" in phrase else "sign.jpg"
        assert found[:1] == [ids[wanted]], phrase


def test_an_image_that_nothing_is_known_of_is_not_found(
    services: Services, project: Projects, ids: dict[str, str]
) -> None:
    assert "nothing.jpg" not in _names(services, project, "dog bus harrow")


def test_a_deleted_image_is_not_found(services: Services, project: Projects, ids: dict[str, str]) -> None:
    services.images.delete_image(ids["dog.jpg"])
    assert "dog.jpg" not in _names(services, project, "dog")


def test_the_vector_of_words_follows_the_results(services: Services, project: Projects, ids: dict[str, str]) -> None:
    with services.db.transaction() as session:
        row = session.exec(select(ImageAnalyses).where(ImageAnalyses.image_id == ids["dog.jpg"])).one()
        row.result = _objects("airplane")[1]
        session.add(row)
        session.flush()
        derive(session, project.id, [ids["dog.jpg"]])
        kinds = list(session.exec(select(ImageVectors.kind).where(ImageVectors.image_id == ids["dog.jpg"])))
    assert kinds == [WORDS]
    assert _names(services, project, "airplane")[:1] == ["dog.jpg"]


def test_empty_words_and_unknown_images_are_refused(services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="Write what the images should show"):
        services.images.search_images(project.id, " ?! ")
    with pytest.raises(NotFoundError, match="does not exist any more"):
        services.images.find_similar("x" * 21)
