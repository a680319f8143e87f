"""The table of image models: limits, prices, and how to override it."""

import json
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.style.models import COMMON_RATIOS, UNKNOWN, image_model, image_models


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("gemini/gemini-2.5-flash-image", 14),
        ("gemini/gemini-nano-banana-2.1", 14),
        ("openrouter/google/gemini-3-pro-image", 14),
        ("openai/gpt-image-1.5", 16),
        ("openai/gpt-image-2.5-flare", 16),
        ("offline/measure", 14),
    ],
)
def test_every_offered_model_has_a_row(model: str, most: int) -> None:
    assert image_model(model).max_references == most


def test_a_model_without_a_row_takes_five_references_at_an_unknown_price() -> None:
    assert image_model("openai/house-painter") is UNKNOWN
    assert UNKNOWN.max_references == 5
    assert UNKNOWN.cost("1K", 5) is None


def test_ratios_are_the_common_ones_and_what_a_model_adds() -> None:
    assert image_model("gemini/gemini-3-pro-image").all_ratios == COMMON_RATIOS
    assert image_model("openai/gpt-image-1.5").all_ratios == ("1:1", "2:3", "3:2")
    assert "8:1" in image_model("gemini/gemini-nano-banana-2.1").all_ratios


@pytest.mark.parametrize(
    ("model", "size", "references", "cost"),
    [
        ("gemini/gemini-3-pro-image", "4K", 0, (0.24, 0.24)),
        ("gemini/gemini-2.5-flash-image", None, 5, (0.041, 0.041)),
        ("openai/gpt-image-2", "1K", 5, (0.126, 0.33)),
        ("offline/measure", None, 14, (0.0, 0.0)),
        ("gemini/gemini-nano-banana-2.1", "4K", 0, None),
    ],
)
def test_a_price_is_a_range_or_unknown(
    model: str, size: str | None, references: int, cost: tuple[float, float] | None
) -> None:
    assert image_model(model).cost(size, references) == cost


def test_a_table_in_the_data_directory_takes_precedence(tmp_path: Path) -> None:
    row = {"match": "gpt-image-2", "max_references": 3, "price": {"": 0.5}, "reference_price": 0}
    (tmp_path / "image_models.json").write_text(json.dumps([row]))

    assert image_model("openai/gpt-image-2", tmp_path).max_references == 3
    assert image_model("openai/gpt-image-2", tmp_path).cost(None, 2) == (0.5, 0.5)
    assert image_model("gemini/gemini-3-pro-image", tmp_path).max_references == 14


@pytest.mark.parametrize("text", ["{", "[{}]", '[{"match": "x", "max_references": 1, "color": 1}]'])
def test_an_invalid_table_is_reported_with_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "image_models.json").write_text(text)

    with pytest.raises(ConfigurationError, match=r"image_models\.json"):
        image_models(tmp_path)
