import asyncio
import base64
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from sqlmodel import select

from core import connect
from core.config import Settings
from core.db import Database, LlmCalls
from core.errors import BadReplyError, CutReplyError, InvalidInputError, NoVisionError, ProviderDownError
from core.llm import (
    OFFLINE_MODEL,
    ChatRequest,
    DatabaseLedger,
    ImagePart,
    ImageRequest,
    LLMService,
    ModelConfig,
    Purpose,
    RetryPolicy,
)
from core.llm.schemas import AnswerList, QuestionAnswerList, QuestionList, StyleAnalysis
from core.services import Services
from tests.fakes.http_server import Answer
from tests.fakes.provider import WIRE_FORMATS, FakeProvider, Reply, WireFormat, error_body

GOOD = '{"questions": [{"question": "What is it?", "kind": "object"}]}'
POLICY = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.02)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


def _calls(db: Database) -> list[LlmCalls]:
    with db.reading() as session:
        return list(session.exec(select(LlmCalls).order_by("id")))


@pytest.mark.parametrize("wire", WIRE_FORMATS)
async def test_images_arrive_unchanged_each_after_its_label_and_the_prompt_last(
    wire: WireFormat, provider: FakeProvider, jpeg: bytes
) -> None:
    other = jpeg + b"\x00"
    request = ChatRequest("What differs?", (ImagePart(jpeg, label="Before:"), ImagePart(other, label="After:")))
    reply = await LLMService().chat(provider.config(wire), request)
    call = provider.calls[-1]
    assert call.wire == wire
    assert call.images == [jpeg, other]
    assert call.texts == ["Before:", "After:", "What differs?"]
    assert call.received.headers["accept-encoding"] == "identity"
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("ok", 1000, 20)


@pytest.mark.parametrize("wire", WIRE_FORMATS)
async def test_a_schema_is_part_of_the_request(wire: WireFormat, provider: FakeProvider) -> None:
    provider.enqueue(Reply(GOOD))
    reply = await LLMService().chat(provider.config(wire), ChatRequest("Ask", schema=QuestionList))
    assert isinstance(reply.parsed, QuestionList)
    where = {"openai": "response_format", "gemini": "generationConfig", "anthropic": "output_format"}[wire]
    assert "questions" in json.dumps(provider.calls[-1].body[where])


@pytest.mark.parametrize("schema", [QuestionList, AnswerList, QuestionAnswerList, StyleAnalysis])
async def test_schemas_use_only_what_strict_mode_supports(provider: FakeProvider, schema: type[BaseModel]) -> None:
    with contextlib.suppress(BadReplyError):
        await LLMService().chat(provider.config(), ChatRequest("Ask", schema=schema))
    sent = provider.calls[0].body["response_format"]["json_schema"]
    assert sent["strict"] is True
    objects = [sent["schema"], *sent["schema"].get("$defs", {}).values()]
    for part in objects:
        assert part["additionalProperties"] is False
        assert sorted(part["required"]) == sorted(part["properties"])
    assert not {"default", "minLength", "maxLength"} & set(re.findall(r'"(\w+)":', json.dumps(sent)))


async def test_a_server_without_schemas_is_asked_in_a_simpler_form_and_that_is_remembered(
    provider: FakeProvider,
) -> None:
    refuses = Answer(400, body=error_body("openai", 400, "response_format json_schema is not supported"))
    provider.enqueue(refuses, refuses, Reply(GOOD), Reply(GOOD))
    service, config = LLMService(), provider.config(model="openai/small-local", api_key=None)
    await service.chat(config, ChatRequest("Ask", schema=QuestionList))
    assert [call.body.get("response_format", {}).get("type") for call in provider.calls] == [
        "json_schema",
        "json_object",
        None,
    ]
    assert "JSON schema" in provider.calls[-1].texts[-1]
    await service.chat(config, ChatRequest("Ask again", schema=QuestionList))
    assert "response_format" not in provider.calls[-1].body
    assert len(provider.calls) == 4


