"""Tags that a person accepts or removes: they stay so through new analyses, and each change can be undone."""

import pytest
from sqlmodel import select

from core import Projects
from core.caller import Caller, acting
from core.db import ImageFindings
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.services import Services
from core.vision import store
from core.vision.analyzers.base import Analysis
from core.vision.tag_review import ImageTags
from tests.core.vision.conftest import add_images


@pytest.fixture
def image_id(services: Services, project: Projects) -> str:
    (image_id,) = add_images(services, project.id, "street.jpg").values()
    _analyze(services, project, image_id, "car", "Dog", "tree")
    return image_id


def _analyze(services: Services, project: Projects, image_id: str, *tags: str, version: str = "1") -> None:
    result = {"tags": [{"tag": tag, "score": 0.9} for tag in tags]}
    with services.db.transaction() as session:
        store.write(session, project.id, "tags", version, {image_id: Analysis(result)})


def test_an_accepted_tag_becomes_one_of_the_image(services: Services, image_id: str) -> None:
    assert services.tag_review.change(image_id, accept=["Dog"], actor="Ada") == ImageTags(["Dog"], ["car", "tree"], [])
    image = services.images.get_image(image_id)
    assert image is not None
    assert image.tags == "Dog"
    assert [(event.action, event.actor) for event in services.library.history(image_id)] == [("tagged", "Ada")]


def test_a_change_of_tags_names_who_has_signed_in(services: Services, image_id: str) -> None:
    with acting(Caller("olga", way="page", is_signed_in=True)):
        services.tag_review.change(image_id, accept=["Dog"])
    assert [event.actor for event in services.library.history(image_id)] == ["olga"]


def test_a_removed_tag_is_never_proposed_again(services: Services, project: Projects, image_id: str) -> None:
    assert services.tag_review.change(image_id, remove=["dog"]).removed == ["dog"]
    _analyze(services, project, image_id, "dog", "car", "bus", version="2")
    assert services.tag_review.tags(image_id) == ImageTags([], ["car", "bus"], ["dog"])
    with services.db.reading() as session:
        assert sorted(session.exec(select(ImageFindings.label))) == ["bus", "car"]


def test_an_accepted_tag_can_be_removed_and_a_removed_one_accepted(services: Services, image_id: str) -> None:
    services.tag_review.change(image_id, accept=["car", "tree"])
    assert services.tag_review.change(image_id, remove=["car"]) == ImageTags(["tree"], ["Dog"], ["car"])
    assert services.tag_review.change(image_id, accept=["car"]) == ImageTags(["tree", "car"], ["Dog"], [])


def test_the_last_changes_are_undone_one_by_one(services: Services, image_id: str) -> None:
    services.tag_review.change(image_id, accept=["car"])
    services.tag_review.change(image_id, remove=["dog"])
    services.library.tag_images([image_id], ["typed"])
    undone = [services.tag_review.undo(image_id) for _ in range(3)]
    assert [(one.accepted, one.removed) for one in undone] == [(["car"], ["dog"]), (["car"], []), ([], [])]
    with pytest.raises(ConflictError, match="There is no change of tags to undo"):
        services.tag_review.undo(image_id)


def test_what_was_removed_is_kept_where_no_analyzer_ran(services: Services, project: Projects) -> None:
    (image_id,) = add_images(services, project.id, "field.jpg").values()
    services.tag_review.change(image_id, remove=["cow"])
    assert image_id in services.analysis.store.image_ids_to_analyze(project.id, "tags", None)
    _analyze(services, project, image_id, "cow", "grass")
    assert services.tag_review.tags(image_id) == ImageTags([], ["grass"], ["cow"])


def test_changes_without_sense_are_refused(services: Services, image_id: str) -> None:
    for accept, remove in (([], []), ([" "], []), (["car"], ["Car"])):
        with pytest.raises(InvalidInputError, match="each once"):
            services.tag_review.change(image_id, accept, remove)
    with pytest.raises(NotFoundError):
        services.tag_review.change("x" * 21, ["car"])


def test_several_images_are_tagged_at_once_and_that_is_undone_at_once(services: Services, project: Projects) -> None:
    ids = list(add_images(services, project.id, "a.jpg", "b.jpg", "c.jpg").values())
    _analyze(services, project, ids[0], "car", "tree")
    services.tag_review.change(ids[1], accept=["tree", "road"])

    done = services.tag_review.change_many(project.id, ids, ["Front"], ["tree"])

    assert done.images == 3
    assert [services.tag_review.tags(id_) for id_ in ids] == [
        ImageTags(["Front"], ["car"], ["tree"]), ImageTags(["road", "Front"], [], ["tree"]),
        ImageTags(["Front"], [], []),
    ]  # fmt: skip
    assert services.tag_review.tags_in(ids) == ["Front", "road"]

    services.tag_review.change(ids[2], accept=["later"])
    undone = services.tag_review.undo_batch(project.id, done.batch_id)

    assert (undone.images, undone.conflicts) == (2, 1)
    assert [services.tag_review.tags(id_).accepted for id_ in ids] == [[], ["tree", "road"], ["Front", "later"]]
    assert services.tag_review.tags(ids[0]).proposed == ["car", "tree"]
    with pytest.raises(NotFoundError):
        services.tag_review.undo_batch(project.id, "x" * 21)
