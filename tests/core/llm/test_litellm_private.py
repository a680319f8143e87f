"""The private names of litellm are there, and everything works without each of them."""

import asyncio
import json
import pkgutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
import pytest

from core.errors import AccessDeniedError, ConfigurationError, ProviderDownError, RequestRefusedError
from core.llm import (
    OFFLINE_MODEL,
    ChatRequest,
    ImagePart,
    LLMService,
    ModelConfig,
    RetryPolicy,
    litellm_client,
    litellm_private,
    transport,
)
from core.llm.schemas import QuestionList
from tests.fakes.http_server import Answer
from tests.fakes.provider import WIRE_FORMATS, FakeProvider, Reply, WireFormat

GOOD = '{"questions": [{"question": "What is it?", "kind": "object"}]}'
ONE_SEND = RetryPolicy(max_sends=1)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


def _remove(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module, _, attribute = name.partition(":")
    litellm_client.litellm()
    monkeypatch.delattr(f"{module}.{attribute}")


# --- the names are there ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", litellm_private.NAMES)
def test_litellm_still_has_the_private_name(name: str) -> None:
    litellm_client.litellm()
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        pytest.fail(
            f"litellm {version('litellm')} has no {name} any more; it was last seen in {litellm_private.SEEN_IN}. "
            "Vitrine uses its fallback now. Find the new name, or remove the use in core/llm/litellm_private.py."
        )


def test_litellm_still_has_its_table_of_prices_as_a_file() -> None:
    library = Path(litellm_client.litellm().__file__).parent
    assert (library / litellm_private.PRICE_TABLE_FILE).is_file(), (
        f"litellm {version('litellm')} keeps its prices elsewhere; until core/llm/litellm_private.py names the file, "
        "the first page waits for the import of litellm."
    )


async def test_litellm_still_states_the_cost_of_a_response(provider: FakeProvider) -> None:
    config = provider.config()
    response = await litellm_client.litellm().acompletion(
        model=config.litellm_model, api_base=config.api_base, api_key="k", messages=[{"role": "user", "content": "?"}]
    )
    assert response._hidden_params.get("response_cost") == 0.0027, (
        f"litellm {version('litellm')} has no response._hidden_params['response_cost'] any more; Vitrine computes the "
        "cost by its own table now."
    )


def test_litellm_still_keeps_the_aiohttp_session_of_a_pool_as_its_client() -> None:
    async def session_of_a_pool() -> Any:
        pool: Any = litellm_private.make_connection_pool(transport.HttpxPool)
        session = pool.client() if callable(pool.client) else pool.client
        await session.close()
        return session

    assert isinstance(asyncio.run(session_of_a_pool()), aiohttp.ClientSession)


# --- the fallbacks work ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WIRE_FORMATS)
async def test_without_the_transport_factory_every_request_is_still_guarded(
    wire: WireFormat, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = litellm_client.litellm()
    monkeypatch.setattr("litellm.in_memory_llm_clients_cache", type(library.in_memory_llm_clients_cache)())
    monkeypatch.setattr("litellm.aclient_session", None)
    monkeypatch.setattr(*_client_factory(library))
    _remove(monkeypatch, litellm_private.TRANSPORT_FACTORY)
    guard = transport.GuardedTransport()
    litellm_private.install_transport(guard)

    provider.enqueue(Answer(307, {"location": "/elsewhere"}, b""), Reply("ok"))
    with pytest.raises(Exception, match="redirects to another address"):
        await LLMService(ONE_SEND).chat(provider.config(wire), ChatRequest("Hello"))
    reply = await LLMService(ONE_SEND).chat(provider.config(wire), ChatRequest("Hello"))

    assert reply.text == "ok"
    assert provider.calls[-1].received.headers["accept-encoding"] == "identity"
    assert [request.path for request in provider.received if request.path == "/elsewhere"] == []


def _client_factory(library: Any) -> tuple[str, Any]:
    """Return what ``monkeypatch`` needs to put the factory of clients back after the test."""
    name = litellm_private.CLIENT_FACTORY.replace(":", ".")
    return name, pkgutil.resolve_name(litellm_private.CLIENT_FACTORY)


def test_when_litellm_cannot_be_guarded_at_all_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    _remove(monkeypatch, litellm_private.TRANSPORT_FACTORY)
    _remove(monkeypatch, litellm_private.CLIENT_FACTORY)

    with pytest.raises(ConfigurationError, match=f"Install litellm {litellm_private.SEEN_IN}"):
        litellm_private.install_transport(httpx.MockTransport(lambda request: httpx.Response(200)))


def test_without_litellms_pool_calls_go_through_httpx(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    _remove(monkeypatch, litellm_private.POOL_FACTORY)
    provider.enqueue(Reply("ok"), Answer(401, body=b'{"error": {"message": "Bad key"}}'), Answer(resets_after=0))
    unreachable = ModelConfig("openai/gpt-4o", api_base="http://127.0.0.1:9/v1", api_key="k")

    async def four_calls() -> list[Any]:  # on a new loop, which has no pool yet
        calls = [provider.config(), provider.config(), provider.config(), unreachable]
        outcomes = []
        for config in calls:
            try:
                outcomes.append((await LLMService(ONE_SEND).chat(config, ChatRequest("Hello"))).text)
            except (AccessDeniedError, ProviderDownError) as error:
                outcomes.append((type(error), error.maybe_paid))
        return outcomes

    assert asyncio.run(four_calls()) == [
        "ok",
        (AccessDeniedError, False),
        (ProviderDownError, True),
        (ProviderDownError, False),
    ]


def test_the_pool_of_a_closed_loop_is_closed_whether_or_not_it_shows_its_session() -> None:
    async def used_pool() -> Any:
        pool: Any = litellm_private.make_connection_pool(transport.HttpxPool)
        if callable(pool.client):
            pool.client = pool.client()
        return pool

    pool = asyncio.run(used_pool())
    connector = pool.client.connector
    litellm_private.close_pool_of_closed_loop(pool)
    assert connector.closed
    litellm_private.close_pool_of_closed_loop(transport.HttpxPool())


async def test_without_the_switch_for_its_log_litellm_answers_the_same(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = pkgutil.resolve_name(litellm_private.INTERNAL_CALL)
    with litellm_private.without_cost_logging():
        assert used.get() is True
    assert used.get() is False
    monkeypatch.setattr(litellm_private, "INTERNAL_CALL", "litellm._internal_context:renamed")

    with litellm_private.without_cost_logging():
        assert used.get() is False
    assert (await LLMService().chat(provider.config(), ChatRequest("Hello"))).cost == 0.0027


async def test_without_litellms_cost_it_is_computed_from_the_table(provider: FakeProvider) -> None:
    response = SimpleNamespace(_hidden_params={"response_cost": 0.5})
    assert litellm_private.response_cost(response, lambda: 0.25) == 0.5
    assert litellm_private.response_cost(SimpleNamespace(_hidden_params={"response_cost": 0}), lambda: 0.25) is None
    assert litellm_private.response_cost(SimpleNamespace(), lambda: 0.25) == 0.25

    config = ModelConfig("openai/gpt-4o")
    usage = SimpleNamespace(prompt_tokens=1000, completion_tokens=20)
    reply = litellm_client._read(SimpleNamespace(choices=[], usage=usage), config)
    assert reply.cost == pytest.approx(0.0027)
    assert litellm_client._read(SimpleNamespace(choices=[]), config).cost is None


async def test_without_the_converter_of_schemas_litellm_converts_them_itself(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.default = Reply(GOOD)
    await LLMService().chat(provider.config(), ChatRequest("Ask", schema=QuestionList))
    litellm_client._converted.cache_clear()
    monkeypatch.setattr(litellm_private, "SCHEMA_CONVERTER", "litellm.llms.base_llm.base_utils:renamed")
    try:
        assert litellm_client.response_format(QuestionList) is QuestionList
        await LLMService().chat(provider.config(), ChatRequest("Ask", schema=QuestionList))
    finally:
        litellm_client._converted.cache_clear()

    usual, converted_by_litellm = (call.body["response_format"] for call in provider.calls)
    assert usual == converted_by_litellm
    assert usual["type"] == "json_schema"


def test_without_the_file_prices_come_from_litellm_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from_file = litellm_private.price_table()
    monkeypatch.setattr(litellm_private, "PRICE_TABLE_FILE", "renamed.json")
    imported = litellm_private.price_table()

    assert json.dumps(imported["gpt-4o"], sort_keys=True) == json.dumps(from_file["gpt-4o"], sort_keys=True)
    assert set(from_file) <= set(imported)
    assert {"sample_spec", "fallback_generalizations"} & {*from_file, *imported} == set()


async def test_without_its_class_for_errors_the_offline_provider_is_still_understood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(litellm_private, "PROVIDER_ERROR", "litellm.llms.custom_llm:Renamed")
    assert type(litellm_private.provider_error(400, "x")).__name__ == "_ProviderError"

    with pytest.raises(RequestRefusedError, match="The image cannot be read"):
        await LLMService().chat(ModelConfig(OFFLINE_MODEL), ChatRequest("-", (ImagePart(b"no image"),)))
