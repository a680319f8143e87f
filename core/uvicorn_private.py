"""Limits on unfinished requests, and headers of proxies: every name of uvicorn that is not public.

uvicorn waits without end for the rest of a head, for that of a body whose request is answered, and for a websocket
that it could not read; it stores a head of any length. So strangers could take all connections of the process.
``tests/core/test_uvicorn_private.py`` fails when a release no longer has one of the names; then nothing is limited, and
a proxy in front has to do it.
"""

import functools
from typing import Any

SEEN_IN = "0.54.0"
"""The version of uvicorn in which all names below were last seen."""

PROTOCOL = "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol"
METHODS = ("connection_made", "connection_lost", "data_received", "on_message_begin", "on_headers_complete")
REFUSE = "send_400_response"
WEBSOCKET = "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol"
PROXY_HEADERS = "ProxyHeadersMiddleware"

HEAD_TIMEOUT_S = 15.0
"""From the first byte of a head, or from the connection, to its end; a slow phone needs less than a second.

As long may a client go on sending after the answer to its request, until its next head is complete.
"""
MAX_HEAD_BYTES = 64_000
"""Browsers send 1 KB, with many cookies 16 KB."""

_HEAD = "_vitrine_head"


class _Head:
    """A head that is being received, or that would be next behind the rest of a body."""

    def __init__(self, protocol: Any) -> None:
        self.bytes = 0
        self.follows_answer = False
        self.timer = protocol.loop.call_later(HEAD_TIMEOUT_S, _end, protocol)


def ignore_proxy_headers() -> None:
    """Leave ``X-Forwarded-*`` headers to the gate, which believes the proxies of VITRINE_TRUSTED_PROXIES.

    uvicorn believes every program on this machine, so that one could choose the address it is known by. Streamlit
    passes none of uvicorn's switches on; uvicorn wraps the app after importing it, so the class can still be replaced.
    """
    try:
        from uvicorn import config
    except ImportError:
        return
    if hasattr(config, PROXY_HEADERS):
        setattr(config, PROXY_HEADERS, _unwrapped)


def _unwrapped(app: Any, **_options: Any) -> Any:
    return app


def limit_request_heads() -> None:
    """Close connections whose request head is not complete in time, or too long; all of this process."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        return
    _close_unreadable_websockets()
    protocol: Any = HttpToolsProtocol
    names = (*METHODS, REFUSE)
    if getattr(protocol, _HEAD, None) is not None or not all(hasattr(protocol, name) for name in names):
        return
    setattr(protocol, _HEAD, False)
    for name, after in (
        ("connection_made", _begin),
        ("connection_lost", _complete),
        ("data_received", _count),
        ("on_message_begin", _begin_message),
        ("on_headers_complete", _complete),
    ):
        setattr(protocol, name, _followed_by(getattr(protocol, name), after))


def _close_unreadable_websockets() -> None:
    try:
        from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    except ImportError:
        return
    protocol: Any = WebSocketsSansIOProtocol
    if getattr(protocol, _HEAD, None) is None:
        setattr(protocol, _HEAD, False)
        protocol.data_received = _followed_by(protocol.data_received, _close_if_unreadable)


def _close_if_unreadable(protocol: Any, _data: bytes) -> None:
    """Answer and close a connection whose handshake cannot be read, such as one with 129 headers; uvicorn does not."""
    if getattr(protocol.conn, "handshake_exc", None) is not None and not protocol.transport.is_closing():
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.transport.close()


def _followed_by(method: Any, after: Any) -> Any:
    @functools.wraps(method)
    def called(self: Any, *args: Any) -> None:
        method(self, *args)
        after(self, *args)

    return called


def _begin(protocol: Any, *_: Any) -> None:
    if not getattr(protocol, _HEAD):
        setattr(protocol, _HEAD, _Head(protocol))


def _begin_message(protocol: Any) -> None:
    _begin(protocol)
    getattr(protocol, _HEAD).follows_answer = False


def _complete(protocol: Any, *_: Any) -> None:
    if head := getattr(protocol, _HEAD):
        head.timer.cancel()
        setattr(protocol, _HEAD, False)


def _count(protocol: Any, data: bytes) -> None:
    head = getattr(protocol, _HEAD)
    if not head and _is_answered(protocol):
        # uvicorn has stopped its own timer of idle connections, whatever has arrived.
        _begin(protocol)
        getattr(protocol, _HEAD).follows_answer = True
    elif head and not head.follows_answer:
        head.bytes += len(data)
        if head.bytes > MAX_HEAD_BYTES and not protocol.transport.is_closing():
            getattr(protocol, REFUSE)("The head of the request is too long.")


def _is_answered(protocol: Any) -> bool:
    """Return whether the last request has its answer, and the connection has not become a websocket."""
    is_http = protocol.transport.get_protocol() is protocol
    return is_http and protocol.cycle is not None and protocol.cycle.response_complete


def _end(protocol: Any) -> None:
    if protocol.transport.is_closing():
        return
    if getattr(protocol, _HEAD).bytes:
        getattr(protocol, REFUSE)("The head of the request did not arrive in time.")
    else:
        protocol.transport.close()  # browsers open connections ahead; they expect no answer on them
