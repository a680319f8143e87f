"""Who is at the other end of a connection: the client behind trusted proxies, and the origin of the calling page."""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from core.addresses import Network, is_in, is_loopback, parse_address
from core.api.errors import problem

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}

Origin = tuple[str, str, int | None]
"""Scheme, host name in lower case, port."""


def seen_through_proxies(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """Return *scope* with the client, scheme and host that the last trusted proxy names.

    ``X-Forwarded-For`` is read from its end: each proxy adds the address that it saw, and the first one that is no
    trusted proxy is the client. What stands before it was written by the client and does not count. Of
    ``X-Forwarded-Proto`` and ``X-Forwarded-Host`` the last value counts.
    """
    peer = parse_address((scope.get("client") or ("", 0))[0]) if trusted else None
    if not is_in(peer, trusted):
        return scope
    headers = Headers(scope=scope)
    seen = {**scope, "client": (_client_address(headers, str(peer), trusted), 0)}
    scheme = _last(headers, "X-Forwarded-Proto").lower()
    if scheme in _SCHEMES:
        is_websocket = scope["type"] == "websocket"
        seen["scheme"] = _SCHEMES[scheme].replace("http", "ws") if is_websocket else _SCHEMES[scheme]
    if host := _last(headers, "X-Forwarded-Host"):
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        seen["headers"] = [(b"host", host.encode("latin-1")), *others]
    return seen


def is_from_this_machine(scope: Scope) -> bool:
    """Return whether a connection arrived on this machine's own interface, and no proxy names a client elsewhere."""
    server = scope.get("server") or ("localhost", None)
    if not is_loopback(server[0]):
        return False
    forwarded = Headers(scope=scope).getlist("X-Forwarded-For")
    return all(is_loopback(str(parse_address(entry))) for value in forwarded for entry in value.split(","))


def refused_origin(
    request: HTTPConnection, allowed_hosts: tuple[str, ...], *, may_navigate: bool, frame_hosts: tuple[str, ...] = ()
) -> Response | None:
    """Return the response that refuses unknown host names (DNS rebinding) and pages of other origins (CSRF).

    Args:
        request: The request or websocket.
        allowed_hosts: Host names the server answers to.
        may_navigate: Whether a link on a page of another origin may lead here.
        frame_hosts: Hosts whose pages may show this one in a frame.
    """
    headers = request.headers
    host = headers.get("Host", "")
    if not _is_allowed(host, allowed_hosts):
        return problem(
            403, "foreign_host",
            "This server does not answer to that name. Add it to server.allowedHosts (STREAMLIT_SERVER_ALLOWED_HOSTS).",
        )  # fmt: skip
    origin = headers.get("Origin")
    own = _origin(f"{_SCHEMES.get(request.scope.get('scheme', 'http'), 'http')}://{host}")
    if origin is not None and (own is None or (foreign := _origin(origin)) != own):
        if own and foreign and foreign[:2] == ("https", own[1]) and own[0] == "http":
            return problem(
                403, "foreign_page",
                "The page came over https, this request over http. List the proxy that ends TLS in "
                "VITRINE_TRUSTED_PROXIES, and let it send X-Forwarded-Proto.",
            )  # fmt: skip
        return problem(403, "foreign_page", "Pages of other origins may not call this server. Call it from a program.")
    site = headers.get("Sec-Fetch-Site", "none")
    if site not in ("same-origin", "none") and not (
        may_navigate and (_is_link(request) or _is_framed_by(request, frame_hosts))
    ):
        return problem(403, "foreign_page", "Pages of other origins may not call this server. Call it from a program.")
    return None


def is_navigation(request: HTTPConnection) -> bool:
    """Return whether a person opens an address in a browser, as opposed to a script or a program."""
    return shows_answer(request) and request.scope["method"] in ("GET", "HEAD")


def shows_answer(request: HTTPConnection) -> bool:
    """Return whether a browser shows the answer as a page: of an address that is opened, or of a form that is sent."""
    if request.scope["type"] != "http":
        return False
    mode = request.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode is not None else "text/html" in request.headers.get("Accept", "")


def _is_link(request: HTTPConnection) -> bool:
    """Return whether a browser opens the address in a window or tab; frames do not count."""
    return is_navigation(request) and request.headers.get("Sec-Fetch-Dest") == "document"


def _is_framed_by(request: HTTPConnection, hosts: tuple[str, ...]) -> bool:
    """Return whether a page of one of *hosts* opens the address in a frame."""
    framing = _origin(request.headers.get("Referer", "")) if hosts else None
    is_frame = is_navigation(request) and request.headers.get("Sec-Fetch-Dest") == "iframe"
    return is_frame and framing is not None and framing[1] in hosts


def _client_address(headers: Headers, peer: str, trusted: Sequence[Network]) -> str:
    client = peer
    entries = [entry for value in headers.getlist("X-Forwarded-For") for entry in value.split(",")]
    for entry in reversed(entries):
        address = parse_address(entry)
        if address is None:
            return client
        client = str(address)
        if not is_in(address, trusted):
            return client
    return client


def _last(headers: Headers, name: str) -> str:
    values = headers.getlist(name)
    return values[-1].rpartition(",")[2].strip() if values else ""


@lru_cache(maxsize=256)
def _origin(url: str) -> Origin | None:
    """Return the origin of *url*, None when it is none, as of ``null``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port or _DEFAULT_PORTS[parts.scheme]


@lru_cache(maxsize=256)
def _is_allowed(host: str, allowed_hosts: tuple[str, ...]) -> bool:
    """Read ``server.allowedHosts`` as Streamlit does: ports do not count, ``*.`` stands for subdomains."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return any(
        pattern == "*" or name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))
        for pattern in (allowed.strip().lower().rstrip(".") for allowed in allowed_hosts)
    )
