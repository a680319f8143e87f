"""Vectors of images through litellm: the form in which each provider takes an image, and what the ledger keeps."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import select

from core.db import Database, LlmCalls
from core.errors import BadReplyError, RateLimitedError
from core.llm import DatabaseLedger, ImagePart, LLMService, ModelConfig, RetryPolicy
from tests.fakes.http_server import Answer, HttpServer, Received

IMAGE = ImagePart(b"\xff\xd8 a picture", "image/jpeg")
ENCODED = base64.b64encode(IMAGE.data).decode()
URL = f"data:image/jpeg;base64,{ENCODED}"
VECTOR = [0.6, -0.8, 0.0]


class Server(HttpServer):
    """Answers with *vector* in the form of the provider that is called."""

    def __init__(self) -> None:
        super().__init__(self._respond)
        self.vector: Any = VECTOR
        self.status: list[int] = []

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.received[-1].body))

    def _respond(self, received: Received) -> Answer:
        if self.status:
            return Answer(self.status.pop(), body=b'{"error": {"message": "slow down"}}')
        if received.path.endswith("/embed"):
            made: dict[str, Any] = {
                "embeddings": {"float": [self.vector]}, "id": "x",
                "meta": {"billed_units": {"images": 1, "input_tokens": 12}},
            }  # fmt: skip
        else:
            made = {
                "object": "list", "model": "served",
                "data": [{"object": "embedding", "index": 0, "embedding": self.vector}],
                "usage": {"prompt_tokens": 12, "total_tokens": 12},
            }  # fmt: skip
        return Answer(body=json.dumps(made).encode())


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.vector, running.status = VECTOR, []
    return running


def _config(server: Server, model: str, path: str = "/v1", **more: Any) -> ModelConfig:
    return ModelConfig(model, api_base=f"{server.url}{path}", api_key="key-of-the-tests", **more)


@pytest.mark.parametrize(
    ("model", "path", "sent"),
    [
        ("openai/my-clip", "/v1/embeddings", {"input": [URL]}),
        ("jina_ai/jina-clip-v2", "/v1/embeddings", {"input": [{"image": ENCODED}]}),
        (
            "voyage/voyage-multimodal-3.5",
            "/v1/multimodalembeddings",
            {"inputs": [{"content": [{"type": "image_base64", "image_base64": URL}]}]},
        ),
        ("cohere/embed-v4.0", "/v2/embed", {"images": [URL], "input_type": "image"}),
        (
            "hosted_vllm/openai/clip-vit-base-patch32",
            "/v1/embeddings",
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}]}]},
        ),
    ],
)
async def test_each_provider_gets_the_image_in_its_form(
    server: Server, model: str, path: str, sent: dict[str, Any]
) -> None:
    base = "/v2/embed" if model.startswith("cohere") else "/v1"
    vector, reply = await LLMService().embed_image(_config(server, model, base), IMAGE)
    assert vector == pytest.approx(VECTOR)
    assert reply.model == model
    assert reply.prompt_tokens
    received = server.received[-1]
    assert received.path == path
    assert {
        name: value for name, value in server.body.items() if name in ("input", "inputs", "images", "messages")
    } == {name: value for name, value in sent.items() if name != "input_type"}
    assert server.body["model"] == model.split("/", 1)[1]
    assert received.headers["authorization"].lower() == "bearer key-of-the-tests"


async def test_the_number_of_values_is_asked_for(server: Server) -> None:
    config = _config(server, "openai/my-clip", extra={"dimensions": 3})
    await LLMService().embed_image(config, IMAGE)
    assert server.body["dimensions"] == 3


async def test_a_vector_that_was_paid_for_comes_from_the_ledger(server: Server, db: Database) -> None:
    ledger, service, config = DatabaseLedger(db), LLMService(), _config(server, "voyage/voyage-multimodal-3")
    first, reply = await service.embed_image(config, IMAGE, ledger=ledger)
    assert reply.cost == pytest.approx(12 * 1.2e-07)
    ledger.settle_now(reply)
    calls = len(server.received)
    again, cached = await service.embed_image(config, IMAGE, ledger=ledger)
    assert (again, cached.cached, cached.cost, len(server.received)) == (first, True, 0.0, calls)
    with db.reading() as session:
        (row,) = session.exec(select(LlmCalls))
    assert (row.state, row.purpose, row.prompt_tokens, row.cost) == ("ok", "embedding", 12, pytest.approx(12 * 1.2e-07))
    other, _ = await service.embed_image(config, ImagePart(b"another"), ledger=ledger)
    assert other == pytest.approx(VECTOR)
    assert len(server.received) == calls + 1


@pytest.mark.parametrize("vector", [[], [0.0, 0.0], ["a"], "none", None, [1e39, 1.0]])
async def test_a_reply_without_a_vector_fails_and_is_in_the_ledger(server: Server, db: Database, vector: Any) -> None:
    server.vector = vector
    with pytest.raises(BadReplyError):
        await LLMService().embed_image(_config(server, "openai/my-clip"), IMAGE, ledger=DatabaseLedger(db))
    with db.reading() as session:
        (row,) = session.exec(select(LlmCalls))
    assert row.state == "failed"


async def test_a_rate_limit_is_waited_for(server: Server) -> None:
    server.status = [429]
    service = LLMService(RetryPolicy(first_wait_s=0.01, longest_wait_s=0.02))
    vector, _ = await service.embed_image(_config(server, "openai/limited-clip"), IMAGE)
    assert vector == pytest.approx(VECTOR)
    server.status = [429] * 3
    with pytest.raises(RateLimitedError):
        await service.embed_image(_config(server, "openai/limited-clip"), IMAGE)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("voyage/voyage-multimodal-3", True),
        ("openai/text-embedding-3-small", True),
        ("hosted_vllm/openai/clip-vit-base-patch32", True),
        ("openai/my-siglip2", True),
        ("openai/gpt-4o", False),
        ("hosted_vllm/Qwen/Qwen2.5-VL-7B-Instruct", False),
        ("offline/measure", False),
    ],
)
def test_models_that_make_vectors_are_told_by_table_and_name(model: str, expected: bool) -> None:
    assert LLMService().makes_vectors(ModelConfig(model)) is expected
