"""The drawer of an image: facts, neighbors, questions and entries."""

import pytest
from streamlit.testing.v1 import AppTest

from core import Images
from core.transform import CropRecipe, Preprocessing
from tests.pages.running import services, texts
from tests.pictures import png


@pytest.fixture
def images() -> list[Images]:
    project = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(
        project.id, [(f"{color}.png", png(color, (40, 30))) for color in ("red", "blue", "lime")]
    )
    return [outcome.image for outcome in outcomes if outcome.image is not None]


def _drawer(image_id: str, neighbors: list[str]) -> AppTest:
    def script(image_id: str, neighbors: list[str]) -> None:
        from pages.components.shared import image_drawer

        image_drawer.show(image_id, neighbors)

    at = AppTest.from_function(script, kwargs={"image_id": image_id, "neighbors": neighbors}, default_timeout=120)
    at.run()
    assert not at.exception
    return at


def test_the_facts_of_an_image_are_its_size_colors_and_origin(images: list[Images]) -> None:
    shown = texts(_drawer(images[0].id, [images[0].id]))

    for fact in (f"40 x 30 px, {images[0].size} bytes PNG", "red", "upload", f"{images[0].sha256[:16]}…"):
        assert fact in shown
    assert "This image has no questions yet." in shown
    assert not any("on this page" in text for text in shown)


def test_an_image_whose_pixels_were_not_measured_has_its_other_facts(images: list[Images]) -> None:
    with services().db.transaction() as session:
        session.merge(images[0]).brightness = None
    shown = texts(_drawer(images[0].id, [images[0].id]))
    assert any(line.startswith("40 x 30 px, ") for line in shown)
    assert not any("contrast" in text for text in shown)


@pytest.mark.parametrize(
    ("at_", "place", "first", "last"), [(0, 1, True, False), (1, 2, False, False), (2, 3, False, True)]
)
def test_neighbors_are_stepped_through_to_both_ends(
    at_: int, place: int, first: bool, last: bool, images: list[Images]
) -> None:
    ids = [image.id for image in images]
    at = _drawer(ids[at_], ids)

    assert f"{place} of 3 on this page" in texts(at)
    assert (at.button(key="drawer-previous").disabled, at.button(key="drawer-next").disabled) == (first, last)


def test_entries_come_before_the_questions_without_an_answer(images: list[Images]) -> None:
    project_id, image = images[0].project_id, images[0]
    services().questions.add_manual_question(image.id, "Which color?")
    services().dataset.create_dataset_entry(project_id, image.id, "Is it red?", "Yes.")

    shown = texts(_drawer(image.id, [image.id]))

    assert "Is it red?" in shown
    assert any(text.startswith("open · ") for text in shown)
    assert shown.count("No answer yet") == 1
    assert "This image has no questions yet." not in shown


def test_an_image_that_is_gone_says_so(images: list[Images]) -> None:
    services().library.delete_images([images[0].id])

    assert "This image no longer exists." in texts(_drawer(images[0].id, []))


def test_the_first_of_similar_images_is_named(images: list[Images]) -> None:
    with services().db.transaction() as session:
        session.get_one(Images, images[1].id).near_duplicate_of = images[0].id

    shown = texts(_drawer(images[1].id, []))

    assert "Similar to" in shown
    assert "red.png" in shown
    assert "Similar to" not in texts(_drawer(images[0].id, []))


def test_a_version_of_an_image_goes_back_to_the_original(images: list[Images]) -> None:
    version = services().versions.save(images[0].id, Preprocessing(crop=CropRecipe(share=0.5))).image
    at = _drawer(version.id, [version.id])
    assert "New version of red.png, 40 x 30 px" in texts(at)

    at.button(key="drawer-version-undo").click().run()

    assert services().images.get_image(images[0].id) is not None
    assert services().images.get_image(version.id) is None


def test_open_messages_to_or_by_a_person_can_be_closed_and_no_others(images: list[Images]) -> None:
    team = services()
    entry = team.dataset.create_dataset_entry(images[0].project_id, images[0].id, "Which color?", "red")
    for sender, to in (("Ben", "local"), ("local", "Ann"), ("Ben", "Carl")):
        team.messages.send(entry.id, "Please look again.", to=to, actor=sender)

    at = _drawer(images[0].id, [images[0].id])
    offered = ["Take it off the queue of Ann", "Nothing to change"]
    assert [one.label for one in at.button if (one.key or "").startswith("message-close")] == offered
    at.button(key=f"message-close-{entry.id}-local").click().run()
    assert [one.label for one in at.button if (one.key or "").startswith("message-close")] == offered[:1]
