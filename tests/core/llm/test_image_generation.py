import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from core.db import Database, LlmCalls
from core.errors import EmptyReplyError, FilteredReplyError, ProviderDownError, RefusedReplyError
from core.llm import DatabaseLedger, ImagePart, ImageRequest, LLMService, ModelConfig, RetryPolicy
from core.llm.image_generation import openai_size, parameters
from core.llm.ledger import request_hash
from tests.fakes.http_server import Answer
from tests.fakes.provider import FakeProvider, Reply

DRAFT, FINAL = b"\x89PNG draft", b"\x89PNG final"
GEMINI = "gemini/gemini-3-pro-image"
POLICY = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.02)
REQUEST = ImageRequest(
    "A shelf at dusk", (ImagePart(b"one"), ImagePart(b"two")), aspect_ratio="16:9", size="2k", system="Be calm."
)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(Reply(None, images=(FINAL,))) as running:
        yield running


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (GEMINI, {"modalities": ["image", "text"], "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}}),
        (
            "vertex_ai/gemini-2.5-flash-image",
            {"modalities": ["image", "text"], "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}},
        ),
        (
            "openrouter/google/gemini-3-pro-image",
            {"modalities": ["image", "text"], "image_config": {"aspect_ratio": "16:9", "image_size": "2K"}},
        ),
        ("openai/gpt-image-1.5", {"size": "1536x1024"}),
        ("openai/gpt-image-2", {"size": "2736x1536"}),
    ],
)
def test_ratio_and_size_are_sent_in_the_form_of_each_family(model: str, expected: dict[str, Any]) -> None:
    assert parameters(ModelConfig(model), REQUEST) == expected


@pytest.mark.parametrize(
    ("model", "ratio", "size", "expected"),
    [
        ("gpt-image-1.5", "1:1", None, "1024x1024"),
        ("gpt-image-1.5", "9:16", None, "1024x1536"),
        ("gpt-image-1.5", "5:4", None, "1536x1024"),
        ("gpt-image-2", "1:1", None, "1024x1024"),
        ("gpt-image-2", "21:9", None, "1568x672"),
        ("gpt-image-2", "16:9", "4K", "3840x2160"),
        ("gpt-image-2", "8:1", None, "1776x592"),
        ("gpt-image-2", "odd", None, "1024x1024"),
    ],
)
def test_sizes_for_openai_follow_its_rules(model: str, ratio: str, size: str | None, expected: str) -> None:
    made = openai_size(model, ratio, size)
    assert made == expected
    width, height = (int(side) for side in made.split("x"))
    assert width % 16 == height % 16 == 0
    assert max(width, height) <= 3840
    assert max(width, height) / min(width, height) <= 3.01


async def test_gemini_gets_labels_references_and_the_prompt_last(provider: FakeProvider) -> None:
    reply = await LLMService().create_image(provider.config("gemini", model=GEMINI), REQUEST)
    body = provider.calls[-1].body
    parts = body["contents"][0]["parts"]
    assert [part.get("text") or "image" for part in parts] == [
        "Style reference 1:",
        "image",
        "Style reference 2:",
        "image",
        "A shelf at dusk",
    ]
    assert provider.calls[-1].images == [b"one", b"two"]
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}
    assert "Be calm." in json.dumps(body.get("system_instruction") or body.get("systemInstruction"))
    assert reply.images == (FINAL,)
    assert [sent["label"] for sent in reply.sent["references"]] == ["Style reference 1:", "Style reference 2:"]


async def test_the_last_image_is_the_result_and_drafts_are_left_out(provider: FakeProvider) -> None:
    provider.enqueue(Reply("Here it is", images=(DRAFT, DRAFT, FINAL)))
    reply = await LLMService().create_image(provider.config("gemini", model=GEMINI), REQUEST)
    assert (reply.images, reply.text) == ((FINAL,), "Here it is")


@pytest.mark.parametrize("references", [(), REQUEST.references])
async def test_openai_edits_references_and_makes_images_without_them(
    provider: FakeProvider, references: tuple[ImagePart, ...]
) -> None:
    made = {"created": 1, "data": [{"b64_json": base64.b64encode(FINAL).decode()}]}
    provider.enqueue(Answer(body=json.dumps(made).encode()))
    config = provider.config(model="openai/gpt-image-2")
    reply = await LLMService().create_image(config, ImageRequest("A shelf", references, system="Be calm."))
    received = provider.received[-1]
    assert received.path == ("/v1/images/edits" if references else "/v1/images/generations")
    assert reply.images == (FINAL,)
    assert b"Be calm." in received.body
    if references:
        assert received.body.count(b'name="image[]"') == 2
        assert received.body.index(b"one") < received.body.index(b"two")


@pytest.mark.parametrize(
    ("sent", "error", "message"),
    [
        (Reply("I cannot draw a real person.", images=()), RefusedReplyError, "I cannot draw a real person."),
        (Reply("", finish="content_filter"), FilteredReplyError, "withheld the image"),
        (Reply(None), EmptyReplyError, "neither an image nor text"),
    ],
)
async def test_a_reply_without_an_image_fails_with_the_text_of_the_model(
    provider: FakeProvider, db: Database, sent: Reply, error: type[Exception], message: str
) -> None:
    provider.enqueue(sent)
    with pytest.raises(error, match=message):
        await LLMService().create_image(provider.config("gemini", model=GEMINI), REQUEST, ledger=DatabaseLedger(db))
    assert len(provider.calls) == 1
    with db.reading() as session:
        assert [call.state for call in session.exec(select(LlmCalls))] == ["failed"]


async def test_an_image_that_may_have_been_paid_for_is_not_retried(provider: FakeProvider, db: Database) -> None:
    provider.default = Answer(resets_after=0)
    with pytest.raises(ProviderDownError):
        await LLMService(POLICY).create_image(
            provider.config("gemini", model=GEMINI), REQUEST, ledger=DatabaseLedger(db)
        )
    assert len(provider.calls) == 1
    with db.reading() as session:
        assert [call.state for call in session.exec(select(LlmCalls))] == ["unknown"]


async def test_a_server_error_is_retried(provider: FakeProvider) -> None:
    provider.enqueue(Answer(503), Reply(None, images=(FINAL,)))
    reply = await LLMService(POLICY).create_image(provider.config("gemini", model=GEMINI), REQUEST)
    assert reply.images == (FINAL,)


@pytest.mark.parametrize(
    "model", ["gemini/gemini-3-pro-image", "openai/gpt-image-2", "openrouter/google/gemini-3-pro-image", "xai/painter"]
)
def test_only_the_offline_provider_gets_the_number_of_a_variant(model: str) -> None:
    config = ModelConfig(model)

    assert parameters(config, replace(REQUEST, variant=7)) == parameters(config, REQUEST)
    assert request_hash(config, replace(REQUEST, variant=7)) == request_hash(config, REQUEST)
