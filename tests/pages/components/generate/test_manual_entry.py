"""Questions and answers written by a person: which image is shown, which fields, and what is stored."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import Images
from pages.components.generate import manual_entry
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped


@pytest.fixture
def images() -> dict[str, Images]:
    project = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(project.id, [(f"{name}.png", striped(n)) for n, name in enumerate("abc")])
    return {outcome.image.image_name[0]: outcome.image for outcome in outcomes if outcome.image is not None}


def page(images: dict[str, Images], *chosen: str, image: str = "") -> AppTest:
    def script() -> None:
        st.session_state["selected-images"] = [images[name].id for name in chosen]
        if image and "image" not in st.query_params:
            st.query_params["image"] = images[image].id if image in images else image
        manual_entry.show(images["a"].project_id, st.container())

    return draw(script)


def place(at: AppTest) -> tuple[str, bool, bool]:
    """Return which image is shown, and whether there is one before and after it."""
    (line,) = [line for line in read(at) if ".png, " in line]
    return line, not at.button(key="manual-previous").disabled, not at.button(key="manual-next").disabled


def test_the_images_are_gone_through_to_both_ends(images: dict[str, Images]) -> None:
    at = page(images, "a", "b", "c")
    assert place(at) == ("a.png, 1 of 3", False, True)
    at.button(key="manual-next").click().run()
    assert place(at) == ("b.png, 2 of 3", True, True)
    at.button(key="manual-next").click().run()
    assert place(at) == ("c.png, 3 of 3", True, False)
    at.button(key="manual-previous").click().run()
    assert place(at) == ("b.png, 2 of 3", True, True)


def test_the_image_of_the_address_is_shown_when_it_is_among_those_chosen(images: dict[str, Images]) -> None:
    assert place(page(images, "a", "b", image="b"))[0] == "b.png, 2 of 2"
    assert place(page(images, "a", "b", image="c"))[0] == "a.png, 1 of 2"
    assert place(page(images, image="c"))[0].startswith("c.png, ")
    assert place(page(images, image="gone"))[0].endswith("1 of 3")


def test_an_image_that_was_deleted_meanwhile_gives_way_to_the_others(images: dict[str, Images]) -> None:
    services().library.delete_images([images["a"].id])
    assert place(page(images, "a"))[0].endswith(".png, 1 of 2")


def test_a_question_is_answered_in_the_field_of_its_type_and_is_not_asked_again(images: dict[str, Images]) -> None:
    ask, image_id = services().questions.add_manual_question, images["a"].id
    text = ask(image_id, "What?")
    one = ask(image_id, "Which?", answer_type="label", options=["red", "blue"], one_label=True)
    several = ask(image_id, "Which ones?", answer_type="label", options=["red", "blue"], one_label=False)
    schema = ask(image_id, "How many?", answer_type="custom_format", options={"type": "object"})
    at = page(images, "a")
    shown = controls(at)
    assert [shown[f"manual-answer-to-{question.id}"] for question in (text, one, several, schema)] == [
        "text_area Answer | value ''",
        "multiselect Answer | value [] | at most 1 chosen",
        "multiselect Answer | value []",
        "text_area Answer, as JSON | value ''",
    ]
    assert not any("already has" in line for line in read(at))

    at.multiselect(key=f"manual-answer-to-{several.id}").set_value(["red", "blue"])
    next(one for one in at.button if one.label == "Save answer" and several.id in str(one.proto.id)).click().run()

    (entry,) = services().library.entries_of(image_id)
    assert (entry.answer, entry.decision, entry.question_id) == ('["red", "blue"]', "confirmed", several.id)
    assert f"manual-answer-to-{several.id}" not in controls(at)
    assert "This image already has 1 entry." in read(at)


def test_a_new_question_needs_a_text_and_waits_without_an_answer(images: dict[str, Images]) -> None:
    at = page(images, "a")
    assert controls(at)["manual-0-question"] == "text_input New question | value '' | at most 2000 characters"
    at.text_input(key="manual-0-question").set_value("  ").run()
    assert at.button(key="manual-save").disabled
    at.text_input(key="manual-0-question").set_value("What is it?").run()
    at.text_area(key="manual-0-answer").set_value("  ")
    at.button(key="manual-save").click().run()
    (question,) = services().library.questions_of(images["a"].id)
    assert (question.question, question.language) == ("What is it?", "en")
    assert services().library.entries_of(images["a"].id) == []
    assert controls(at)["manual-1-question"].startswith("text_input New question | value ''")
