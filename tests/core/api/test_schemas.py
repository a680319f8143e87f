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
def test_a_model_may_be_chosen_with_its_provider_in_the_name_or_beside_it(choice: ModelChoice, model: str) -> None:
    assert ModelConfig.from_dict(choice.model_dump(exclude_none=True)).litellm_model == model
