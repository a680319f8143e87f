"""The guard every byte to and from a provider passes, whichever client litellm happens to use.

One send per call, no redirects, no compressed replies, no reply above the cap. What really happened on the wire
is noted in an :class:`Exchange`, because litellm's own exceptions do not say it reliably.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

import aiohttp
import httpx
from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

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
    """Hands requests on through one pool per event loop, since connections belong to the loop that made them.

    The pools are litellm's own, over aiohttp: httpx's looks at every idle connection for each request, which
    costs more than the rest of a call when dozens run at once. They honor HTTPS_PROXY and NO_PROXY.
    """

    def __init__(self, make_pool: Callable[[], LiteLLMAiohttpTransport]) -> None:
        self._make_pool = make_pool
        self._pools: dict[asyncio.AbstractEventLoop, LiteLLMAiohttpTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = current_exchange.get() or Exchange()
        if exchange.sends:
            # litellm repeats a request by itself after a lost connection; a repeated call may be paid twice.
            raise httpx.ReadError("a call sends one request", request=request)
        exchange.sends += 1
        request.headers["accept-encoding"] = "identity"
        try:
            response = await self._pool().handle_async_request(request)
        except httpx.RequestError as error:
            unreachable = isinstance(error.__cause__, aiohttp.ClientConnectorError | aiohttp.ClientProxyConnectionError)
            exchange.connected = not unreachable
            exchange.problem = "unreachable" if unreachable else "broken"
            raise httpx.ReadError(f"the connection is {exchange.problem}", request=request) from error
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
        except httpx.RequestError as error:
            exchange.problem = exchange.problem or "broken"
            raise httpx.ReadError("the connection broke", request=request) from error
        return bytes(body)

    def _pool(self) -> LiteLLMAiohttpTransport:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            for gone in [known for known in self._pools if known.is_closed()]:
                _dispose(self._pools.pop(gone))
            self._pools[loop] = self._make_pool()
        return self._pools[loop]


def _dispose(pool: LiteLLMAiohttpTransport) -> None:
    """Give up the connections of a loop that is closed already, where nothing can be awaited any more."""
    session = pool.client
    if isinstance(session, aiohttp.ClientSession) and session.connector is not None and not session.closed:
        session.connector._close()
