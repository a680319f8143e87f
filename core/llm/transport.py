"""The guard every byte to and from a provider passes, whichever client litellm happens to use.

One send per call, no redirects, no compressed replies, no reply above the cap. What really happened on the wire
is noted in an :class:`Exchange`, because litellm's own exceptions do not say it reliably.
"""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import httpx

MAX_REPLY_BYTES = 4_000_000
MAX_IMAGE_REPLY_BYTES = 96_000_000
_HEAD_BYTES = 4096


@dataclass
class Exchange:
    """What one call did on the wire."""

    max_reply_bytes: int = MAX_REPLY_BYTES
    sends: int = 0
    connected: bool = False
    """Whether the provider can have seen the request."""
    http_status: int | None = None
    retry_after: str = ""
    head: bytes = b""
    """The beginning of the reply as it arrived."""
    problem: str = ""
    """"unreachable", "broken", "redirect", "too large" or "compressed"."""


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Hands requests on through one pool per event loop, since connections belong to the loop that made them."""

    def __init__(self) -> None:
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = current_exchange.get() or Exchange()
        if exchange.sends:
            # litellm repeats a request by itself after a lost connection; a repeated call may be paid twice.
            raise httpx.ReadError("a call sends one request", request=request)
        exchange.sends += 1
        request.headers["accept-encoding"] = "identity"
        try:
            response = await self._client().send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            exchange.problem = "unreachable"
            raise httpx.ReadError("the provider cannot be reached", request=request) from error
        except httpx.TransportError as error:
            exchange.connected, exchange.problem = True, "broken"
            raise httpx.ReadError("the connection broke", request=request) from error
        exchange.connected = True
        exchange.http_status = response.status_code
        exchange.retry_after = response.headers.get("retry-after", "")
        try:
            body = await self._read(request, response, exchange)
        finally:
            await response.aclose()
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name not in ("content-length", "transfer-encoding", "content-encoding")
        ]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    async def _read(self, request: httpx.Request, response: httpx.Response, exchange: Exchange) -> bytes:
        if response.is_redirect:
            exchange.problem = "redirect"
            raise httpx.ReadError("redirects are not followed", request=request)
        if response.headers.get("content-encoding", "identity") != "identity":
            exchange.problem = "compressed"
            raise httpx.ReadError("compressed replies are not read", request=request)
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(exchange.head) < _HEAD_BYTES:
                    exchange.head = bytes(body[:_HEAD_BYTES])
                if len(body) > exchange.max_reply_bytes:
                    exchange.problem = "too large"
                    raise httpx.ReadError("the reply is too large", request=request)
        except httpx.TransportError as error:
            exchange.problem = exchange.problem or "broken"
            raise httpx.ReadError("the connection broke", request=request) from error
        return bytes(body)

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            # A client of its own, because only clients honor HTTPS_PROXY and NO_PROXY. The time limit is the
            # caller's asyncio.timeout, which holds for the sum of all steps.
            self._clients[loop] = httpx.AsyncClient(
                timeout=None,  # noqa: S113
                follow_redirects=False,
                limits=httpx.Limits(max_connections=256, max_keepalive_connections=64),
            )
        return self._clients[loop]
