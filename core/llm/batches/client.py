"""Requests about batches, sent to where the calls of a model go and with the same credentials and limits."""

import asyncio
import json
from typing import Any

import httpx

from core.errors import ItemWaits, LLMError
from core.llm import destination, keys, litellm_client, redaction
from core.llm.batches.deferring import CaptureCalls, CapturedRequest, deferring
from core.llm.error_mapping import map_error
from core.llm.schemas import QuestionList
from core.llm.transport import Exchange, GuardedTransport, current_exchange
from core.llm.types import ChatRequest, ModelConfig

MAX_RESULT_BYTES = 400_000_000
_MAX_ANSWER_BYTES = 8_000_000
# An upload on a slow line takes a while: one more second for each 100 kB.
_BYTES_PER_S = 100_000
_NOT_KEPT = ("host", "accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent")

_transport = GuardedTransport()


class BatchClient:
    """Sends single requests to the provider of a model; nothing of it is stored."""

    def __init__(self, config: ModelConfig, call: CapturedRequest) -> None:
        """*call* is a call of the model: it says where and with which headers."""
        self._config = config
        url = httpx.URL(call.url)
        self.call_path = url.path
        """The path of a call of the model."""
        self._origin = url.copy_with(path="/", query=None)
        self._parameters = dict(url.params)
        self._headers = {
            name: value
            for name, value in call.headers.items()
            if name not in _NOT_KEPT and not name.startswith("x-stainless")
        }
        self._timeout_s = config.timeout_s or 60.0

    @property
    def model(self) -> str:
        """The name of the model without its provider."""
        return self._config.litellm_model.partition("/")[2]

    async def get(self, path: str, **parameters: str | int) -> Any:
        """Return the JSON at *path*.

        Raises:
            LLMError: it was refused, or did not arrive.
        """
        return self._json((await self._send("GET", path, parameters=parameters)).content)

    async def post(self, path: str, body: Any = None) -> Any:
        """Send *body* as JSON and return the JSON of the answer; see :meth:`get`."""
        dumped = await asyncio.to_thread(_dumped, body)  # a batch takes long enough to hold up other tasks
        return self._json((await self.send_bytes(path, dumped)).content)

    async def send_bytes(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """Send *body*, by default as JSON; see :meth:`get`."""
        return await self._send(
            "POST", path, content=body, headers={"content-type": "application/json"} | (headers or {})
        )

    async def upload(self, path: str, name: str, content: bytes, fields: dict[str, str]) -> Any:
        """Send a file as a form and return the JSON of the answer; see :meth:`get`."""
        files = {"file": (name, content, "application/jsonl")}
        return self._json((await self._send("POST", path, files=files, data=fields, size=len(content))).content)

    async def download(self, path: str, **parameters: str) -> bytes:
        """Return the bytes at *path*; see :meth:`get`."""
        return (await self._send("GET", path, parameters=parameters, max_bytes=MAX_RESULT_BYTES)).content

    async def delete(self, path: str) -> None:
        """Delete what is at *path*, if that works: it is only tidied up."""
        try:
            await self._send("DELETE", path)
        except LLMError:
            return

    async def _send(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        max_bytes: int = _MAX_ANSWER_BYTES,
        size: int = 0,
        **body: Any,
    ) -> httpx.Response:
        seconds = self._timeout_s + max(size, len(body.get("content") or b"")) / _BYTES_PER_S
        exchange = Exchange(max_bytes, destination.of_call(self._config, keys.key_for(self._config)))
        url = self._origin.join(path)
        query = dict(url.params) | self._parameters | (parameters or {})
        token = current_exchange.set(exchange)
        failure: LLMError
        try:
            async with asyncio.timeout(seconds), httpx.AsyncClient(transport=_transport, timeout=None) as client:  # noqa: S113
                response = await client.request(
                    method, url, params=query or None, headers=self._headers | (headers or {}), **body,
                )  # fmt: skip
                if response.status_code < 400:
                    return response
                failure = map_error(RuntimeError(), exchange, self._config, seconds)
        except (httpx.HTTPError, TimeoutError) as error:
            failure = map_error(error, exchange, self._config, seconds)
        finally:
            current_exchange.reset(token)
        raise failure

    def _json(self, content: bytes) -> Any:
        try:
            return json.loads(content)
        except ValueError:
            exchange = Exchange(http_status=200, head=content[:4096])
            raise map_error(RuntimeError(), exchange, self._config, self._timeout_s) from None


async def client_of(config: ModelConfig) -> BatchClient:
    """Return the client for the batches of a model.

    It learns where they go from a call that litellm builds and nobody sends.

    Raises:
        LLMError: there is no key, or litellm cannot build a call.
    """
    redaction.remember(keys.key_for(config))
    calls = CaptureCalls()
    request = ChatRequest("?", schema=QuestionList)
    with deferring(calls):
        for parameters in ({"response_format": litellm_client.response_format(QuestionList)}, {}):
            try:
                await litellm_client.complete(config, litellm_client.messages_for(request), parameters=parameters)
            except LLMError:
                if not parameters:
                    raise
            except ItemWaits:
                break
    if calls.captured is None:
        raise AssertionError("a call was answered although nothing was sent")
    return BatchClient(config, calls.captured)


def _dumped(body: Any) -> bytes:
    return json.dumps(body if body is not None else {}).encode()
