"""The library: pages, tags, soft delete and restore."""

import asyncio

import pytest
from sqlmodel import select

from core import Projects
from core.db import Database, Events, ImageDatasets, Questions
from core.errors import ConflictError, InvalidInputError
from core.images import ImageFilter
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def test_restoring_an_image_restores_exactly_what_was_deleted_with_it(
    services: Services, db: Database, project: Projects
) -> None:
    image = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))
    with db.transaction() as session:
        kept = Questions(project_id=project.id, image_id=image.id, question="What is it?", question_key="what is it")
        gone = Questions(project_id=project.id, image_id=image.id, question="Who?", question_key="who")
        gone.deleted_at = gone.create_at
        entry = ImageDatasets(
            project_id=project.id, image_id=image.id, image_name="one.jpg", question="What is it?", answer="A shelf.",
            confirmed=True,
        )  # fmt: skip
        session.add_all([kept, gone, entry])

    assert services.library.count_dependents([image.id]) == services.library.delete_images([image.id])
    assert services.images.get_image(image.id) is None
    assert services.library.questions_of(image.id) == []
    assert services.library.entries_of(image.id) == []

    services.library.restore_images([image.id])

    assert [question.question for question in services.library.questions_of(image.id)] == ["What is it?"]
    assert [entry.answer for entry in services.library.entries_of(image.id)] == ["A shelf."]
    with db.reading() as session:
        assert [event.action for event in session.exec(select(Events))] == ["deleted", "restored"]


def test_dependents_are_counted_before_a_deletion(services: Services, db: Database, project: Projects) -> None:
    image = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))
    with db.transaction() as session:
        session.add(Questions(project_id=project.id, image_id=image.id, question="Who?", question_key="who"))

    counts = services.library.count_dependents([image.id, "nowhere"])

    assert (counts.images, counts.questions, counts.entries, counts.confirmed) == (1, 1, 0, 0)


def test_the_bytes_of_a_deleted_image_can_be_uploaded_again(services: Services, project: Projects) -> None:
    first = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))
    assert services.images.delete_image(first.id) is True
    assert services.images.delete_image(first.id) is False
    second = asyncio.run(services.images.upload_image(project.id, "two.jpg", encoded()))

    assert second.id != first.id
    with pytest.raises(ConflictError, match=r"The same image was added again, as two\.jpg"):
        services.library.restore_images([first.id])


def test_deleting_the_first_of_a_group_promotes_the_next_oldest(services: Services, project: Projects) -> None:
    same = drawn(1)
    outcomes = services.intake.add_images(
        project.id, [(f"{width}.jpg", encoded(same.resize((width, width * 3 // 4)))) for width in (160, 200, 240)]
    )
    first, second, third = (outcome.image for outcome in outcomes)
    assert first is not None
    assert second is not None
    assert third is not None

    services.images.delete_image(first.id)

    found = {image.id: image.near_duplicate_of for image in services.images.list_images(project.id)}
    assert found == {second.id: None, third.id: second.id}


def test_a_tag_is_added_once_and_recorded_as_an_event(services: Services, project: Projects) -> None:
    image = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))

    assert services.library.tag_images([image.id], ["shop", " front  window "]) == 1
    assert services.library.tag_images([image.id], ["shop"]) == 0
    assert services.library.get_images([image.id])[0].tags == "shop,front window"
    assert [event.new for event in services.library.history(image.id)] == [{"tags": "shop,front window"}]
    with pytest.raises(InvalidInputError):
        services.library.tag_images([image.id], ["a,b"])


def test_pages_have_no_gaps_and_no_repetitions(services: Services, project: Projects) -> None:
    outcomes = services.intake.add_images(project.id, [(f"{n:02}.jpg", encoded(drawn(n))) for n in range(7)])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = services.library.find_images(project.id, ImageFilter(sort="name"), limit=3, after=cursor)
        assert page.total == 7
        seen += [image.image_name for image in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == [outcome.image_name for outcome in outcomes]


def test_a_selection_larger_than_the_parameter_limit_is_deleted(services: Services, project: Projects) -> None:
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(2)])
    ids = [outcome.image.id for outcome in outcomes if outcome.image]
    many = [ids[0], *(f"{number:021}" for number in range(40_000)), ids[1]]

    assert services.library.count_dependents(many).images == 2
    assert services.library.delete_images(many).images == 2
