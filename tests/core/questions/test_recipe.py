from collections import Counter

import pytest

from core.errors import InvalidInputError
from core.questions.recipe import answer_recipe, describe_kinds, question_recipe
from core.tasks import models_of, with_models


def test_the_documented_config_is_a_recipe() -> None:
    recipe = question_recipe(
        {
            "image_ids": ["a"],
            "num_questions": 5,
            "custom_prompt": None,
            "language": "zh-CN",
            "concurrency": 2,
            "llm_config": {"provider": "openai", "model": "gpt-4o"},
        }
    )

    assert (recipe.image_ids, recipe.num_questions, recipe.language, recipe.concurrency) == (["a"], 5, "zh-CN", 2)
    assert recipe.models == [{"provider": "openai", "model": "gpt-4o"}]


def test_the_config_of_an_older_task_keeps_the_order_of_its_models() -> None:
    first, second, third = {"model": "openai/gpt-4o"}, {"model": "openai/gpt-4.1"}, {"model": "offline/measure"}
    older = {"llm_config": first, "more_models": [second, third]}

    assert answer_recipe(older) == answer_recipe({"models": [first, second, third]})
    assert models_of(older) == models_of(with_models(older)) == [first, second, third]


def test_a_config_without_a_model_asks_the_offline_model() -> None:
    offline = [{"provider": "offline", "model": "measure"}]

    assert question_recipe({}).models == answer_recipe({}).models == offline
    assert models_of({}) == models_of({"llm_config": {}}) == []
    assert question_recipe({"llm_config": {}}).models == offline


def test_questions_are_asked_by_one_model_only() -> None:
    with pytest.raises(InvalidInputError, match="at most 1 item"):
        question_recipe({"models": [{"model": "openai/gpt-4o"}, {"model": "openai/gpt-4.1"}]})


def test_models_in_both_forms_are_refused() -> None:
    with pytest.raises(InvalidInputError) as refused:
        question_recipe({"models": [{"model": "openai/gpt-4o"}], "llm_config": {"model": "openai/gpt-4.1"}})

    assert str(refused.value) == "Name the models either in models or in llm_config, not in both."


def test_a_config_without_concurrency_leaves_it_to_the_setting() -> None:
    assert question_recipe({}).concurrency is None
    assert answer_recipe({}).concurrency is None


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"num_questions": 0}, "num_questions"),
        ({"num_questions": 21}, "num_questions"),
        ({"concurrency": 65}, "concurrency"),
        ({"kinds": {"weather": 1}}, "kinds"),
        ({"nonsense": True}, "nonsense"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(config: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        question_recipe(config)

    assert caught.value.field == field


def test_an_unknown_variable_in_a_custom_prompt_is_refused_before_anything_is_spent() -> None:
    with pytest.raises(InvalidInputError, match=r"uses the unknown variable \$color"):
        question_recipe({"custom_prompt": "Ask $count things about the $color."})


def test_a_blank_custom_prompt_is_none() -> None:
    assert question_recipe({"custom_prompt": "  "}).custom_prompt is None


def test_an_unknown_value_of_which_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        answer_recipe({"which": "some"})


def test_over_many_images_kinds_come_out_in_proportion_to_their_weights() -> None:
    asked: Counter[str] = Counter()
    for turn in range(200):
        count, kind = describe_kinds({"count": 70, "position": 30}, 1, turn).split(" x ")
        asked[kind] += int(count)

    assert asked["count"] == pytest.approx(140, abs=3)
    assert asked["position"] == pytest.approx(60, abs=3)


def test_kinds_of_one_image_add_up_to_its_count() -> None:
    assert describe_kinds({"object": 1, "count": 1}, 4, 0) == "2 x object, 2 x count"


@pytest.mark.parametrize(
    ("count", "position", "text"),
    [
        (2, 0, "1 x object, 1 x count"), (2, 1, "1 x object, 1 x count"), (2, 2, "2 x object"),
        (1, 0, "1 x object"), (1, 1, "1 x count"), (1, 2, "1 x object"), (3, 1, "2 x object, 1 x count"),
    ],
)  # fmt: skip
def test_the_kinds_of_an_image_follow_from_its_position(count: int, position: int, text: str) -> None:
    assert describe_kinds({"object": 1, "count": 1}, count, position) == text


def test_without_chosen_kinds_every_kind_but_unanswerable_is_allowed() -> None:
    assert describe_kinds({}, 3, 0) == "object, attribute, count, position, text, reasoning, yes/no"
