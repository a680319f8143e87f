"""Few-shot examples: which are suggested, which may be sent, and how they are written."""

import pytest

from core import ImageDatasets, Images, Projects
from core.errors import InvalidInputError
from core.llm import ImagePart
from core.questions import examples
from core.questions.examples import NO_EXAMPLES, Example
from core.services import Services


def add(services: Services, image: Images, question: str, **more: object) -> ImageDatasets:
    given = {"confirmed": True, "language": "en"} | more
    return services.dataset.create_dataset_entry(image.project_id, image.id, question, "A", **given)


def test_the_best_confirmed_entry_of_each_image_is_suggested(
    services: Services, project: Projects, images: list[Images]
) -> None:
    red, green, blue = images
    add(services, red, "Lower?", score=1.0)
    higher, other = add(services, red, "Higher?", score=4.0), add(services, green, "Other?", score=2.0)
    add(services, blue, "Open?", score=5.0, confirmed=False)
    add(services, blue, "German?", score=5.0, language="de")
    services.dataset.delete_dataset_entry(add(services, blue, "Deleted?", score=5.0).id)
    elsewhere = services.projects.create_project("Elsewhere")

    with services.db.reading() as session:
        assert examples.suggest(session, project.id, "en", 3) == [higher.id, other.id]
        assert examples.suggest(session, project.id, "en", 1) == [higher.id]
        assert examples.suggest(session, elsewhere.id, "en", 3) == []
    services.library.delete_images([red.id])
    with services.db.reading() as session:
        assert examples.suggest(session, project.id, "en", 3) == [other.id]


def test_examples_are_read_in_their_order_while_they_are_confirmed(
    services: Services, project: Projects, images: list[Images]
) -> None:
    first, second = add(services, images[0], "One?"), add(services, images[1], "Two?")
    elsewhere = services.projects.create_project("Elsewhere")

    with services.db.reading() as session:
        found = examples.read(session, project.id, [second.id, first.id])
        assert [(entry.id, image.id) for entry, image in found] == [
            (second.id, images[1].id), (first.id, images[0].id),
        ]  # fmt: skip
        with pytest.raises(InvalidInputError, match="not confirmed any more"):
            examples.read(session, elsewhere.id, [first.id])
    services.dataset.confirm_entry(second.id, False)
    with services.db.reading() as session, pytest.raises(InvalidInputError, match="Choose the examples again"):
        examples.read(session, project.id, [first.id, second.id])


def test_examples_are_numbered_before_the_image_and_never_its_own(services: Services, images: list[Images]) -> None:
    loaded = [
        Example(add(services, image, f"Question {number}?"), ImagePart(b"%d" % number, "image/png"))
        for number, image in enumerate(images)
    ]

    made = examples.build(loaded, "en", without=images[1].id)
    asked = ImagePart(b"asked", "image/png")

    assert [part.data for part in made.images(asked)] == [b"0", b"2", b"asked"]
    assert made.prompt("Ask.").startswith("Ask.\n\n")
    assert "1. Question 0? A\n2. Question 2? A" in made.prompt("Ask.")
    assert examples.build(loaded[:1], "en", without=images[0].id) is NO_EXAMPLES
    assert NO_EXAMPLES.prompt("Ask.") == "Ask."
