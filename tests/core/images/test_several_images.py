"""Deleting, restoring and merging images of questions and entries that have several."""

import pytest

from core import Projects
from core.db import Database, ImageDatasets, Images, Questions
from core.images import ImageFilter
from core.services import Services
from tests.core.images.pictures import drawn, encoded

Trio = tuple[Images, Images, Images]


@pytest.fixture
def trio(services: Services, project: Projects) -> Trio:
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(3)])
    first, second, third = (outcome.image for outcome in outcomes)
    assert first is not None
    assert second is not None
    assert third is not None
    return first, second, third


def _ask(db: Database, images: list[Images], text: str = "What differs?") -> None:
    """Add a question and an entry about the images."""
    more = ",".join(image.id for image in images[1:])
    about = {"project_id": images[0].project_id, "image_id": images[0].id, "more_image_ids": more, "question": text}
    with db.transaction() as session:
        question = Questions(**about, question_key=text.lower())
        session.add(question)
        session.flush()
        session.add(ImageDatasets(**about, image_name=images[0].image_name, answer="!", question_id=question.id))


def _images_of(services: Services, image: Images) -> list[list[str]]:
    """Return the images of each entry of an image, after a look that its questions have the same."""
    entries = [entry.image_ids for entry in services.library.entries_of(image.id)]
    assert [question.image_ids for question in services.library.questions_of(image.id)] == entries
    return entries


def test_an_entry_is_deleted_with_any_of_its_images_and_comes_back_with_the_last(
    services: Services, db: Database, trio: Trio
) -> None:
    first, second, third = trio
    _ask(db, [first, second])
    counts = services.library.count_dependents([first.id, second.id, third.id])
    assert (counts.images, counts.questions, counts.entries) == (3, 1, 1)
    pair = [[first.id, second.id]]

    services.library.delete_images([second.id])
    assert _images_of(services, first) == []
    services.library.restore_images([second.id])
    assert _images_of(services, first) == _images_of(services, second) == pair

    services.library.delete_images([first.id])
    services.library.delete_images([second.id])
    services.library.restore_images([first.id])
    assert _images_of(services, first) == []
    services.library.restore_images([second.id])
    assert _images_of(services, first) == pair

    services.library.delete_images([first.id, second.id])
    services.library.restore_images([second.id])
    assert _images_of(services, second) == []
    services.library.restore_images([first.id])
    assert _images_of(services, second) == pair


def test_an_image_that_is_only_the_second_of_an_entry_has_entries(
    services: Services, db: Database, project: Projects, trio: Trio
) -> None:
    first, second, third = trio
    _ask(db, [first, second])

    def found(has: str) -> list[str]:
        page = services.library.find_images(project.id, ImageFilter(has=has, sort="oldest"))
        assert page.total == len(page.items)
        return [image.id for image in page.items]

    assert found("entries") == found("questions") == [first.id, second.id]
    assert found("no-entries") == found("no-questions") == [third.id]
    stats = services.images.get_project_image_stats(project.id)
    assert (stats["with_entries"], stats["with_questions"]) == (2, 2)


def test_a_merge_puts_the_oldest_image_in_the_place_of_the_others_and_can_be_undone(
    services: Services, db: Database, trio: Trio
) -> None:
    first, second, third = trio
    _ask(db, [third, second, third], "Odd one out?")
    _ask(db, [second, third])

    services.duplicates.merge([first.id, third.id])

    assert _images_of(services, first) == [[first.id, second.id, first.id], [second.id, first.id]]
    assert _images_of(services, second) == [[first.id, second.id, first.id], [second.id, first.id]]
    assert [entry.image_name for entry in services.library.entries_of(first.id)] == ["0.jpg", "1.jpg"]

    services.duplicates.undo([first.id])

    assert _images_of(services, third) == [[third.id, second.id, third.id], [second.id, third.id]]
    assert [entry.image_name for entry in services.library.entries_of(third.id)] == ["2.jpg", "1.jpg"]
    assert _images_of(services, first) == []


def test_questions_that_a_merge_makes_the_same_become_one_with_the_entries_of_both(
    services: Services, db: Database, trio: Trio
) -> None:
    first, second, third = trio
    _ask(db, [first, second])
    _ask(db, [third, second])

    services.duplicates.merge([first.id, third.id])

    (question,) = services.library.questions_of(first.id)
    assert question.image_ids == [first.id, second.id]
    assert [(entry.image_ids, entry.question_id) for entry in services.library.entries_of(first.id)] == [
        ([first.id, second.id], question.id)
    ] * 2

    services.duplicates.undo([first.id])

    assert _images_of(services, third) == [[third.id, second.id]]
    assert _images_of(services, first) == [[first.id, second.id]]
    (other,) = services.library.questions_of(third.id)
    assert [entry.question_id for entry in services.library.entries_of(third.id)] == [other.id]
