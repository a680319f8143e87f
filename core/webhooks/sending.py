"""One POST to a webhook: to an address that was checked, with a time limit, a bounded answer and no redirects."""

import asyncio
import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

from core.allowed_hosts import AllowedHosts
from core.errors import InvalidInputError
from core.fetch import (
    PORTS,
    FetchError,
    Resolve,
    ascii_host,
    asked_wait_s,
    is_public,
    pinned,
    public_address,
    resolve_host,
    tls_context,
)

TIMEOUT_S = 15.0
MAX_ANSWER_CHARS = 500
MAX_URL_CHARS = 2_000
_ANSWER_BYTES = 2_000
_SETTING = "VITRINE_ALLOWED_WEBHOOK_HOSTS"


@dataclass(frozen=True)
class Reply:
    """What became of one try; *error* is empty when it was delivered."""

    status_code: int | None = None
    answer: str = ""
    error: str = ""
    took_ms: int = 0
    wait_s: float | None = None
    """How long the receiver asks to wait, by ``Retry-After``; None when it does not say."""


def check_url(url: str, listed: AllowedHosts) -> str:
    """Return *url* without spaces around it, as far as it can be checked without resolving its host.

    Raises:
        InvalidInputError: it is no address that a webhook can have.
    """
    url = url.strip()
    parts = _split(url)
    port = parts.port or PORTS[parts.scheme]
    host = str(parts.hostname)
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        if not listed.networks and not listed.has_name(host, port):
            _require_https(parts)
        return url
    if not listed.has_name(host, port) and not listed.has_address(address):
        _require_https(parts)
        if not is_public(address):
            raise InvalidInputError(_not_public(host), field="url")
    return url


async def post(
    url: str, body: bytes, headers: Mapping[str, str], listed: AllowedHosts, *, resolve: Resolve = resolve_host
) -> Reply:
    """Send *body* and return what became of it; nothing is raised for what the receiver does.

    Args:
        url: As :func:`check_url` returned it.
        body: JSON.
        headers: Those of the signature.
        listed: Hosts inside the own network that may receive.
        resolve: Host name and port to IP addresses; for tests.
    """
    import httpx

    began = time.monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reply = await _post(url, body, headers, listed, resolve)
    except TimeoutError:
        reply = Reply(error=f"It did not answer within {TIMEOUT_S:.0f} s.")
    except (InvalidInputError, FetchError) as error:
        reply = Reply(error=str(error))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reply = Reply(error=f"It cannot be reached ({type(error).__name__}).")
    return replace(reply, took_ms=round((time.monotonic() - began) * 1000))


async def _post(url: str, body: bytes, headers: Mapping[str, str], listed: AllowedHosts, resolve: Resolve) -> Reply:
    import httpx

    parts = _split(url)
    host, port = ascii_host(url), parts.port or PORTS[parts.scheme]
    try:
        address = await public_address(host, port, resolve, listed)
    except (InvalidInputError, FetchError):
        # One answer for unknown and private: it tells nothing about the network of the server.
        raise InvalidInputError(_not_public(host)) from None
    if not listed.has_name(host, port) and not listed.has_address(address):
        _require_https(parts)
    sent = {
        "Host": httpx.URL(url).netloc.decode("ascii"), "Content-Type": "application/json",
        "User-Agent": "Vitrine-Webhooks/1", "Accept-Encoding": "identity", **headers,
    }  # fmt: skip
    # trust_env is off: a proxy from the environment would resolve the host name again.
    async with (
        httpx.AsyncClient(verify=tls_context(), trust_env=False, follow_redirects=False, timeout=TIMEOUT_S) as client,
        client.stream(
            "POST", pinned(url, address), content=body, headers=sent, extensions={"sni_hostname": host}
        ) as reply,
    ):
        read = bytearray()
        async for chunk in reply.aiter_raw():
            read += chunk
            if len(read) >= _ANSWER_BYTES:
                break
        wait_s = asked_wait_s(reply.headers.get("Retry-After", ""))
        return Reply(reply.status_code, _shown(bytes(read[:_ANSWER_BYTES])), _problem(reply.status_code), wait_s=wait_s)


def _split(url: str) -> SplitResult:
    import httpx

    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in PORTS or not parts.hostname or not url.isprintable() or " " in url:
        raise InvalidInputError("This is not a web address. It begins with https://.", field="url")
    try:
        ascii_host(url)
    except httpx.InvalidURL:
        raise InvalidInputError(f"{parts.hostname} is no host. Check the address.", field="url") from None
    if len(url) > MAX_URL_CHARS:
        raise InvalidInputError(f"The address is longer than {MAX_URL_CHARS:,} characters.", field="url")
    if parts.username is not None or parts.password is not None:
        raise InvalidInputError("The address has a user name or password. Leave them out.", field="url")
    return parts


def _require_https(parts: SplitResult) -> None:
    if parts.scheme != "https" or parts.port not in (None, PORTS["https"]):
        raise InvalidInputError(
            "Webhooks are sent by https on its usual port. Use such an address, "
            f"or ask an admin to list this host in {_SETTING}.",
            field="url",
        )


def _not_public(host: str) -> str:
    return f"{host} has no public address. Use one that has, or ask an admin to list it in {_SETTING}."


def _problem(status_code: int) -> str:
    if 200 <= status_code < 300:
        return ""
    if 300 <= status_code < 400:
        return f"It answered {status_code}: redirects are not followed. Give the address that it leads to."
    return f"It answered {status_code}."


def _shown(answer: bytes) -> str:
    """Return the beginning of an answer as text; PostgreSQL stores no NUL, and nobody reads control characters."""
    text = answer.decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)[:MAX_ANSWER_CHARS].strip()
