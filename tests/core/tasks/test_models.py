"""The models of a task, in the stored form and in the documented one."""

from typing import Any

import pytest

from core.tasks.kinds import ItemPlan, ItemResult
from core.tasks.models import models_of, with_models

A, B = {"model": "a"}, {"model": "b"}


@pytest.mark.parametrize(
    ("config", "models"),
    [
        ({}, []),
        ({"models": [A, B]}, [A, B]),
        ({"models": [], "llm_config": A}, [A]),
        ({"models": [B], "llm_config": A}, [B]),
        ({"llm_config": A}, [A]),
        ({"llm_config": A, "more_models": None}, [A]),
        ({"llm_config": A, "more_models": [B]}, [A, B]),
        ({"more_models": [B]}, []),
    ],
)
def test_the_models_are_one_list_in_their_order(config: dict[str, Any], models: list[Any]) -> None:
    assert models_of(config) == models


def test_the_stored_form_has_one_list_beside_the_other_values() -> None:
    assert with_models({"llm_config": A, "more_models": [B], "language": "en"}) == {"models": [A, B], "language": "en"}
    assert with_models({"language": "en"}) == {"language": "en"}


def test_an_item_belongs_to_the_first_stage_and_a_result_stores_nothing_unless_it_says_so() -> None:
    assert ItemPlan() == ItemPlan(subject_id="", payload={}, stage=0)
    assert ItemResult().more == ()
