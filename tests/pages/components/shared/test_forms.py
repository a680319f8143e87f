"""Forms that several pages use: the type of an answer, fixed questions, and the parameters of a model."""

from typing import Any

import pytest

from core.accounts.permissions import Act
from core.errors import InvalidInputError
from pages.components.shared import answer_form, fixed_questions, model_parameters, page
from pages.components.shared.answer_form import AnswerShape
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services


def test_an_answer_is_a_text_unless_labels_or_a_schema_are_chosen() -> None:
    made: list[AnswerShape] = []
    at = draw(lambda: made.append(answer_form.show("k")))
    assert controls(at) == {"k-type": "segmented_control Answer type | value 'text' | required"}
    at.segmented_control(key="k-type").set_value("label").run()
    assert controls(at)["k-one"] == "toggle Exactly one label | value True"
    at.text_area(key="k-labels").set_value("red, green\n\n blue ").run()
    at.segmented_control(key="k-type").set_value("custom_format").run()
    at.text_area(key="k-schema").set_value('{"type": "object"}').run()
    assert [made[place].arguments() for place in (0, -3, -1)] == [
        {"answer_type": "text", "options": None, "one_label": False},
        {"answer_type": "label", "options": ["red", "green", "blue"], "one_label": True},
        {"answer_type": "custom_format", "options": {"type": "object"}, "one_label": False},
    ]
    with pytest.raises(InvalidInputError, match=r"not valid JSON: .* Correct it\."):
        AnswerShape("custom_format", "{", False).arguments()


def add(project_id: str, **changed: Any) -> str:
    given = {"answer_type": "label", "options": ["red", "blue"], "one_label": False, "language": "en", **changed}
    return services().questions.templates.add_template(project_id, "Which color?", **given).id


def test_a_fixed_question_is_changed_in_the_form_that_adds_one_and_that_can_be_cancelled() -> None:
    project_id = services().projects.create_project("Shelf").id
    id_ = add(project_id)
    at = draw(fixed_questions.show, project_id, "en")
    keeps = "Images that already have an answer keep the old question. All others get the new one."
    assert controls(at)["fixed-0-question"] == (
        "text_input Question | value '' | at most 2000 characters | hint 'Is the label damaged?'"
    )
    assert "[Add fixed question] off" in read(at)
    assert keeps not in read(at)

    at.button(key=f"fixed-change-{id_}").click().run()

    shown = controls(at)
    assert shown["fixed-1-question"].startswith("text_input Question | value 'Which color?'")
    assert shown["fixed-1-type"] == "segmented_control Answer type | value 'label' | required"
    assert (shown["fixed-1-labels"].split(" | ")[1], shown["fixed-1-one"]) == (
        r"value 'red\nblue'", "toggle Exactly one label | value False",
    )  # fmt: skip
    assert {keeps, "[Save change]", "[Cancel]"} <= set(read(at))
    at.button(key="fixed-cancel").click().run()
    assert "[Add fixed question] off" in read(at)
    assert controls(at)["fixed-2-question"].startswith("text_input Question | value ''")
    at.button(key=f"fixed-remove-{id_}").click().run()
    assert services().questions.templates.list_templates(project_id) == []


def test_the_number_of_fixed_questions_is_said_while_they_are_closed() -> None:
    project_id = services().projects.create_project("Shelf").id
    assert read(draw(fixed_questions.expander, project_id, "en")) == ["expander: Fixed questions"]
    add(project_id)
    at = draw(fixed_questions.expander, project_id, "en")
    assert read(at) == ["expander: Fixed questions", "1 fixed question asked about every image."]
    at.session_state["fixed-questions"] = True
    assert "1 fixed question asked about every image." not in read(at.run())


def test_the_parameters_of_a_model_have_these_limits_and_a_profile_needs_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = draw(model_parameters.show, "k", {"model": "openai/gpt-4o"})
    assert controls(at) == {}
    at.session_state["k-advanced"] = True
    at.run()
    assert controls(at) == {
        "k-profile-save": "button Save profile | off",
        "k-api-base": "text_input Server address | value '' | hint 'http://localhost:11434/v1'",
        "k-temperature": "slider Temperature | value 0.7 | min 0 max 2 step 0.1",
        "k-max-tokens": ("number_input Maximum reply length, in tokens | value 2048 | min 64 max 32768 step 64"),
        "k-max_side_px": (
            "number_input Longest side of the images sent, in px | value None | min 128 max 4096 step 1"
            " | hint 'Default of the settings'"
        ),
        "k-requests_per_minute": (
            "number_input Maximum calls per minute | value None | min 1 max 100000 step 1 | hint 'No limit'"
        ),
        "k-tokens_per_minute": (
            "number_input Maximum tokens per minute | value None | min 1000 max 1e+08 step 1 | hint 'No limit'"
        ),
        "k-profile-name": "text_input Save as profile | value '' | at most 60 characters | hint 'Name'",
    }
    at.text_input(key="k-profile-name").set_value("  ").run()
    assert at.button(key="k-profile-save").disabled
    at.text_input(key="k-profile-name").set_value("Kitchen").run()
    at.button(key="k-profile-save").click().run()
    assert [one.name for one in services().profiles.list_profiles()] == ["Kitchen"]
    monkeypatch.setattr(page, "may", lambda act: act is not Act.MANAGE_SERVER)
    assert "k-profile-save" not in controls(at.run())


@pytest.mark.parametrize(("model", "offers"), [("offline/measure", False), ("openai/gpt-4o", True)])
def test_a_model_that_is_built_in_needs_no_profile(model: str, offers: bool) -> None:
    at = draw(model_parameters.show, "k", {"model": model})
    at.session_state["k-advanced"] = True
    assert ("k-profile-save" in controls(at.run())) is offers


def test_only_what_differs_from_the_usual_parameters_is_named() -> None:
    config = {"model": "m", "temperature": 0.7, "max_tokens": 64}
    assert model_parameters.without_usual(config) == {"model": "m", "max_tokens": 64}
