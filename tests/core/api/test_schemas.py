import pytest
from pydantic import BaseModel

from core.api.routers.people import AccountChange, NewAccount, PasswordChange
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


@pytest.mark.parametrize(
    "body",
    [
        ModelChoice(model="a/b", api_key="canary"),
        NewAccount(name="ana", password="canary"),
        AccountChange(password="canary"),
        PasswordChange(old_password="canary", new_password="canary"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_a_key_and_a_password_are_in_no_text_about_a_body(body: BaseModel) -> None:
    assert "canary" in body.model_dump_json()
    assert "canary" not in f"{body!r}{body}"
