"""The images of a filter's entries, with all that was asked about them."""

from typing import Any

import pytest

from core import Projects
from core.dataset import parse_search
from core.errors import InvalidInputError
from core.services import Services
from tests.pictures import striped

Shown = list[tuple[str, list[str], list[str], list[str]]]


@pytest.fixture
def asked(services: Services, project: Projects) -> Projects:
    """Four images: two with entries, one with a question without an answer as well, one without anything."""
    added = services.intake.add_images(project.id, [(f"{number}.png", striped(number)) for number in range(4)])
    first, second, third, _ = (outcome.image for outcome in added)
    assert first is not None
    assert second is not None
    assert third is not None
    create = services.dataset.create_dataset_entry
    create(project.id, first.id, "How many?", "1", "m", kind="count")
    create(project.id, second.id, "Which?", "red", "m", kind="color", image_ids=[second.id, third.id])
    create(project.id, first.id, "Is it red?", "yes", "m", kind="yes/no")
    deleted = create(project.id, third.id, "Deleted?", "yes", "m")
    services.dataset.delete_dataset_entry(deleted.id)
    services.questions.add_manual_question(second.id, "Why?")
    return project


def shown(services: Services, project: Projects, line: str, **where: Any) -> tuple[Shown, str | None]:
    page = services.entries.find_asked_images(project.id, parse_search(line), **where)
    return [
        (one.image.image_name, [e.question for e in one.found], [e.question for e in one.others], list(one.unanswered))
        for one in page.items
    ], page.next_cursor


def test_each_image_is_there_once_with_all_its_questions(services: Services, asked: Projects) -> None:
    found, cursor = shown(services, asked, "")
    assert found == [("1.png", ["Which?"], [], ["Why?"]), ("0.png", ["How many?", "Is it red?"], [], [])]
    assert cursor is None
    assert services.entries.count_asked_images(asked.id, parse_search("")) == 2


def test_what_the_search_does_not_find_stands_behind_what_it_finds(services: Services, asked: Projects) -> None:
    assert shown(services, asked, "kind:yes/no")[0] == [("0.png", ["Is it red?"], ["How many?"], [])]
    assert shown(services, asked, "how")[0] == [("0.png", ["How many?"], ["Is it red?"], [])]
    assert shown(services, asked, "kind:count is:confirmed")[0] == []
    assert services.entries.count_asked_images(asked.id, parse_search("kind:yes/no")) == 1


def test_pages_follow_each_other_from_the_newest_image_to_the_oldest(services: Services, asked: Projects) -> None:
    first, cursor = shown(services, asked, "", limit=1)
    assert [row[0] for row in first] == ["1.png"]
    second, end = shown(services, asked, "", limit=1, after=cursor)
    assert [row[0] for row in second] == ["0.png"]
    assert end is None
    with pytest.raises(InvalidInputError, match="This page does not exist any more"):
        shown(services, asked, "", after="nowhere")
