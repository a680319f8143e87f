"""The recipe of Generate: what its fields ask for in each mode, and how it is said in words."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import Projects
from pages.components.generate import batch_switch, recipe_form, recipe_summary
from pages.components.generate.recipe_form import Recipe
from pages.components.shared.model_picker import ModelChoice
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped

MEASURE = ModelChoice({"model": "offline/measure"}, None)


@pytest.fixture
def project() -> Projects:
    """Three images; the first one has an entry and two questions without an answer, the second one a question."""
    made = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(made.id, [(f"{number}.png", striped(number)) for number in range(3)])
    first, second, _ = (outcome.image.id for outcome in outcomes if outcome.image is not None)
    services().dataset.create_dataset_entry(made.id, first, "Which?", "Red.", "m")
    for image_id, question in ((first, "How many?"), (first, "Where?"), (second, "Where?")):
        services().questions.add_manual_question(image_id, question)
    return made


def fields(project: Projects, mode: str, **state: Any) -> tuple[Any, list[Recipe]]:
    made: list[Recipe] = []
    at = draw(lambda: made.append(recipe_form._fields(project, mode)))
    for key, value in state.items():
        at.session_state[key.replace("_", "-")] = value
    return at.run() if state else at, made


@pytest.mark.parametrize(
    ("mode", "headers", "images", "with_answers"),
    [
        ("both", ["Which images", "What to ask", "Model", "Options"], 1, True),
        ("questions", ["Which images", "What to ask", "Model", "Options"], 1, False),
        ("answers", ["Which questions", "Model", "Options"], 2, None),
    ],
)
def test_each_mode_asks_what_it_needs(
    mode: str, headers: list[str], images: int, with_answers: bool | None, project: Projects
) -> None:
    at, (made,) = fields(project, mode)
    assert [header.value for header in at.header] == headers
    assert (made.images, made.config.get("with_answers")) == (images, with_answers)
    assert ("generate-more-models" in controls(at)) is (mode == "answers")
    assert (made.answers, made.task_type, made.unit) == (
        mode == "answers", f"image-{'answer' if mode == 'answers' else 'question'}-generation", "image",
    )  # fmt: skip
    usual = recipe_form._usual(project, mode)
    assert {**usual.config, "kinds": None} == {**made.config, "kinds": None}
    assert usual.images == made.images


def test_the_questions_to_answer_are_counted_by_images_and_the_selected_ones_come_apart(project: Projects) -> None:
    ids = {image.image_name: image.id for image in services().images.list_images(project.id)}
    made: list[Any] = []

    def sets() -> None:
        made.append(recipe_form._answer_targets(project))

    at = draw(sets)
    assert at.radio[0].options == ["Questions without an answer (2 images)", "All questions (2 images)"]
    at.session_state["selected-images"] = [ids["1.png"], ids["2.png"]]
    at.run()
    open_ = {one: size for one, (_, size, _) in recipe_form._answer_sets(project).items()}
    assert open_["open"] == 2
    assert len(at.radio[0].options) == 3
    assert at.radio[0].options[1].startswith("Questions without an answer, selected images only (1 image")
    at.radio[0].set_value("all").run()
    assert made[-1] == ({"which": "all"}, 2)


def test_where_nothing_is_to_be_asked_no_choice_is_drawn() -> None:
    empty = services().projects.create_project("Empty")
    made: list[Any] = []
    at = draw(lambda: made.append(recipe_form._targets(empty, "en")))
    assert (made, len(at.radio)) == ([({}, 0)], 0)


def test_topping_up_is_offered_where_it_differs_from_images_without_questions(project: Projects) -> None:
    sets = recipe_form._image_sets
    assert {name: size for name, (_, size, _) in draw_result(lambda: sets(project, "en", 3)).items()} == {
        "selected": 0, "without": 1, "failed": 0, "below": 2, "all": 3,
    }  # fmt: skip
    assert "below" not in draw_result(lambda: sets(project, "en", 1))


def draw_result(call: Any) -> Any:
    made: list[Any] = []
    draw(lambda: made.append(call()))
    return made[-1]


def test_two_kinds_have_shares_within_limits_and_one_has_none(project: Projects) -> None:
    made: list[Any] = []
    at = draw(lambda: made.append(recipe_form._shares(["count"])))
    assert (made, read(at)) == ([{"count": 1}], [])
    at = draw(lambda: made.append(recipe_form._shares(["count", "color"])))
    at.session_state["generate-shares"] = True
    at.run()
    assert controls(at) == {
        f"generate-share-{kind}": f"number_input {kind} | value 1 | min 1 max 10 step 1" for kind in ("count", "color")
    }
    at.number_input(key="generate-share-color").set_value(3).run()
    assert made[-1] == {"count": 1, "color": 3}


@pytest.mark.parametrize(("mode", "said"), [("both", recipe_form._WITH_BOXES), ("questions", recipe_form._BOXES_LATER)])
def test_grounding_says_when_the_boxes_come(mode: str, said: str, project: Projects) -> None:
    at, _ = fields(project, mode, generate_kinds=["grounding"])
    assert [line for line in read(at) if line.startswith("Grounding")] == [said]


def test_too_few_examples_are_said_and_the_usual_speed_is_not_in_the_recipe(project: Projects) -> None:
    usual = services().db.settings.llm_concurrency
    assert draw_result(lambda: recipe_form._more(project, "en")) == {"example_ids": [], "fresh": False}
    made: list[Any] = []
    at = draw(lambda: made.append(recipe_form._more(project, "en")))
    at.session_state["generate-examples"], at.session_state["generate-concurrency"] = 2, usual + 1
    at.run()
    assert read(at)[-1] == "Images with a confirmed entry in this language to show as an example: 0."
    assert made[-1]["concurrency"] == usual + 1


def summary(project: Projects, config: dict[str, Any], choices: list[ModelChoice], cap: float | None) -> list[str]:
    (text,) = read(draw(recipe_summary.show, project.id, config, choices, 1_200, cap))
    return text.split("  \n")


def test_a_recipe_is_said_in_words_with_what_is_limited_and_fixed(project: Projects) -> None:
    lines = summary(project, {"num_questions": 3, "with_answers": True}, [MEASURE], None)
    assert lines[0].startswith("**Images:** ")
    assert lines[0].endswith("(1,200)")
    assert [line.partition(":**")[0][2:] for line in lines] == ["Images", "Questions", "Answers", "Language", "Model"]
    services().questions.templates.add_template(project.id, "Is it damaged?", language="en")
    config = {"num_questions": 3, "custom_prompt": "Ask."}
    more = summary(project, config, [MEASURE, MEASURE], 2.0)
    assert more[-3:] == [
        "**Prompt:** your own", "**Fixed questions:** 1 question about every image", "**Cost cap:** $2.00",
    ]  # fmt: skip
    assert not any(line.startswith("**Model:**") for line in more)


@pytest.mark.parametrize(
    ("offers", "label"),
    [
        ([(24, 0.5)], "Answer within 24 hours at half price"),
        ([(24, 0.504)], "Answer within 24 hours at half price"),
        ([(24, 0.505)], "Answer within 24 hours at 50% of the price"),
        ([(24, 0.5), (48, 0.7)], "Answer within 48 hours at 70% of the price"),
        ([(24, 0.5), None], None),
    ],
)
def test_batches_are_offered_where_every_model_has_them_at_the_dearest_price(
    offers: list[tuple[int, float] | None], label: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter([SimpleNamespace(hours=one[0], price_share=one[1]) if one else None for one in offers])
    monkeypatch.setattr(services().llm, "batch_offer", lambda _config: next(found))
    at = draw(batch_switch.show, [MEASURE] * len(offers))
    assert [toggle.label for toggle in at.toggle] == ([] if label is None else [label])