async def test_an_unreadable_reply_is_corrected_once(provider: FakeProvider, db: Database) -> None:
    provider.enqueue(Reply("There is a cat."), Reply(GOOD))
    ledger = DatabaseLedger(db)
    reply = await LLMService().chat(provider.config(), ChatRequest("Ask", schema=QuestionList), ledger=ledger)
    assert reply.parsed is not None
    again = provider.calls[-1].body["messages"]
    assert [message["role"] for message in again] == ["user", "assistant", "user"]
    assert again[1]["content"] == "There is a cat."
    first, second = _calls(db)
    assert (first.state, first.error_code, first.reply) == ("failed", "bad_reply", "There is a cat.")
    assert (second.state, second.attempt) == ("started", 2)


async def test_an_unreadable_reply_is_stored_unchanged(provider: FakeProvider, db: Database) -> None:
    provider.default = Reply("There is a cat.")
    with pytest.raises(BadReplyError) as caught:
        await LLMService().chat(provider.config(), ChatRequest("Ask", schema=QuestionList), ledger=DatabaseLedger(db))
    assert caught.value.reply_head == "There is a cat."
    assert [call.reply for call in _calls(db)] == ["There is a cat."] * 2
    assert all(call.cost == 0.0027 for call in _calls(db))


async def test_a_cut_reply_is_requested_again_once_with_twice_the_token_limit(provider: FakeProvider) -> None:
    provider.default = Reply(GOOD[:20], finish="length")
    with pytest.raises(CutReplyError):
        await LLMService().chat(provider.config(max_tokens=100), ChatRequest("Ask", schema=QuestionList))
    assert [call.body["max_tokens"] for call in provider.calls] == [100, 200]


async def test_transient_errors_are_retried(provider: FakeProvider, db: Database) -> None:
    provider.enqueue(Answer(503), Answer(429, {"retry-after": "0.02"}), Reply("ok"))
    reply = await LLMService(POLICY).chat(provider.config(), ChatRequest("Hello"), ledger=DatabaseLedger(db))
    assert reply.text == "ok"
    assert [(call.state, call.error_code, call.http_status) for call in _calls(db)] == [
        ("failed", "provider_down", 503),
        ("failed", "rate_limited", 429),
        ("started", "", None),
    ]


async def test_after_a_rate_limit_error_only_the_rate_limiter_waits(provider: FakeProvider) -> None:
    provider.enqueue(Answer(429, {"retry-after": "0.02"}), Reply("ok"))
    slow_backoff = RetryPolicy(first_wait_s=60, longest_wait_s=60)
    async with asyncio.timeout(60):
        assert (await LLMService(slow_backoff).chat(provider.config(), ChatRequest("Hello"))).text == "ok"


async def test_a_call_without_a_reply_may_have_been_paid(provider: FakeProvider, db: Database) -> None:
    provider.default = Answer(resets_after=0)
    with pytest.raises(ProviderDownError):
        await LLMService(POLICY).chat(provider.config(), ChatRequest("Hello"), ledger=DatabaseLedger(db))
    assert [call.state for call in _calls(db)] == ["unknown", "unknown"]


async def test_an_unreachable_server_costs_nothing(db: Database) -> None:
    config = ModelConfig("openai/gpt-4o", api_base="http://127.0.0.1:9/v1")
    with pytest.raises(ProviderDownError, match="cannot be reached"):
        await LLMService(POLICY).chat(config, ChatRequest("Hello"), ledger=DatabaseLedger(db))
    assert [call.state for call in _calls(db)] == ["failed"] * 3


