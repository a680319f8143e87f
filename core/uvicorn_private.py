"""Limits on request heads, and headers of proxies: every name of uvicorn that is not public.

uvicorn waits without end for the rest of a head, and stores a head of any length.
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
PROXY_HEADERS = "ProxyHeadersMiddleware"

HEAD_TIMEOUT_S = 15.0
"""From the first byte of a head, or from the connection, to its end; a slow phone needs less than a second."""
MAX_HEAD_BYTES = 64_000
"""Browsers send 1 KB, with many cookies 16 KB."""

_HEAD = "_vitrine_head"


class _Head:
    """A head that is being received."""

    def __init__(self, protocol: Any) -> None:
        self.bytes = 0
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
    protocol: Any = HttpToolsProtocol
    names = (*METHODS, REFUSE)
    if getattr(protocol, _HEAD, None) is not None or not all(hasattr(protocol, name) for name in names):
        return
    setattr(protocol, _HEAD, False)
    for name, after in (
        ("connection_made", _begin),
        ("connection_lost", _complete),
        ("data_received", _count),
        ("on_message_begin", _begin),
        ("on_headers_complete", _complete),
    ):
        setattr(protocol, name, _followed_by(getattr(protocol, name), after))


def _followed_by(method: Any, after: Any) -> Any:
    @functools.wraps(method)
    def called(self: Any, *args: Any) -> None:
        method(self, *args)
        after(self, *args)

    return called


def _begin(protocol: Any, *_: Any) -> None:
    if not getattr(protocol, _HEAD):
        setattr(protocol, _HEAD, _Head(protocol))


def _complete(protocol: Any, *_: Any) -> None:
    if head := getattr(protocol, _HEAD):
        head.timer.cancel()
        setattr(protocol, _HEAD, False)


def _count(protocol: Any, data: bytes) -> None:
    if head := getattr(protocol, _HEAD):
        head.bytes += len(data)
        if head.bytes > MAX_HEAD_BYTES and not protocol.transport.is_closing():
            getattr(protocol, REFUSE)("The head of the request is too long.")


def _end(protocol: Any) -> None:
    if protocol.transport.is_closing():
        return
    if getattr(protocol, _HEAD).bytes:
        getattr(protocol, REFUSE)("The head of the request did not arrive in time.")
    else:
        protocol.transport.close()  # browsers open connections ahead; they expect no answer on them
