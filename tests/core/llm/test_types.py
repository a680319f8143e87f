"""The values that a model config may have."""

import pytest

from core.errors import InvalidInputError
from core.llm import ModelConfig, RetryPolicy


@pytest.mark.parametrize(
    "name", ["max_tokens", "timeout_s", "max_side_px", "concurrency", "requests_per_minute", "tokens_per_minute"]
)
def test_amounts_of_a_model_config_are_greater_than_zero(name: str) -> None:
    assert getattr(ModelConfig.from_dict({"model": "gpt-4o", name: 1}), name) == 1
    with pytest.raises(InvalidInputError, match=name):
        ModelConfig.from_dict({"model": "gpt-4o", name: 0})


def test_a_temperature_lies_between_0_and_2() -> None:
    for value in (0, 2):
        assert ModelConfig.from_dict({"model": "gpt-4o", "temperature": value}).temperature == value
    for value in (-0.1, 2.1):
        with pytest.raises(InvalidInputError, match="temperature"):
            ModelConfig.from_dict({"model": "gpt-4o", "temperature": value})


def test_a_request_is_sent_three_times_and_at_most_twice_without_a_known_outcome() -> None:
    assert RetryPolicy() == RetryPolicy(
        max_sends=3, max_maybe_paid=2, first_wait_s=1.0, longest_wait_s=60.0, longest_pause_s=600.0
    )
