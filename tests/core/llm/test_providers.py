"""A provider is one entry in one table: nothing else has to change for one that litellm does not know."""

from collections.abc import Iterator

import pytest

from core.errors import MissingKeyError
from core.llm import ChatRequest, ImagePart, ImageRequest, LLMService, ModelConfig, keys, providers, redaction
from core.llm.costs import image_tokens
from core.llm.image_generation import parameters
from core.llm.providers import TABLE_FILE, Provider
from tests.fakes.http_server import Answer, HttpServer
from tests.fakes.provider import FakeProvider, Reply

TOY = """
[providers.toy]
aliases = ["toymaker"]
model_names = ["teddy"]
key_variables = ["TOY_KEY"]
key_pattern = 'toy_[0-9]{6,}'
api_base = "%s/v1"
local_url = "%s"
prices_are_complete = true
image_token_rule = "anthropic"
image_request = "gemini"
image_api_models = ["teddy-draws"]
"""


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    """A provider that exists only as an entry of the table."""
    listed = b'{"data": [{"id": "teddy-at-home"}]}'
    with FakeProvider() as provider, HttpServer(lambda _: Answer(body=listed)) as local:
        entry = TOY % (provider.url, local.url)
        table = providers.parse_table(TABLE_FILE.read_text(encoding="utf-8") + entry)
        monkeypatch.setattr(providers, "table", lambda: table)
        yield provider


async def test_a_new_provider_is_called_at_its_base_url_with_its_key(
    toy: FakeProvider, monkeypatch: pytest.MonkeyPatch, jpeg: bytes
) -> None:
    config = ModelConfig("toy/teddy-1")
    with pytest.raises(MissingKeyError, match=r"no key for toy\. Set TOY_KEY"):
        await LLMService().chat(config, ChatRequest("?", (ImagePart(jpeg),)))
    monkeypatch.setenv("TOY_KEY", "toy_123456")
    toy.enqueue(Reply("A bear."))

    reply = await LLMService().chat(config, ChatRequest("?", (ImagePart(jpeg),)))

    (call,) = toy.calls
    assert (reply.text, reply.model, reply.cost) == ("A bear.", "toy/teddy-1", None)
    assert (call.received.path, call.body["model"]) == ("/v1/chat/completions", "teddy-1")
    assert call.received.headers["authorization"] == "Bearer toy_123456"
    assert call.images == [jpeg]


async def test_its_key_is_not_sent_to_another_base_url(toy: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_KEY", "toy_123456")
    with FakeProvider() as elsewhere:
        await LLMService().chat(ModelConfig("toy/teddy-1", api_base=f"{elsewhere.url}/v1"), ChatRequest("?"))
        assert elsewhere.calls[0].received.headers["authorization"] == f"Bearer {keys.NO_KEY}"
    assert toy.calls == []


async def test_it_is_priced_by_its_own_name_even_when_a_model_is_called_as_anothers(
    toy: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_KEY", "toy_123456")
    assert (await LLMService().chat(ModelConfig("toy/gpt-4o"), ChatRequest("?"))).cost is None


@pytest.mark.usefixtures("toy")
async def test_everything_else_about_it_comes_from_the_same_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    service = LLMService()
    drawing = ImageRequest("A bear", aspect_ratio="16:9", size="2k")

    assert ModelConfig("teddy-1").litellm_model == "toy/teddy-1"
    assert ModelConfig("x", provider="Toymaker").litellm_model == "toy/x"
    assert keys.key_names(ModelConfig("toy/x")) == ("TOY_KEY",)
    assert redaction.redact("the key toy_123456 leaks") == f"the key {redaction.MASK} leaks"
    assert image_tokens("gateway/teddy-1", (750, 100)) == (100, 111)
    assert parameters(ModelConfig("toy/teddy-1"), drawing)["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}
    assert parameters(ModelConfig("toy/teddy-draws-1"), drawing) == {"size": "2736x1536"}
    assert "teddy-at-home" in [info.model.split("/")[1] for info in await service.find_local_models()]
    monkeypatch.setattr("core.llm.models.entry_of", lambda model: {"mode": "chat"})
    assert service.model_info("toy/teddy-1").vision is False


@pytest.mark.usefixtures("toy")
async def test_a_model_of_its_image_interface_is_not_sent_a_chat_by_the_connection_test() -> None:
    tested = await LLMService().test_connection(ModelConfig("toy/teddy-draws-image", api_key="k"))
    assert (tested.ok, "only makes images" in tested.message) == (False, True)


def test_a_provider_without_an_entry_has_a_name_and_a_key_variable() -> None:
    config = ModelConfig("friendliai/some-vision")
    assert providers.find("friendliai") == Provider("friendliai")
    assert keys.key_names(config) == ("FRIENDLIAI_API_KEY",)
    assert keys.key_for(config) is None


@pytest.mark.parametrize(
    ("model", "maker"),
    [
        ("openrouter/anthropic/claude-opus-5-5", "anthropic"),
        ("vertex_ai/gemini-2.5-flash", "gemini"),
        ("azure/gpt-4o", "azure"),
        ("openai/gpt-4o", "openai"),
        ("somebody/else", "somebody"),
    ],
)
def test_the_maker_of_a_model_is_known_wherever_it_is_served(model: str, maker: str) -> None:
    assert providers.maker_of(model).name == maker


def test_no_other_module_names_a_provider() -> None:
    """Adding a provider must not need a change of code."""
    names = {"anthropic", "gemini", "vertex_ai", "azure", "openrouter", "mistral", "groq", "xai", "ollama"}
    allowed = {"providers.py", "costs.py", "image_generation.py"}  # forms of requests and rules for tokens
    found = {
        f"{path.name}: {name}"
        for path in TABLE_FILE.parent.glob("*.py")
        for name in names
        if path.name not in allowed and f'"{name}"' in path.read_text(encoding="utf-8")
    }
    assert found == set()
