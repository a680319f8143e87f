"""Tags, deletions and their events, within one transaction."""

import pytest

from core import Images, Projects
from core.db import Database
from core.errors import InvalidInputError
from core.images import lifecycle
from core.services import Services
from tests.pictures import png


@pytest.fixture
def images(services: Services, project: Projects) -> list[Images]:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "blue")])
    return [outcome.image for outcome in added if outcome.image is not None]


def test_tags_are_added_in_their_order_and_only_changes_count(db: Database, images: list[Images]) -> None:
    ids = [image.id for image in images]
    with db.transaction() as session:
        counts = [
            lifecycle.tag(session, ids[:1], [" front  view ", "day"], "Anna"),
            lifecycle.tag(session, ids, ["day", " "], "Anna"),
            lifecycle.tag(session, ids, ["day"], "Anna"),
        ]
        stored = {image.id: image.tags for image in lifecycle.existing(session, ids)}
        (event,) = lifecycle.history(session, ids[0])

    assert counts == [1, 1, 0]
    assert stored == {ids[0]: "front view,day", ids[1]: "day"}
    assert (event.action, event.actor, event.old, event.new) == (
        "tagged", "Anna", {"tags": ""}, {"tags": "front view,day"},
    )  # fmt: skip


@pytest.mark.parametrize("tags", [[], [" "], ["a,b"], ["a", "b,c"]])
def test_no_tag_or_one_with_a_comma_is_refused(tags: list[str], db: Database, images: list[Images]) -> None:
    with db.transaction() as session, pytest.raises(InvalidInputError, match="Write at least one tag") as raised:
        lifecycle.tag(session, [images[0].id], tags, "Anna")
    assert raised.value.field == "tags"


def test_what_depends_on_images_is_counted_once(
    services: Services, db: Database, project: Projects, images: list[Images]
) -> None:
    ids = [image.id for image in images]
    services.questions.add_manual_question(ids[0], "Which?")
    services.dataset.create_dataset_entry(project.id, ids[0], "Which?", "Red.", image_ids=ids, confirmed=True)
    services.dataset.create_dataset_entry(project.id, ids[0], "What?", "A square.")

    with db.reading() as session:
        both, second = lifecycle.count_dependents(session, ids), lifecycle.count_dependents(session, ids[1:])

    assert both == lifecycle.Dependents(images=2, questions=1, entries=2, confirmed=1)
    assert second == lifecycle.Dependents(images=1, questions=0, entries=1, confirmed=1)


def test_ids_are_cut_into_chunks_of_ten_thousand() -> None:
    assert [len(some) for some in lifecycle.in_chunks(["a"] * 20_001)] == [10_000, 10_000, 1]
    assert [len(some) for some in lifecycle.in_chunks(["a"] * 10_000)] == [10_000]
    assert list(lifecycle.in_chunks([])) == []


def test_an_event_without_values_has_empty_ones(db: Database, images: list[Images]) -> None:
    with db.transaction() as session:
        event = lifecycle.record_event(session, "b", images[0], "deleted", "Anna")

        assert (event.old, event.new, event.entity, event.entity_id) == ({}, {}, "image", images[0].id)
