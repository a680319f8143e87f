from typing import Any

import pytest

from core.llm import CostEstimate, costs
from core.llm.costs import ObservedTokens, estimate_call, image_tokens


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The row of the price table that every model has: 1 dollar per input token, 1,000 per output token."""
    row: dict[str, Any] = {"input_cost_per_token": 1.0, "output_cost_per_token": 1000.0}
    monkeypatch.setattr(costs, "entry_of", lambda _: row)
    return row


@pytest.mark.usefixtures("entry")
def test_text_is_counted_as_latin_at_the_low_end_and_as_chinese_at_the_high_end() -> None:
    assert estimate_call("openai/gpt-4o", None, 1200, 0) == CostEstimate(1200 / 4, 1200 / 1.5)


@pytest.mark.usefixtures("entry")
def test_a_reply_may_be_shorter_or_longer_than_expected() -> None:
    assert estimate_call("openai/gpt-4o", None, 0, 100) == CostEstimate(60_000, 150_000)


def test_a_reasoning_model_may_write_six_times_as_much(entry: dict[str, Any]) -> None:
    entry["supports_reasoning"] = True
    assert estimate_call("openai/o3", None, 0, 100) == CostEstimate(60_000, 900_000)


@pytest.mark.usefixtures("entry")
def test_every_image_is_counted() -> None:
    assert estimate_call("openai/gpt-4o", (1024, 1024), 0, 0, images=3) == CostEstimate(3 * 765, 3 * 765)
    assert estimate_call("openai/gpt-4o", None, 0, 0, images=3) == CostEstimate(0, 0)


@pytest.mark.usefixtures("entry")
def test_observed_tokens_take_the_place_of_the_rules() -> None:
    observed = ObservedTokens(image=(10, 20), reply=(1, 2))
    assert estimate_call("openai/gpt-4o", (1024, 1024), 60, 500, images=2, observed=observed) == CostEstimate(
        2 * 10 + 60 / 4 + 1 * 1000, 2 * 20 + 60 / 1.5 + 2 * 1000
    )


@pytest.mark.parametrize("missing", ["input_cost_per_token", "output_cost_per_token"])
def test_without_either_price_there_is_no_estimate(entry: dict[str, Any], missing: str) -> None:
    entry[missing] = None
    assert estimate_call("openai/gpt-4o", None, 100, 100) is None


@pytest.mark.parametrize(
    ("model", "size_wh", "low", "high"),
    [
        ("anthropic/claude-haiku-4-5", (1024, 768), 1049, 1154),
        ("openrouter/anthropic/claude-opus-5", (1024, 768), 1049, 1154),
        ("claude-opus-5", (1024, 768), 1049, 1154),
        ("openai/gpt-4o", (1024, 1024), 765, 765),
        ("openai/gpt-4o", (512, 512), 255, 255),
        ("openai/gpt-4o", (4096, 1024), 765, 765),
        ("openai/gpt-4o", (2000, 1500), 765, 765),
        ("openai/gpt-4o-mini", (512, 512), 8500, 8500),
        ("openai/gpt-5.4", (512, 512), 255, 630),
        ("azure/gpt-5.4", (2048, 2048), 765, 3779),
        ("gemini/gemini-2.5-flash", (300, 300), 258, 1290),
        ("gemini/gemini-2.5-flash", (2048, 1024), 258, 1548),
        ("mistral/pixtral", (750, 1000), 200, 2000),
        ("mistral/pixtral", (100, 100), 200, 1500),
    ],
)
def test_image_tokens_follow_the_published_rule_of_the_maker(
    model: str, size_wh: tuple[int, int], low: int, high: int
) -> None:
    assert image_tokens(model, size_wh) == (low, high)


@pytest.mark.parametrize("model", ["offline/measure", "offline/see"])
def test_models_that_are_built_in_cost_nothing(model: str) -> None:
    assert estimate_call(model, (640, 480), 1200, 100) == CostEstimate(0.0, 0.0)
