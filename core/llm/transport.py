"""The HTTP transport for all requests to providers, whichever client litellm uses.

It sends one request per call, only where the call may go (see :mod:`core.llm.destination`), follows no redirect, and
rejects compressed replies and replies above the size limit.
What happened is recorded in an :class:`Exchange`, because litellm's own exceptions do not tell it reliably.
"""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field

import aiohttp
import httpx

from core.llm import litellm_private, reply_body
from core.llm.batches.deferring import CaptureCalls, CapturedRequest, DeferredCalls
from core.llm.destination import Destination, ForbiddenDestinationError

MAX_REPLY_BYTES = 4_000_000
MAX_IMAGE_REPLY_BYTES = 96_000_000
_HEAD_BYTES = 4096
_MAX_BYTES_ON_LOOP = 200_000


@dataclass
class Exchange:
    """The HTTP exchange of one call."""

    max_reply_bytes: int = MAX_REPLY_BYTES
    destination: Destination = field(default_factory=Destination)
    deferred: DeferredCalls | CaptureCalls | None = None
    """Where the request is kept for a batch, instead of being sent."""
    sends: int = 0
    connected: bool = False
    """Whether the provider can have received the request."""
    http_status: int | None = None
    retry_after: str = ""
    """The header of this name, unparsed."""
    head: bytes = b""
    """The first bytes of the reply, unparsed."""
    problem: str = ""
    """"unreachable", "broken", "redirect", "too large", "compressed" or "stream"; before sending: "not allowed",
    "foreign key", "other client" or "deferred".
    """
    tokens: tuple[int | None, int | None] = (None, None)
    """Prompt and completion tokens that the reply states, also one that litellm cannot read."""
    detail: str = ""
    """The host that is not allowed, or the name of the header or variable with the foreign key."""


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)


def refuse_other_clients() -> None:
    """Refuse a request of this call that does not go through :class:`GuardedTransport`, when it has an own address.

    Some providers of litellm exchange credentials with ``requests`` or a client of their own.

    Raises:
        ForbiddenDestinationError: the call has an own address.
    """
    exchange = current_exchange.get()
    if exchange is not None and exchange.destination.own_address:
        if not exchange.sends:  # otherwise it is a question beside the call, such as for a model's abilities
            exchange.problem = "other client"
        raise ForbiddenDestinationError("other client", "")


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends through one connection pool per event loop, because connections belong to the loop that opened them."""

    def __init__(self) -> None:
        self._pools: dict[asyncio.AbstractEventLoop, httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* and read the whole reply within the limits of the current exchange.

        Raises:
            httpx.ReadError: a limit was passed or the connection failed; the exchange says which.
        """
        exchange = current_exchange.get() or Exchange()
        if exchange.sends:
            # litellm repeats a request after a lost connection; a repeated call may be charged twice.
            raise httpx.ReadError("a call sends one request", request=request)
        if exchange.deferred is not None:
            return await self._answered_later(request, exchange, exchange.deferred)
        request.headers["accept-encoding"] = "identity"
        try:
            await exchange.destination.prepare(request)
        except ForbiddenDestinationError as error:
            exchange.problem, exchange.detail = error.problem, error.detail
            raise httpx.ReadError("the request was not sent", request=request) from error
        exchange.sends += 1
        try:
            response = await self._pool().handle_async_request(request)
        except httpx.RequestError as error:
            unreachable = _never_connected(error)
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
        headers = {
            name: value
            for name, value in response.headers.items()
            if name not in ("content-length", "transfer-encoding", "content-encoding")
        }
        return await self._response(request, exchange, body, headers)

    async def _answered_later(
        self, request: httpx.Request, exchange: Exchange, calls: DeferredCalls | CaptureCalls
    ) -> httpx.Response:
        """Return the answer of a batch to *request*; without one, keep the request for the next batch."""
        exchange.sends += 1
        stored = calls.answer()
        if stored is None:
            body = await request.aread()
            if isinstance(calls, CaptureCalls):
                calls.captured = CapturedRequest(str(request.url), dict(request.headers), body)
            else:
                calls.keep(body)
            exchange.problem = "deferred"
            raise httpx.ReadError("the request is answered later", request=request)
        exchange.connected, exchange.http_status = True, stored.http_status
        exchange.head = stored.body[:_HEAD_BYTES]
        return await self._response(request, exchange, stored.body, {"content-type": "application/json"})

    async def _response(
        self, request: httpx.Request, exchange: Exchange, body: bytes, headers: dict[str, str]
    ) -> httpx.Response:
        status = exchange.http_status or 0
        if status < 400:
            body, headers = await self._normalized(body, headers, exchange)
            if exchange.problem:
                raise httpx.ReadError("the reply is a stream", request=request)
        return httpx.Response(status, headers=headers, content=body, request=request)

    async def _normalized(
        self, body: bytes, headers: dict[str, str], exchange: Exchange
    ) -> tuple[bytes, dict[str, str]]:
        content_type = headers.get("content-type", "")
        if len(body) > _MAX_BYTES_ON_LOOP:
            reply = await asyncio.to_thread(reply_body.normalized, body, content_type)
        else:
            reply = reply_body.normalized(body, content_type)
        if reply.content is not body:
            exchange.head = reply.content[:_HEAD_BYTES]
        exchange.tokens = reply.prompt_tokens, reply.completion_tokens
        exchange.problem = "stream" if reply.is_unread_stream else ""
        return reply.content, headers | {"content-type": "application/json"} if reply.is_json else headers

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

    def _pool(self) -> httpx.AsyncBaseTransport:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            for closed in [known for known in self._pools if known.is_closed()]:
                litellm_private.close_pool_of_closed_loop(self._pools.pop(closed))
            self._pools[loop] = litellm_private.make_connection_pool(HttpxPool)
        return self._pools[loop]


class HttpxPool(httpx.AsyncBaseTransport):
    """httpx's connection pool with its support for proxies, which a bare ``AsyncHTTPTransport`` lacks."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=None)  # noqa: S113  every request brings its own

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request*; the body of the response is not read yet."""
        token = current_exchange.set(None)  # it was checked: refuse_other_clients does not mean this client
        try:
            return await self._client.send(request, stream=True)
        finally:
            current_exchange.reset(token)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _never_connected(error: httpx.RequestError) -> bool:
    """Return whether the provider cannot have received the request."""
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientError):
        # litellm's pool maps errors after the connection to httpx.ConnectError too.
        return isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ClientProxyConnectionError)
    return isinstance(error, httpx.ConnectError | httpx.ProxyError)
