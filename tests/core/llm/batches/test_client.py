"""Where requests about batches go, with which headers, and what becomes of the answers."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from core.errors import BadReplyError, LLMError, ProviderDownError
from core.llm import ModelConfig
from core.llm.batches.client import BatchClient
from core.llm.batches.deferring import CapturedRequest
from tests.fakes.http_server import Answer, HttpServer, Received

HEADERS = {
    "authorization": "Bearer key-of-the-tests", "x-own": "1", "user-agent": "litellm", "x-stainless-os": "Linux",
    "content-type": "text/plain", "host": "elsewhere",
}  # fmt: skip


class Scripted(HttpServer):
    """Answers as *answers* says and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(self._respond)
        self.asked: list[Received] = []
        self.answers: Callable[[Received], Answer] = lambda request: Answer()

    def _respond(self, request: Received) -> Answer:
        self.asked.append(request)
        return self.answers(request)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as running:
        yield running


def _client(server: Scripted, *, timeout_s: float | None = None) -> BatchClient:
    config = ModelConfig("openai/small", api_key="key-of-the-tests", api_base=server.url, timeout_s=timeout_s)
    return BatchClient(config, CapturedRequest(f"{server.url}/v1/chat/completions?api-version=7", HEADERS, b"{}"))


async def test_requests_go_to_the_origin_of_a_call_with_its_query_and_credentials(server: Scripted) -> None:
    client = _client(server)
    assert (client.call_path, client.model) == ("/v1/chat/completions", "small")

    await client.get("/v1/batches", limit=5)
    await client.post("/v1/batches?own=1", {"n": 1})
    await client.post("/v1/batches/b/cancel")
    await client.send_bytes("/upload", b"raw", {"content-type": "application/jsonl", "x-more": "2"})
    await client.delete("/v1/files/f")

    assert [(one.method, one.path, one.query) for one in server.asked] == [
        ("GET", "/v1/batches", {"api-version": "7", "limit": "5"}),
        ("POST", "/v1/batches", {"own": "1", "api-version": "7"}),
        ("POST", "/v1/batches/b/cancel", {"api-version": "7"}),
        ("POST", "/upload", {"api-version": "7"}),
        ("DELETE", "/v1/files/f", {"api-version": "7"}),
    ]
    assert [one.body for one in server.asked] == [b"", b'{"n": 1}', b"{}", b"raw", b""]
    headers = [{name.lower(): value for name, value in one.headers.items()} for one in server.asked]
    assert {one["authorization"] for one in headers} == {"Bearer key-of-the-tests"}
    assert {one["x-own"] for one in headers} == {"1"}
    assert all("x-stainless-os" not in one and one["user-agent"] != "litellm" for one in headers)
    assert all(one["host"] != "elsewhere" for one in headers)
    assert [one.get("content-type") for one in headers] == [
        None, "application/json", "application/json", "application/jsonl", None,
    ]  # fmt: skip
    assert headers[3]["x-more"] == "2"


async def test_a_file_is_uploaded_as_a_form_and_downloaded_as_it_is(server: Scripted) -> None:
    server.answers = lambda request: Answer(body=b'{"id": "f1"}')

    assert await _client(server).upload("/v1/files", "a.jsonl", b"{}\n", {"purpose": "batch"}) == {"id": "f1"}
    assert await _client(server).download("/v1/files/f1/content", alt="media") == b'{"id": "f1"}'

    assert b'filename="a.jsonl"' in server.asked[0].body
    assert b'name="purpose"' in server.asked[0].body
    assert server.asked[1].query == {"api-version": "7", "alt": "media"}


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_an_error_is_raised_with_its_status(server: Scripted, status: int) -> None:
    server.answers = lambda request: Answer(status=status, body=b'{"error": {"message": "no"}}')

    with pytest.raises(LLMError) as caught:
        await _client(server).get("/v1/batches")
    assert caught.value.http_status == status
    await _client(server).delete("/v1/files/f")  # it is only tidied up


async def test_an_answer_that_is_no_json_is_shown_with_its_status(server: Scripted) -> None:
    server.answers = lambda request: Answer(body=b"<html>")

    with pytest.raises(BadReplyError) as caught:
        await _client(server).get("/v1/batches")
    assert (caught.value.http_status, caught.value.reply_head) == (200, "<html>")


@pytest.mark.parametrize(("timeout_s", "size_bytes", "seconds"), [(None, 0, 60), (7, 0, 7), (7, 300_000, 10)])
async def test_a_request_has_the_time_of_a_call_and_a_second_more_for_each_100_kb(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, timeout_s: float | None, size_bytes: int, seconds: float
) -> None:
    async def late(*args: object, **options: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(httpx.AsyncClient, "request", late)
    client = _client(server, timeout_s=timeout_s)
    with pytest.raises(ProviderDownError, match=f"within {seconds:g} s"):
        await client.send_bytes("/upload", b"x" * size_bytes)
    with pytest.raises(ProviderDownError, match=f"within {seconds:g} s"):
        await client.upload("/upload", "a.jsonl", b"x" * size_bytes, {})
