"""The facts of a recipe in one line."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.db import GeneratedImages
from core.llm.costs import CostEstimate
from pages.components.style import judge_dialog, recipe_dialog


def _facts(recipe: dict[str, Any], **changed: Any) -> str:
    row: dict[str, Any] = {
        "project_id": "p", "prompt": "A lamp", "model": "offline/style", "aspect_ratio": "16:9", "cost": 0.01,
        "recipe": recipe, "created_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    }  # fmt: skip
    return recipe_dialog._facts(GeneratedImages(**row | changed))


def test_a_full_recipe_names_size_wording_cost_duration_and_style_dataset() -> None:
    recipe = {
        "request": {"size": "2K", "wording": "strong"}, "duration_s": 1.25, "finish_reason": "length",
        "dataset": {"name": "Warm", "version": 3},
    }  # fmt: skip

    assert _facts(recipe) == (
        "Model offline/style, aspect ratio 16:9, size 2K, wording strong, $0.0100, 1.2 s, finished with length, "
        "style dataset Warm, version 3. Created 2026-01-02 03:04 UTC."
    )


@pytest.mark.parametrize(("cost", "words"), [(None, "cost unknown"), (0.0, "no cost"), (0.5, "$0.5000")])
def test_an_old_recipe_has_the_usual_wording_and_end(cost: float | None, words: str) -> None:
    assert _facts({}, cost=cost) == (
        f"Model offline/style, aspect ratio 16:9, wording balanced, {words}, 0.0 s, finished with stop. "
        "Created 2026-01-02 03:04 UTC."
    )


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (None, "Cost unknown: this model has no listed price."),
        ((0.0, 0.0), "No cost."),
        ((0.0, 0.01), "Cost: about $0.0000 to $0.0100."),
    ],
)
def test_the_cost_of_a_judgment_is_unknown_nothing_or_a_range(cost: tuple[float, float] | None, words: str) -> None:
    assert judge_dialog._cost(None if cost is None else CostEstimate(*cost)) == words
