"""The drawer of an image: facts, neighbors, questions and entries."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import ImageDatasets, Images
from core.transform import CropRecipe, Preprocessing
from pages.components.shared import entry_messages, image_drawer, page, zoom
from tests.pages.reading import draw, read
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


@pytest.mark.parametrize("missing", ["brightness", "contrast", "sharpness"])
def test_what_was_measured_is_shown_whole_or_not_at_all(missing: str) -> None:
    measured = {"brightness": 61.4, "contrast": 20.6, "sharpness": 1_234.5}
    assert image_drawer._measured(Images(project_id="p", image_name="a", **measured)) == [
        ("Brightness", "61 of 100, contrast 21 of 50"), ("Sharpness", "1,234 (higher is sharper)"),
    ]  # fmt: skip
    assert image_drawer._measured(Images(project_id="p", image_name="a", **measured | {missing: None})) == []


def test_boxes_are_those_of_entries_on_this_image_each_once(images: list[Images]) -> None:
    first, second = images[0].id, images[1].id
    box = {"image": 0, "label": "cup", "xyxy": [1, 2, 30, 20]}
    for boxes in ([box], [box, {**box, "label": "pot"}], [{**box, "image": 1, "label": "plate"}], None):
        services().dataset.create_dataset_entry(
            images[0].project_id, first, "Where?", "There.", boxes=boxes, image_ids=[first, second]
        )
    assert [one["label"] for one in image_drawer._boxes(images[0])] == ["cup", "pot"]
    assert [one["label"] for one in image_drawer._boxes(images[1])] == ["plate"]


@pytest.mark.parametrize(
    ("at_", "neighbors", "loaded"), [(0, 4, [1]), (1, 4, [0, 2]), (3, 4, [2]), (0, 0, [])]
)  # fmt: skip
def test_the_images_beside_it_are_loaded_before_they_are_wanted(
    at_: int, neighbors: int, loaded: list[int], images: list[Images], monkeypatch: pytest.MonkeyPatch
) -> None:
    (more,) = services().intake.add_images(images[0].project_id, [("more.png", png("teal", (40, 30)))])
    assert more.image is not None
    every = [*images, more.image]
    drawn: list[list[str]] = []
    monkeypatch.setattr(zoom, "show", lambda _image, *, prefetch, **_more: drawn.append([one.id for one in prefetch]))
    image_drawer._large(every[at_], [one.id for one in every[:neighbors]])
    assert [sorted(one) for one in drawn] == [sorted(every[place].id for place in loaded)]


def test_a_step_is_made_from_the_image_that_is_shown_by_now_and_not_beyond_the_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = {"drawer-image": "b"}
    monkeypatch.setattr(st, "session_state", state)
    shown = []
    for by in (1, 1, -1, -1, -1):
        image_drawer._step(by, ["a", "b", "c"])
        shown.append(state["drawer-image"])
    assert shown == ["c", "c", "b", "a", "a"]
    state["drawer-image"] = "gone"
    image_drawer._step(1, ["a", "b", "c"])
    assert state["drawer-image"] == "b"


def test_an_entry_is_shown_with_its_labels_its_reason_and_who_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(st, "text", lines.append)
    monkeypatch.setattr(st, "caption", lambda text: lines.append(text.replace("\\", "")))
    monkeypatch.setattr(entry_messages, "show", lambda _entry: None)

    def shown(**changed: object) -> list[str]:
        given = {"question": "Which?", "answer": '["red", "blue"]', "project_id": "p", **changed}
        lines.clear()
        image_drawer._entry(ImageDatasets(id="e", image_id="a", image_name="a", **given))
        return lines[1:]

    assert shown(answer_type="label", kind="color", model="m", tags="a,b") == ["red, blue", "open · color · m · a, b"]
    assert shown(origin="vqa") == ['["red", "blue"]', "open · vqa"]
    assert shown() == ['["red", "blue"]', "open · a person"]
    assert shown(rejected=True)[1] == "rejected · a person"
    assert shown(rejected=True, reject_reason="wrong answer")[1] == "rejected: wrong answer · a person"
    assert shown(confirmed=True, reject_reason="wrong answer")[1] == "confirmed · a person"


def test_the_entry_it_was_opened_for_comes_first_and_answered_questions_are_not_open(images: list[Images]) -> None:
    image = images[0]
    question = services().questions.add_manual_question(image.id, "Which color?")
    services().questions.add_manual_question(image.id, "How many?")
    first = services().dataset.create_dataset_entry(image.project_id, image.id, "Is it red?", "yes")
    second = services().dataset.create_from_question(question.id, "red")
    asked = {"Is it red?", "Which color?", "How many?"}

    def order(first_id: str | None) -> list[str]:
        return [line for line in read(draw(image_drawer._questions, image, first_id)) if line in asked]

    assert order(first.id) == ["Is it red?", "Which color?", "How many?"]
    assert order(second.id) == ["Which color?", "Is it red?", "How many?"]


def test_an_image_without_questions_leads_to_generate_for_who_may_ask(
    images: list[Images], monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = "This image has no questions yet."
    assert read(draw(image_drawer._questions, images[0], None)) == [nothing, "[Ask about this image -> generate]"]
    monkeypatch.setattr(page, "may", lambda _act, _project_id: False)
    assert read(draw(image_drawer._questions, images[0], None)) == [nothing]
    services().questions.add_manual_question(images[0].id, "How many?")
    assert read(draw(image_drawer._questions, images[0], None)) == ["How many?", "No answer yet"]


def test_what_an_image_was_made_of_is_named_also_when_it_is_gone(images: list[Images]) -> None:
    original = images[0]
    variant = Images(id="v", project_id=original.project_id, image_name="v.png", variant_steps=[
        {"operation": "flip"}, {"operation": "blur"}, {"operation": "flip"},
    ])  # fmt: skip
    lines = read(draw(image_drawer._origin, variant, original.id))
    assert lines == ["Variant of", "[red.png]", "by flip, blur"]
    variant.variant_steps = None
    assert read(draw(image_drawer._origin, variant, original.id)) == ["Variant of", "[red.png]"]
    assert read(draw(image_drawer._origin, variant, "gone")) == ["Variant of", "an image that was deleted"]
    version = services().versions.save(original.id, Preprocessing(grayscale=True)).image
    lines = read(draw(image_drawer._origin, version, original.id))
    assert lines[0] == "New version of"
    assert lines[1].startswith("red.png")


def test_tags_are_read_where_they_may_not_be_changed(images: list[Images], monkeypatch: pytest.MonkeyPatch) -> None:
    services().library.tag_images([images[0].id], ["front"])
    assert "Tags: front" not in read(draw(image_drawer.show, images[0].id, []))
    monkeypatch.setattr(page, "may", lambda _act, _project_id: False)
    assert "Tags: front" in read(draw(image_drawer.show, images[0].id, []))
    assert not any(line.startswith("Tags: ") for line in read(draw(image_drawer.show, images[1].id, [])))


def test_editing_closes_with_the_image_or_with_the_version_that_was_saved(
    images: list[Images], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "rerun", lambda **_scope: None)
    state: dict[str, str] = {}
    monkeypatch.setattr(st, "session_state", state)
    for saved, shown in ((None, "a"), ("b", "b")):
        state |= {"drawer-image": "a", "drawer-edited": "a"}
        image_drawer._close_editor(saved)
        assert state == {"drawer-image": shown}


def test_the_history_begins_with_the_newest_event(images: list[Images]) -> None:
    services().library.tag_images([images[0].id], ["front"])
    added, *events = read(draw(image_drawer._history, images[0]))
    assert added.endswith(": added, source: upload")
    assert [event.partition(": ")[2] for event in events] == ["tagged by the local user tags front"]
