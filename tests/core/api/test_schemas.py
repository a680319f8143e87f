import pytest

from core.api.schemas import OFFLINE, ModelChoice
from core.llm import ModelConfig


@pytest.mark.parametrize(
    ("choice", "model"),
    [
        (OFFLINE, "offline/measure"),
        (ModelChoice(model="openai/gpt-4o"), "openai/gpt-4o"),
        (ModelChoice(provider="openai", model="gpt-4o"), "openai/gpt-4o"),
        (ModelChoice(provider="offline", model="measure"), "offline/measure"),
    ],
)
def test_the_provider_of_a_model_is_part_of_its_name_or_a_field_of_its_own(choice: ModelChoice, model: str) -> None:
    assert ModelConfig.from_dict(choice.model_dump(exclude_none=True)).litellm_model == model