async def test_the_same_request_is_not_paid_twice_unless_it_is_fresh(
    provider: FakeProvider, db: Database, jpeg: bytes
) -> None:
    provider.default = Reply(GOOD)
    service, ledger, config = LLMService(), DatabaseLedger(db), provider.config()
    request = ChatRequest("Ask", (ImagePart(jpeg),), schema=QuestionList)
    first = await service.chat(config, request, ledger=ledger)
    unsettled = await service.chat(config, request, ledger=ledger)
    assert len(provider.calls) == 2, "an unsettled reply is not used again"
    ledger.settle_now(unsettled)
    again = await service.chat(config, request, ledger=ledger)
    assert (again.cached, again.cost, again.parsed, again.call_id) == (True, 0.0, first.parsed, unsettled.call_id)
    assert len(provider.calls) == 2
    fresh = ChatRequest("Ask", (ImagePart(jpeg),), schema=QuestionList, fresh=True)
    assert not (await service.chat(config, fresh, ledger=ledger)).cached
    other_image = ChatRequest("Ask", (ImagePart(jpeg + b"\x00"),), schema=QuestionList)
    assert not (await service.chat(config, other_image, ledger=ledger)).cached
    assert len(provider.calls) == 4


async def test_a_model_without_vision_is_never_sent_an_image(provider: FakeProvider, jpeg: bytes) -> None:
    with pytest.raises(NoVisionError, match="Use one that can, for example offline/measure"):
        await LLMService().chat(ModelConfig("openai/gpt-3.5-turbo", api_key="x"), ChatRequest("?", (ImagePart(jpeg),)))


async def test_vision_chat_takes_a_data_url(provider: FakeProvider, jpeg: bytes) -> None:
    config = provider.config()
    documented = {"provider": "openai", "model": "gpt-4o", "api_key": "k", "api_base": config.api_base}
    url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    reply = await LLMService().vision_chat(documented, "What is this?", url)
    assert reply == {
        "text": "ok",
        "model": "openai/gpt-4o",
        "usage": {"prompt_tokens": 1000, "completion_tokens": 20},
        "cost": 0.0027,
        "finish_reason": "stop",
    }
    assert provider.calls[-1].images == [jpeg]


async def test_vision_chat_rejects_an_image_that_is_no_base64() -> None:
    with pytest.raises(InvalidInputError) as caught:
        await LLMService().vision_chat({"model": "gpt-4o"}, "?", "not base64!")
    assert caught.value.field == "image_data"


async def test_an_unknown_price_is_none_and_never_zero(provider: FakeProvider) -> None:
    reply = await LLMService().chat(provider.config(model="openai/my-own-model"), ChatRequest("Hello"))
    assert reply.cost is None


async def test_the_connection_test_reports_whether_the_model_sees_the_image(provider: FakeProvider) -> None:
    service = LLMService()
    provider.enqueue(Reply("Red."), Reply("I see nothing"), Answer(401, body=error_body("openai", 401, "Bad key")))
    saw = await service.test_connection(provider.config())
    unseen = await service.test_connection(provider.config())
    refused = await service.test_connection(provider.config())
    assert (saw.ok, "saw the test image" in saw.message) == (True, True)
    assert (unseen.ok, "may not see images" in unseen.message) == (True, True)
    assert (refused.ok, "does not accept the key: Bad key" in refused.message) == (False, True)
    assert len(provider.calls[0].images) == 1


async def test_offline_calls_are_in_the_ledger_and_cost_nothing(db: Database, jpeg: bytes) -> None:
    ledger = DatabaseLedger(db)
    request = ChatRequest(
        "Ask", (ImagePart(jpeg),), schema=QuestionList, purpose=Purpose("questions", {"count": 4, "language": "tr"})
    )
    reply = await LLMService().chat(ModelConfig(OFFLINE_MODEL), request, ledger=ledger)
    assert isinstance(reply.parsed, QuestionList)
    assert len(reply.parsed.questions) == 4
    assert reply.cost == 0.0
    ledger.settle_now(reply)
    assert [(call.model, call.state, call.cost) for call in _calls(db)] == [(OFFLINE_MODEL, "ok", 0.0)]


