"""The sample project: what it has from the start, and which of its wrong answers were found."""

from pathlib import Path

import pytest
from sqlmodel import select

from core.db import Database, ImageDatasets, Images, ImageVectors, utc_now
from core.errors import InvalidInputError
from core.images import sandbox
from core.sample.project import WrongAnswers
from core.services import Services
from core.vision import store
from core.vision.vectors.rows import unpacked


def _entry(services: Services, project_id: str, image: str, question: str) -> ImageDatasets:
    (found,) = (
        entry
        for entry in services.dataset.iter_dataset_entries(project_id)
        if (entry.image_name, entry.question) == (image, question)
    )
    return found


def _word_vectors(services: Services, project_id: str) -> dict[str, list[float]]:
    query = select(ImageVectors).where(ImageVectors.project_id == project_id, ImageVectors.kind == store.WORDS)
    with services.db.reading() as session:
        return {row.image_id: unpacked([row.vector])[0].tolist() for row in session.exec(query)}


def test_it_has_photographs_with_entries_and_drawings_without_and_decodes_none(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "sandbox", lambda settings: pytest.fail("an image was decoded"))

    project = services.samples.create()

    counts = services.projects.counts(project.id)
    assert (counts.images, counts.images_without_questions, counts.entries, counts.questions) == (33, 12, 106, 106)
    images = services.images.list_images(project.id)
    assert {image.source for image in images} == {"sample"}
    assert all(Path(services.images.thumbnail_path(image)).is_file() for image in images)
    assert services.images.original_path(images[0]).stat().st_size == images[0].size


def test_the_vectors_of_words_are_those_that_an_analysis_makes(services: Services) -> None:
    """Otherwise write what an analysis stores into vectors.json."""
    project = services.samples.create()
    shipped = _word_vectors(services, project.id)

    with services.db.transaction() as session:
        store.derive(session, project.id, list(shipped))

    made = _word_vectors(services, project.id)
    assert len(shipped) == 21
    assert shipped.keys() == made.keys()
    assert all(made[image_id] == pytest.approx(vector, abs=0.001) for image_id, vector in shipped.items())


def test_questions_have_the_boxes_of_what_they_name_and_the_objects_can_be_searched(services: Services) -> None:
    project = services.samples.create()

    entry = _entry(services, project.id, "apples_four.jpg", "How many apples are on the cutting board?")

    assert [box["label"] for box in entry.boxes or ()] == ["cutting board", "apple", "apple", "apple", "apple"]
    assert (entry.kind, entry.origin, entry.confirmed) == ("count", "imported", False)
    labels = {count.label: count.images for count in services.analysis.store.labels(project.id, "objects")}
    assert labels["apple"] == 3
    ((nearest, _), *_) = services.images.find_similar(entry.image_id)
    assert nearest.image_name == "apples_five.jpg"


def test_one_question_about_each_pair_of_photographs_has_a_twin_that_undo_leaves_alone(services: Services) -> None:
    project = services.samples.create()
    entry = _entry(services, project.id, "lamps_left.jpg", "Which of the lamps is switched on?")

    twin, image = services.twins.twins_of([entry.id])[entry.id]

    assert (twin.answer, image.image_name) == ("The right one.", "lamps_right.jpg")
    assert services.review.undo(project.id, actor="local") is None


def test_a_wrong_answer_is_caught_when_it_is_rejected_or_corrected_and_missed_when_it_is_confirmed(
    services: Services,
) -> None:
    project, other = services.samples.create(), services.samples.create()
    house = _entry(services, project.id, "parcel.jpg", "What is the house number in the address?")
    fruit = _entry(services, project.id, "breakfast.jpg", "Which fruit lies in the bowl together with the oranges?")
    spine = _entry(services, project.id, "bookshelf.jpg", 'What color is the spine of "Night Ferries"?')
    assert services.samples.wrong_answers(project.id) == WrongAnswers(6, 0, ())

    services.review.decide(house.id, house.version, "reject", actor="Ada")
    services.review.decide(fruit.id, fruit.version, "confirm", changes={"answer": "Apples."}, actor="Ada")
    services.review.decide(spine.id, spine.version, "confirm", actor="Ada")

    assert services.samples.wrong_answers(project.id) == WrongAnswers(6, 2, ((spine.question, "Blue."),))
    assert services.samples.wrong_answers(other.id) == WrongAnswers(6, 0, ())


def test_only_a_project_that_came_with_the_photographs_is_a_sample(services: Services, db: Database) -> None:
    first, second = services.samples.create(), services.samples.create()
    other = services.projects.create_project("Shelf")

    assert (first.name, second.name) == ("Sample project", "Sample project 2")
    assert [services.samples.is_sample(one.id) for one in (first, second, other)] == [True, True, False]


def test_a_full_quota_makes_a_smaller_sample(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.db, "settings", services.db.settings.model_copy(update={"project_max_images": 2}))

    project = services.samples.create()

    counts = services.projects.counts(project.id)
    assert (counts.images, counts.entries) == (2, 11)


@pytest.mark.parametrize(
    ("columns", "is_found", "is_sample"),
    [
        ({}, True, True),
        ({"source": "upload"}, False, False),
        ({"deleted_at": utc_now()}, False, True),
        ({"image_name": "shelf.jpg"}, False, False),
    ],
)
def test_a_photograph_is_found_by_its_file_in_its_own_project(
    services: Services, columns: dict[str, object], is_found: bool, is_sample: bool
) -> None:
    project, other = (services.projects.create_project(name) for name in ("Shelf", "Other"))
    image = Images(**{
        "project_id": project.id, "image_name": "apples_four.jpg", "path": "a", "size": 1, "width": 1, "height": 1,
        "sha256": "a", "format": "JPEG", "source": "sample", **columns,
    })  # fmt: skip
    with services.db.transaction() as session:
        session.add(image)

    assert services.samples.image_id(project.id, "apples_four.jpg") == (image.id if is_found else None)
    assert services.samples.image_id(other.id, "apples_four.jpg") is None
    assert (services.samples.is_sample(project.id), services.samples.is_sample(other.id)) == (is_sample, False)


def test_names_are_tried_up_to_999(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = list[str]()

    def is_taken(name: str, *_: object, **__: object) -> None:
        tried.append(name)
        raise InvalidInputError("There is a project with this name.")

    monkeypatch.setattr(services.samples._projects, "create_project", is_taken)
    with pytest.raises(InvalidInputError, match="too many sample projects"):
        services.samples.create()

    assert (tried[:2], tried[-1], len(tried)) == (["Sample project", "Sample project 2"], "Sample project 999", 999)
