"""Replies in forms that litellm does not read are brought into its form, or named in a sentence."""

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from sqlmodel import select

from core.db import Database, LlmCalls
from core.errors import BadReplyError, EmptyReplyError, LLMError
from core.fetch import Fetched, FetchError
from core.llm import ChatRequest, DatabaseLedger, ImageRequest, LLMService, RetryPolicy, reply_images
from core.llm.reply_body import normalized
from core.llm.schemas import QuestionList
from tests.fakes.http_server import Answer
from tests.fakes.provider import FakeProvider

GOOD = '{"questions": [{"question": "What is it?", "kind": "object"}]}'
READ = {"questions": [{"question": "What is it?", "kind": "object"}]}
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
POLICY = RetryPolicy(max_sends=1)
CHAT = "some-chat-model"
STREAM = {"content-type": "text/event-stream"}


def _picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(written, "PNG")
    return written.getvalue()


PNG = _picture()
ENCODED = base64.b64encode(PNG).decode()
URL_SAFE = base64.urlsafe_b64encode(PNG).decode()
DATA_URL = f"data:image/png;base64,{ENCODED}"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


def _chat(message: dict[str, Any], **choice: Any) -> Answer:
    choices = [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop", **choice}]
    return Answer(
        body=json.dumps({"id": "x", "object": "chat.completion", "choices": choices, "usage": USAGE}).encode()
    )


def _tool(name: str, arguments: Any) -> Answer:
    function = {"name": name, "arguments": arguments}
    return _chat({"content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]})


def _events(*events: Any) -> bytes:
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode() + b"data: [DONE]\n\n"


def _chunk(**delta: Any) -> dict[str, Any]:
    return {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


FORMS = {
    "content parts": _chat({"content": [{"type": "text", "text": GOOD[:20]}, {"type": "text", "text": GOOD[20:]}]}),
    "content parts with thinking": _chat(
        {"content": [{"type": "thinking", "thinking": [{"text": "{}"}]}, {"type": "text", "text": GOOD}]}
    ),
    "content that is the JSON itself": _chat({"content": READ}),
    "a tool call": _tool("ask", GOOD),
    "a tool call with an object": _tool("ask", READ),
    "an answer as thinking": _chat({"content": "", "reasoning_content": f" {GOOD}\n"}),
    "an answer as reasoning": _chat({"content": None, "reasoning": GOOD}),
    "a stream": Answer(
        headers=STREAM, body=_events(_chunk(content=GOOD[:9]), _chunk(content=GOOD[9:]), {"usage": USAGE})
    ),
    "a stream as JSON": Answer(body=_events(_chunk(role="assistant"), _chunk(content=GOOD), {"usage": USAGE})),
    "a stream of a tool call": Answer(
        headers=STREAM,
        body=_events(
            _chunk(tool_calls=[{"index": 0, "id": "1", "function": {"name": "ask", "arguments": GOOD[:9]}}]),
            _chunk(tool_calls=[{"index": 0, "function": {"arguments": GOOD[9:]}}]),
            {"usage": USAGE},
        ),
    ),
    "lines of JSON": Answer(
        headers={"content-type": "application/x-ndjson"},
        body="\n".join(json.dumps(part) for part in (_chunk(content=GOOD), {"usage": USAGE})).encode(),
    ),
    "a text without a message": Answer(
        body=json.dumps({"choices": [{"text": GOOD, "finish_reason": "stop"}], "usage": USAGE}).encode()
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_the_reply_is_read_in_every_form(form: Answer, provider: FakeProvider) -> None:
    provider.enqueue(form)
    reply = await LLMService(POLICY).chat(provider.config(model=CHAT), ChatRequest("Ask", schema=QuestionList))
    assert reply.parsed is not None
    assert reply.parsed.model_dump() == READ
    assert (reply.prompt_tokens, reply.completion_tokens) == (10, 5)


async def test_streams_of_gemini_and_anthropic_are_read(provider: FakeProvider) -> None:
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    gemini = _events(
        {"candidates": [{"content": {"parts": [{"text": GOOD[:9]}]}}]},
        {"candidates": [{"content": {"parts": [{"text": GOOD[9:]}]}, "finishReason": "STOP"}], "usageMetadata": usage},
    )
    started = {"id": "x", "type": "message", "role": "assistant", "model": "m", "usage": {"input_tokens": 10}}
    anthropic = _events(
        {"type": "message_start", "message": started},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": GOOD}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    )
    for wire, body in (("gemini", gemini), ("anthropic", anthropic)):
        provider.enqueue(Answer(headers=STREAM, body=body))
        config = provider.config(wire)  # type: ignore[arg-type]
        reply = await LLMService(POLICY).chat(config, ChatRequest("Ask", schema=QuestionList))
        assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == (GOOD, 10, 5)


@pytest.mark.parametrize(
    ("sent", "error", "message"),
    [
        (Answer(headers=STREAM, body=b"event: x\ndata: {}\n\n"), BadReplyError, "sent a stream of events"),
        (Answer(headers=STREAM, body=b'data: {"error": {"message": "Overloaded"}}\n\n'), LLMError, "Overloaded"),
        (_chat({"content": "", "reasoning_content": "It is red."}), EmptyReplyError, "only thought and gave no answer"),
        (_chat({"content": "<think>It is red."}), EmptyReplyError, "only thought and gave no answer"),
        (_tool("look", "{}"), BadReplyError, "called look instead of answering"),
        (Answer(body=b'{"choices": ' + b"[" * 100_000), BadReplyError, "cannot be read"),
    ],
    ids=["stream", "error in a stream", "thinking apart", "thinking alone", "tool call", "deep body"],
)  # fmt: skip
async def test_what_is_not_read_is_named(
    sent: Answer, error: type[LLMError], message: str, provider: FakeProvider, db: Database
) -> None:
    provider.enqueue(sent)
    with pytest.raises(error, match=message):
        await LLMService(POLICY).chat(provider.config(model=CHAT), ChatRequest("Hello"), ledger=DatabaseLedger(db))
    assert [call.state for call in _calls(db)] == ["failed"]


async def test_the_tokens_of_a_reply_that_litellm_cannot_read_are_counted(provider: FakeProvider, db: Database) -> None:
    provider.enqueue(Answer(body=json.dumps({"choices": [{"message": 7}], "usage": USAGE}).encode()))
    with pytest.raises(LLMError):
        await LLMService(POLICY).chat(provider.config(), ChatRequest("Hello"), ledger=DatabaseLedger(db))
    (call,) = _calls(db)
    assert (call.state, call.prompt_tokens, call.completion_tokens) == ("failed", 10, 5)
    assert call.cost == pytest.approx(10 * 2.5e-6 + 5 * 1e-5)


async def test_an_interrupted_call_does_not_stay_started(provider: FakeProvider, db: Database) -> None:
    provider.default = Answer(hangs=True)
    chat = LLMService(POLICY).chat(provider.config(), ChatRequest("Hello"), ledger=DatabaseLedger(db))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(chat, 1)
    await db.write(lambda session: None)  # after the write that nobody waits for
    assert [(call.state, call.error_code) for call in _calls(db)] == [("unknown", "provider_down")]


IMAGES_API = "gpt-image-1.5"
MAKER = "some-image-model"


def _url(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


IMAGE_FORMS = {
    "Images API": (IMAGES_API, {"b64_json": ENCODED}),
    "Images API: prefixed": (IMAGES_API, {"b64_json": DATA_URL}),
    "Images API: data URL as url": (IMAGES_API, {"url": DATA_URL}),
    "Images API: a text": (IMAGES_API, DATA_URL),
    "Images API: address": (IMAGES_API, {"url": "https://cdn.example.org/x.png"}),
    "data URL": (MAKER, {"content": "", "images": [_url(DATA_URL)]}),
    "address": (MAKER, {"content": "", "images": [_url("https://cdn.example.org/x.png")]}),
    "image_url is a text": (MAKER, {"content": "", "images": [{"type": "image_url", "image_url": DATA_URL}]}),
    "texts": (MAKER, {"content": "", "images": [DATA_URL]}),
    "bare base64": (MAKER, {"content": "", "images": [ENCODED]}),
    "one, not in a list": (MAKER, {"content": "", "images": DATA_URL}),
    "without padding": (MAKER, {"content": "", "images": [_url(DATA_URL.rstrip("="))]}),
    "with line breaks": (MAKER, {"content": "", "images": [_url(DATA_URL[:60] + "\n" + DATA_URL[60:])]}),
    "URL-safe alphabet": (MAKER, {"content": "", "images": [_url(f"data:image/png;base64,{URL_SAFE}")]}),
    "twice prefixed": (MAKER, {"content": "", "images": [_url("data:image/png;base64," + DATA_URL)]}),
    "Markdown": (MAKER, {"content": f"Here it is:\n![image]({DATA_URL})"}),
    "Markdown with an address": (MAKER, {"content": 'Here:\n![image](https://cdn.example.org/x.png "A lamp")'}),
    "the text is the data URL": (MAKER, {"content": DATA_URL}),
    "the text is base64": (MAKER, {"content": ENCODED}),
    "the text is an address": (MAKER, {"content": "https://cdn.example.org/x.png\n"}),
    "content parts": (MAKER, {"content": [{"type": "text", "text": "ok"}, _url(DATA_URL)]}),
    "a source": (MAKER, {"content": [{"type": "image", "source": {"type": "base64", "data": ENCODED}}]}),
    "inline data": (MAKER, {"content": [{"inlineData": {"mimeType": "image/png", "data": ENCODED}}]}),
    "a broken one beside it": (MAKER, {"content": "", "images": [_url("data:image/png;base64,!"), _url(DATA_URL)]}),
}  # fmt: skip


@pytest.mark.parametrize(("model", "sent"), IMAGE_FORMS.values(), ids=IMAGE_FORMS)
async def test_an_image_is_read_in_every_form_with_its_tokens(
    model: str, sent: Any, provider: FakeProvider, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetched(url: str, **_: Any) -> Fetched:
        assert url == "https://cdn.example.org/x.png"
        return Fetched(PNG, url, "image/png")

    monkeypatch.setattr(reply_images, "fetch", fetched)
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    made = Answer(body=json.dumps({"created": 1, "data": [sent], "usage": usage}).encode())
    provider.enqueue(made if model == IMAGES_API else _chat(sent))
    ledger = DatabaseLedger(db)

    reply = await LLMService(POLICY).create_image(
        provider.config(model=f"openai/{model}"), ImageRequest("A lamp"), ledger=ledger
    )

    assert reply.images == (PNG,)
    assert "base64" not in reply.text
    await asyncio.to_thread(ledger.settle_now, reply)
    assert [(call.state, call.prompt_tokens, call.completion_tokens) for call in _calls(db)] == [("ok", 10, 5)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("data:image/png;base64,!!!", "in a form that cannot be decoded"),
        ("data:image/png;base64,", "in a form that cannot be decoded"),
        ("https://cdn.example.org/x.png", "could not be fetched: It does not answer."),
        ("http://127.0.0.1/x.png", "could not be fetched: 127.0.0.1 is not a public address"),
    ],
)
async def test_an_image_that_cannot_be_read_fails_with_a_reason_and_its_tokens(
    url: str, message: str, provider: FakeProvider, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "example" in url:

        async def fails(*_: Any, **__: Any) -> Fetched:
            raise FetchError("It does not answer.")

        monkeypatch.setattr(reply_images, "fetch", fails)
    provider.enqueue(_chat({"content": "", "images": [_url(url)]}))
    with pytest.raises(BadReplyError, match=message):
        await LLMService(POLICY).create_image(
            provider.config(model=MAKER), ImageRequest("A lamp"), ledger=DatabaseLedger(db)
        )
    assert [(call.state, call.error_code, call.completion_tokens) for call in _calls(db)] == [
        ("failed", "bad_reply", 5)
    ]


def test_a_body_that_needs_no_change_stays_byte_for_byte() -> None:
    body = b'{"choices": [ {"message": {"role": "assistant", "content": "ok"}} ]}'
    assert normalized(body, "application/json").content == body
    assert normalized(b"<html>", "text/html").content == b"<html>"
    assert normalized(b'{"object": "list", "data": ["a"]}', "").content == b'{"object": "list", "data": ["a"]}'


def _calls(db: Database) -> list[LlmCalls]:
    with db.reading() as session:
        return list(session.exec(select(LlmCalls)))


@pytest.mark.parametrize("count", [-5, 10**30, float("inf"), float("nan")])
def test_a_usage_that_no_call_can_have_is_left_out(count: float) -> None:
    body = normalized(json.dumps({"choices": [], "usage": {"prompt_tokens": count}}).encode(), "application/json")

    assert (body.prompt_tokens, json.loads(body.content)) == (None, {"choices": []})