@pytest.mark.parametrize("model", ["openai/o3", "openai/reasoning-model"])
async def test_a_model_that_accepts_no_temperature_is_called_without_one_from_then_on(
    provider: FakeProvider, model: str
) -> None:
    if model != "openai/o3":  # which litellm itself knows
        provider.enqueue(Answer(400, body=error_body("openai", 400, "Unsupported value: temperature")))
    service, config = LLMService(POLICY), provider.config(model=model, temperature=0.7)
    assert (await service.chat(config, ChatRequest("Hello"))).text == "ok"
    sent = len(provider.calls)
    assert (await service.chat(config, ChatRequest("Hello again"))).text == "ok"
    assert len(provider.calls) == sent + 1
    assert "temperature" not in provider.calls[-1].body


def test_only_the_provider_is_connected_to(jpeg: bytes) -> None:
    """The first call of a process imports litellm, which would download its tables by default."""
    code = """
import asyncio, socket, sys
asked = []
resolve = socket.getaddrinfo
def recorded(host, *rest, **more):
    asked.append(host)
    return resolve(host, *rest, **more)
socket.getaddrinfo = recorded
from core.llm import ChatRequest, ImagePart, LLMService
from tests.fakes.provider import WIRE_FORMATS, FakeProvider
async def calls(provider):
    for wire in WIRE_FORMATS:
        await LLMService().chat(provider.config(wire), ChatRequest("?", (ImagePart(b"image"),)))
with FakeProvider() as provider:
    asyncio.run(calls(provider))
print(sorted({str(host) for host in asked}))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() in ("[]", "['127.0.0.1']")
    assert shown.stderr == ""


async def test_the_time_limit_comes_from_the_settings_passed_in(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.default = Answer(hangs=True)
    monkeypatch.setenv("VITRINE_LLM_TIMEOUT_S", "60")
    service = LLMService(RetryPolicy(max_sends=1), settings=Settings(llm_timeout_s=0.2))
    with pytest.raises(ProviderDownError, match=r"did not finish within 0\.2 s"):
        await service.chat(provider.config(), ChatRequest("Hello"))
    with pytest.raises(ProviderDownError, match=r"did not finish within 0\.3 s"):
        await service.chat(provider.config(timeout_s=0.3), ChatRequest("Hello"))
    with pytest.raises(ProviderDownError, match=r"did not finish within 0\.2 s"):
        await service.create_image(provider.config(), ImageRequest("A shelf"))


async def test_without_settings_the_environment_is_read_once(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.default = Answer(hangs=True)
    monkeypatch.setenv("VITRINE_LLM_TIMEOUT_S", "0.2")
    service = LLMService(RetryPolicy(max_sends=1))
    monkeypatch.setenv("VITRINE_LLM_TIMEOUT_S", "60")
    with pytest.raises(ProviderDownError, match=r"did not finish within 0\.2 s"):
        await service.chat(provider.config(), ChatRequest("Hello"))


def test_the_services_of_a_database_pass_its_settings_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_LLM_TIMEOUT_S", "7")
    with connect(tmp_path) as db:
        monkeypatch.setenv("VITRINE_LLM_TIMEOUT_S", "60")
        assert Services(db).llm._settings.llm_timeout_s == 7


def test_a_prompt_of_a_built_in_model_has_no_tokens_and_any_other_those_of_its_text_and_images() -> None:
    llm = LLMService()

    assert llm.estimate_prompt("offline/measure", (1000, 750), 300, images=2) == (0, 0)
    assert llm.estimate_prompt("anthropic/claude-haiku-4-5", None, 300) == (75.0, 200.0)
    assert llm.estimate_prompt("anthropic/claude-haiku-4-5", (1000, 750), 300) == (1_075.0, 1_300.0)
    assert llm.estimate_prompt("anthropic/claude-haiku-4-5", (1000, 750), 300, images=2) == (2_075.0, 2_400.0)


def test_only_a_model_whose_provider_has_batches_may_be_asked_in_batches() -> None:
    llm = LLMService()

    llm.require_batches(ModelConfig("openai/gpt-4o"))
    with pytest.raises(InvalidInputError, match=r"no batches\. Ask at once, or use another model"):
        llm.require_batches(ModelConfig("groq/llama-4"))
