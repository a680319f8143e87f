"""Images that a model server fetches from the bucket: it gets a signed address, and nobody else does."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from core.bucket_address import BucketAddress
from core.config import load_settings
from core.db import Database, LlmCalls
from core.llm import ChatRequest, ImagePart, LLMService, ModelConfig, litellm_client, sent_links
from core.llm.batches.deferring import CaptureCalls, deferring
from core.llm.ledger import DatabaseLedger
from core.object_storage import Bucket, open_bucket
from tests.fakes.http_server import Answer
from tests.fakes.object_storage import BUCKET, KEY, FakeObjectStorage
from tests.fakes.provider import Call, FakeProvider, Reply, Scripted, WireFormat, error_body
from tests.fakes.seaweed import seaweed

COPY = ImagePart(b"\xff\xd8 a copy in the size for models")
ORIGINAL = ImagePart(b"\xff\xd8 small enough as it is")


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as fake:
        yield fake


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    for learned in (sent_links._known, sent_links._without):
        learned.clear()
    yield
    for learned in (sent_links._known, sent_links._without):
        learned.clear()


def urls_of(call: Call) -> list[str]:
    parts = [part for message in call.body["messages"] for part in message["content"] if isinstance(part, dict)]
    return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


class Fetching:
    """A model that fetches the images of each request, as the providers do."""

    def __init__(self) -> None:
        self.fetched: list[bytes] = []

    def __call__(self, call: Call) -> Scripted:
        for url in urls_of(call):
            assert url.startswith("http://"), url[:40]
            self.fetched.append(httpx.get(url).raise_for_status().content)
        return Reply("seen")


def named(monkeypatch: pytest.MonkeyPatch, provider: FakeProvider, **more: Any) -> ModelConfig:
    """Let the server fetch from the bucket, and return a configuration that calls it."""
    monkeypatch.setenv("VITRINE_STORAGE_SEND_URLS", f"openai, {provider.url.removeprefix('http://')}")
    return provider.config(**more)


def own() -> Bucket:
    return open_bucket(load_settings(), BucketAddress(BUCKET, "vitrine"))


async def _asked(config: ModelConfig, db: Database | None = None, text: str = "What is it?") -> None:
    ledger = None if db is None else DatabaseLedger(db)
    reply = await LLMService().chat(config, ChatRequest(text, (ORIGINAL, COPY)), ledger=ledger)
    assert reply.text == "seen"
    if ledger is not None:
        ledger.settle_now(reply)


async def test_a_server_fetches_the_original_or_a_copy_and_its_address_stands_nowhere_else(
    bucket: FakeObjectStorage, provider: FakeProvider, db: Database, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    config = named(monkeypatch, provider, timeout_s=100)
    provider.default = server = Fetching()
    original = ORIGINAL.sha256.hex()
    own().put(f"{original[:2]}/{original}.jpg", ORIGINAL.data)

    with caplog.at_level(logging.DEBUG):
        await _asked(config, db)
        stored = {one.key for one in own().list()}
        written = len(bucket.asked("PUT"))
        await _asked(config, db, "And now?")

    assert server.fetched == [ORIGINAL.data, COPY.data] * 2
    copy = COPY.sha256.hex()
    assert stored == {f"{original[:2]}/{original}.jpg", f"derived/{copy[:2]}/{copy}.jpg"}
    assert len(bucket.asked("PUT")) == written
    assert all("X-Amz-Expires=400&" in url for url in urls_of(provider.calls[0]))

    await _asked(config, db)  # by the ledger, although it would be signed anew
    assert len(provider.calls) == 2
    with db.reading() as session:
        rows = [repr(row.model_dump()) for row in session.exec(select(LlmCalls))]
    assert len(rows) == 2
    for text in (*rows, caplog.text):
        assert "X-Amz-" not in text
        assert KEY not in text


@pytest.mark.parametrize(
    "why", ["not named", "takes none", "takes https", "a batch", "no bucket", "the bucket is away"]
)
async def test_base64_is_sent_where_an_address_would_not_do(
    why: str, bucket: FakeObjectStorage, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    config = named(monkeypatch, provider)
    said = ""
    if why == "not named":
        monkeypatch.setenv("VITRINE_STORAGE_SEND_URLS", "hosted_vllm, 127.0.0.1:1")
    elif why == "takes none":
        config = provider.config("gemini")
        said = "takes no addresses: images are sent to it as base64"
    elif why == "takes https":
        config = provider.config("anthropic")
        said = "takes https addresses alone: images are sent to it as base64"
    elif why == "no bucket":
        monkeypatch.delenv("VITRINE_STORAGE_URL")
    elif why == "the bucket is away":
        bucket.use(monkeypatch, timeout_s=0.5)
        bucket.fail("slow-down")
        said = "images are sent as base64 for now: The object storage asks to slow down"
    if why == "a batch":
        with deferring(CaptureCalls()):
            assert await sent_links.ImageLinks(load_settings()).links_for(config, [COPY]) == ()
        return
    await LLMService().chat(config, ChatRequest("What is it?", (COPY,)))
    assert provider.calls[0].images == [COPY.data]
    assert said in caplog.text


async def test_a_server_that_cannot_fetch_gets_base64_from_then_on(
    bucket: FakeObjectStorage, provider: FakeProvider, db: Database, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    config = named(monkeypatch, provider)

    def refuse(call: Call) -> Scripted:
        (url,) = urls_of(call)
        if url.startswith("data:"):
            return Reply("seen")
        return Answer(400, {"content-type": "application/json"}, error_body("openai", 400, f"Error downloading {url}"))

    provider.default = refuse
    for text in ("What is it?", "And now?"):
        await LLMService().chat(config, ChatRequest(text, (COPY,)), ledger=DatabaseLedger(db))
    assert [urls_of(call)[0][:5] for call in provider.calls] == ["http:", "data:", "data:"]
    assert "could not fetch an image from the bucket: images are sent to it as base64" in caplog.text
    with db.reading() as session:
        (failed,) = session.exec(select(LlmCalls).where(LlmCalls.state == "failed"))
    assert "Error downloading http://" in failed.reply
    assert "X-Amz" not in failed.reply + caplog.text


async def test_an_https_address_goes_to_anthropic_as_it_is(provider: FakeProvider) -> None:
    link = "https://pictures.example.org/derived/ab/abc.jpg?X-Amz-Signature=abc"
    request = ChatRequest("What is it?", (COPY,))
    wire: WireFormat = "anthropic"
    config = provider.config(wire, timeout_s=60, max_tokens=100)
    await litellm_client.complete(config, litellm_client.messages_for(request, [link]), links=[link])
    content = provider.calls[0].body["messages"][0]["content"]
    assert content[0]["source"] == {"type": "url", "url": link}


async def test_copies_are_removed_a_day_after_they_were_stored_and_made_again(
    bucket: FakeObjectStorage, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = named(monkeypatch, provider)
    provider.default = server = Fetching()
    own().put("ab/an-original.jpg", b"stays")
    await _asked(config)
    for now_s, removed in ((time.time(), 0), (time.time() + sent_links.KEPT_S + 60, 2)):
        assert sent_links.remove_old(load_settings(), now_s) == removed
    assert [one.key for one in own().list()] == ["ab/an-original.jpg"]
    sent_links._known.clear()
    await _asked(config)
    assert server.fetched == [ORIGINAL.data, COPY.data] * 2


@pytest.mark.prove
def test_the_address_is_one_that_seaweedfs_accepts(
    provider: FakeProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with seaweed(tmp_path) as address:
        FakeObjectStorage(address).use(monkeypatch, timeout_s=60)
        config = named(monkeypatch, provider)
        provider.default = server = Fetching()
        asyncio.run(_asked(config))
        assert server.fetched == [ORIGINAL.data, COPY.data]
        (unsigned, _, _) = urls_of(provider.calls[0])[0].partition("?")
        assert httpx.get(unsigned).status_code == 403
