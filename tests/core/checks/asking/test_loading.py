"""What is told of an entry beside its question: the turns before it, and what people answered."""

from typing import Any

import pytest

from core import ImageDatasets, Projects
from core.checks.asking.loading import _answers_of_people, _earlier_turns
from core.services import Services
from tests.pictures import png


@pytest.fixture
def image_ids(services: Services, project: Projects) -> list[str]:
    files = [(f"{color}.png", png(color)) for color in ("red", "blue")]
    return [one.image.id for one in services.intake.add_images(project.id, files) if one.image]


def _add(services: Services, project: Projects, of_image: str, asked: str, answer: str, **more: Any) -> ImageDatasets:
    made = services.dataset.create_dataset_entry(project.id, of_image, asked, answer)
    with services.db.transaction() as session:
        row = session.get(ImageDatasets, made.id)
        assert row is not None
        for name, value in more.items():
            setattr(row, name, value)
    with services.db.reading() as session:
        found = session.get(ImageDatasets, made.id)
        assert found is not None
        session.expunge(found)
    return found


def test_the_turns_before_an_entry_are_those_of_its_conversation(
    services: Services, project: Projects, image_ids: list[str]
) -> None:
    image_id = image_ids[0]
    _add(services, project, image_id, "Two?", "2", conversation_id="c", turn=1)
    _add(services, project, image_id, "One?", "1", conversation_id="c", turn=0)
    third = _add(services, project, image_id, "Three?", "3", conversation_id="c", turn=2)
    _add(services, project, image_id, "Four?", "4", conversation_id="c", turn=3)
    _add(services, project, image_id, "Other?", "5", conversation_id="d", turn=0)
    deleted = _add(services, project, image_id, "Deleted?", "6", conversation_id="c", turn=1)
    services.dataset.delete_dataset_entry(deleted.id)
    alone = _add(services, project, image_id, "Alone?", "7")

    with services.db.reading() as session:
        assert _earlier_turns(session, third) == (("One?", "1"), ("Two?", "2"))
        assert _earlier_turns(session, alone) == ()


def test_answers_of_people_are_those_to_the_same_question_about_the_image(
    services: Services, project: Projects, image_ids: list[str]
) -> None:
    image_id, other_id = image_ids
    asked = _add(services, project, image_id, "What is it?", "A cup", model="openai/x")
    _add(services, project, image_id, " what IS it? ", "A mug")
    _add(services, project, image_id, "What is it?", "A bowl", model="openai/y", confirmed=True)
    for different in (
        {"model": "openai/z"}, {"rejected": True}, {"answer_type": "label"}, {"image_id": other_id},
        {"more_image_ids": other_id}, {"question": "Which is it?"},
    ):  # fmt: skip
        _add(services, project, image_id, "What is it?", "Another", **different)
    lonely = _add(services, project, other_id, "Who is it?", "Nobody")

    with services.db.reading() as session:
        assert _answers_of_people(session, asked) == ("A cup", "A mug", "A bowl")
        assert _answers_of_people(session, lonely) == ()
