import subprocess
import sys

import pytest

from core.llm import LLMService, providers
from core.llm.local_servers import find_local_models
from tests.fakes.http_server import Answer, HttpServer


def test_suggested_models_start_with_the_one_that_needs_no_key() -> None:
    first, second, *others = LLMService().models()
    assert (first.model, first.vision, first.input_price, first.key_source) == (
        "offline/measure",
        True,
        0.0,
        "none needed",
    )
    assert (second.model, second.vision, second.input_price, second.image_output) == ("offline/see", True, 0.0, False)
    assert all(info.key_source is None for info in others)
    assert all(info.vision is not False for info in others)
    assert len({info.model for info in others}) == len(others)


def test_a_key_adds_all_vision_models_of_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {info.model for info in LLMService().models()}
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-long")
    found = {info.model: info for info in LLMService().models()}
    added = [info for name, info in found.items() if name not in before]
    assert len(added) > 20
    assert all(info.model.startswith("openai/") and info.vision for info in added)
    assert found["openai/gpt-4o"].key_source == "environment"


@pytest.mark.parametrize(
    ("model", "vision", "image_output"),
    [
        ("offline/measure", True, True),
        ("openai/gpt-4o", True, False),
        ("gpt-4o", True, False),
        ("openai/gpt-3.5-turbo", False, False),
        ("mistral/codestral-latest", False, False),
        ("openai/an-unknown-model", None, False),
        ("ollama/llava", None, False),
        ("anthropic/claude-unknown", None, False),
        ("gemini/gemini-3-pro-image", True, True),
        ("openrouter/google/gemini-3-pro-image", None, True),
        ("openai/gpt-image-2", True, True),
    ],
)
def test_an_ability_of_a_model_is_known_or_unknown(model: str, vision: bool | None, image_output: bool) -> None:
    info = LLMService().model_info(model)
    assert (info.vision, info.image_output) == (vision, image_output)


def test_at_a_custom_url_only_the_price_of_the_name_is_known() -> None:
    info = LLMService().model_info("openai/gpt-3.5-turbo", "http://localhost:11434/v1")
    assert (info.vision, info.input_price, info.key_source) == (None, 0.5, "none needed")


def test_the_date_of_withdrawal_is_known() -> None:
    assert LLMService().model_info("openai/gpt-4o-2024-05-13").deprecated_on == "2026-10-23"


def test_an_estimate_is_a_range_zero_offline_and_none_for_unknown_prices() -> None:
    service = LLMService()
    known = service.estimate_call("openai/gpt-4o", (1024, 768), 1500, 300)
    assert known is not None
    assert 0.003 < known.low < known.high < 0.02
    free = service.estimate_call("offline/measure", (1024, 768), 1500, 300)
    assert free is not None
    assert (free.low, free.high) == (0.0, 0.0)
    assert service.estimate_call("openai/unknown", (1024, 768), 1500, 300) is None


async def test_local_servers_that_answer_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"object": "list", "data": [{"id": "llava:13b"}, {"id": "qwen2.5-vl"}]}'
    with HttpServer(lambda request: Answer(body=body)) as good, HttpServer(lambda request: Answer(404)) as bad:
        urls = (f"{good.url}/v1", f"{bad.url}/v1", "http://127.0.0.1:9/v1")
        entries = {url: providers.Provider(url, local_url=url) for url in urls}
        monkeypatch.setattr(providers, "table", lambda: providers.ProviderTable(entries, (), ()))
        found = await find_local_models()
        assert [(info.model, info.vision, info.key_source, info.api_base) for info in found] == [
            ("openai/llava:13b", None, "none needed", f"{good.url}/v1"),
            ("openai/qwen2.5-vl", None, "none needed", f"{good.url}/v1"),
        ]
        assert [request.path for request in good.received] == ["/v1/models"]


def test_models_are_known_without_importing_litellm() -> None:
    code = (
        "import sys; from core.llm import LLMService; assert len(LLMService().models()) > 10; "
        "print([name for name in ('litellm', 'openai', 'httpx', 'numpy', 'PIL') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
