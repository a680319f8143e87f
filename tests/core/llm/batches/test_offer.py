"""Which models have batches, and at which price."""

from typing import Any

import pytest

from core.llm import ModelConfig, models
from core.llm.batches.offer import BatchOffer, offer_of, price_share


@pytest.mark.parametrize(
    ("prices", "offer"),
    [
        ({"input_cost_per_token": 4e-6, "input_cost_per_token_batches": 1e-6}, BatchOffer(0.25, True)),
        ({"input_cost_per_token": 4e-6}, BatchOffer(0.5, False)),
        ({"input_cost_per_token_batches": 1e-6}, BatchOffer(0.5, False)),
        ({}, BatchOffer(0.5, False)),
    ],
)
def test_the_price_of_a_batch_is_the_listed_one_or_half(
    prices: dict[str, float], offer: BatchOffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "entry_of", lambda model: prices)

    assert offer_of(ModelConfig("openai/some-model")) == offer
    assert price_share(ModelConfig("openai/some-model")) == offer.price_share


@pytest.mark.parametrize(
    ("config", "has_offer"),
    [
        ({"model": "anthropic/some-model"}, True),
        ({"model": "azure/some-model", "api_base": "https://own.openai.azure.com"}, True),
        ({"model": "openai/some-model", "api_base": "https://own.example.org"}, False),
        ({"model": "hosted_vllm/some-model"}, False),
        ({"model": "groq/some-model"}, False),
    ],
)
def test_a_server_of_the_user_has_no_known_batches_unless_it_is_one_of_azure(
    config: dict[str, Any], has_offer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "entry_of", lambda model: {})

    assert (offer_of(ModelConfig(**config)) is not None) == has_offer


def test_a_model_without_batches_costs_its_full_price() -> None:
    assert price_share(ModelConfig("ollama/some-model")) == 1.0
