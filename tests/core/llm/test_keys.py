import logging
from pathlib import Path

import pytest

from core.errors import ConfigurationError, InvalidInputError, MissingKeyError
from core.llm import ModelConfig, keys, redaction
from core.llm.types import NO_KEY

OPENAI = ModelConfig("openai/gpt-4o")
ELSEWHERE = ModelConfig("openai/gpt-4o", api_base="https://gateway.example.org/v1")


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write_secrets(text: str) -> None:
    Path(".streamlit").mkdir()
    Path(".streamlit/secrets.toml").write_text(text)


def test_a_typed_key_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert keys.key_for(ModelConfig("openai/gpt-4o", api_key="typed")) == "typed"
    assert keys.key_source(ModelConfig("openai/gpt-4o", api_key="typed")) == "session"


def test_the_environment_takes_precedence_over_the_secrets_file(monkeypatch: pytest.MonkeyPatch) -> None:
    _write_secrets('OPENAI_API_KEY = "from-secrets"\n[other]\nname = 1\n')
    assert (keys.key_for(OPENAI), keys.key_source(OPENAI)) == ("from-secrets", "secrets")
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert (keys.key_for(OPENAI), keys.key_source(OPENAI)) == ("from-environment", "environment")


def test_the_error_for_a_missing_key_names_its_variable() -> None:
    with pytest.raises(MissingKeyError, match="Set OPENAI_API_KEY in the environment or in"):
        keys.key_for(OPENAI)
    assert keys.key_source(OPENAI) is None


def test_a_key_from_the_environment_is_never_sent_to_another_base_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert keys.key_for(ELSEWHERE) == NO_KEY
    monkeypatch.setenv("VITRINE_KEY_GATEWAY_EXAMPLE_ORG", "of-the-gateway")
    assert keys.key_for(ELSEWHERE) == "of-the-gateway"


@pytest.mark.parametrize(
    "config",
    [
        ModelConfig("offline/measure"),
        ModelConfig("ollama/llava"),
        ModelConfig("openai/x", api_base="http://localhost:1/v1"),
    ],
    ids=lambda config: config.model,
)
def test_local_models_need_no_key(config: ModelConfig) -> None:
    assert (keys.key_for(config), keys.key_source(config)) == (NO_KEY, "none needed")


def test_an_invalid_secrets_file_is_named_in_the_error() -> None:
    _write_secrets("OPENAI_API_KEY = unquoted")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        keys.key_for(OPENAI)


@pytest.mark.parametrize(
    ("given", "model"),
    [
        ({"model": "gpt-4o"}, "openai/gpt-4o"),
        ({"provider": "openai", "model": "gpt-4o"}, "openai/gpt-4o"),
        ({"provider": "openai", "model": "openai/gpt-4o"}, "openai/gpt-4o"),
        ({"model": "claude-3-opus"}, "anthropic/claude-3-opus"),
        ({"model": "gemini-1.5-pro"}, "gemini/gemini-1.5-pro"),
        ({"provider": "google", "model": "gemini-1.5-pro"}, "gemini/gemini-1.5-pro"),
        ({"provider": "openrouter", "model": "google/gemini-3-pro-image"}, "openrouter/google/gemini-3-pro-image"),
    ],
)
def test_a_configuration_names_provider_and_model(given: dict[str, str], model: str) -> None:
    assert ModelConfig.from_dict(given).litellm_model == model


def test_a_configuration_never_shows_or_stores_its_key() -> None:
    config = ModelConfig.from_dict({"model": "gpt-4o", "api_key": "sk-canary-0123456789", "temperature": 0.0})
    assert "canary" not in repr(config)
    assert config.to_dict() == {"model": "gpt-4o", "temperature": 0.0}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "model"),
        ({"model": "x", "temperature": 3}, "temperature"),
        ({"model": "x", "max_tokens": 0}, "max_tokens"),
        ({"model": "x", "speed": "fast"}, "speed"),
    ],
)
def test_an_invalid_field_is_named_in_the_error(given: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        ModelConfig.from_dict(given)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key: sk-proj-abcdef0123456789",
        "key AIzaSyA0123456789abcdefghij is wrong",
        "authorization: Bearer abc.def.ghi",
        "without a known form: 9f8e7d6c5b4a",
    ],
)
def test_keys_are_removed_from_texts(text: str) -> None:
    redaction.remember("9f8e7d6c5b4a")
    cleaned = redaction.redact(text)
    assert redaction.MASK in cleaned
    assert not any(part in cleaned for part in ("abcdef0123", "AIza", "abc.def", "9f8e7d6c5b4a"))


def test_logs_contain_no_key_even_in_stack_traces(caplog: pytest.LogCaptureFixture) -> None:
    redaction.remember("9f8e7d6c5b4a")
    redaction.redact_logs()
    try:
        raise ValueError("the key is 9f8e7d6c5b4a")
    except ValueError:
        logging.getLogger("anything").exception("failed with %s", "9f8e7d6c5b4a")
    assert "9f8e7d6c5b4a" not in caplog.text
    assert redaction.MASK in caplog.text
