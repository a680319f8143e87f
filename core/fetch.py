"""SSRF-safe download of an image from a URL that a user entered or imported.

Only public IP addresses are contacted. The host name is resolved once, every resolved address is checked, and the
connection goes to exactly the address that was checked, which prevents DNS rebinding. Each redirect is checked like
the first URL.
"""

import asyncio
import ipaddress
import math
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from core.allowed_hosts import AllowedHosts
from core.errors import InvalidInputError, StorageError

if TYPE_CHECKING:
    import httpx

MAX_REDIRECTS = 3
MAX_LOOKUPS = 64
"""Of host names at a time."""
PORTS = {"http": 80, "https": 443}
_LONGEST_WAIT_S = 365 * 24 * 3600.0

# Special-purpose networks (IANA registries), and IPv6 ones that translate to IPv4; ipaddress.is_global misses some of
# them, depending on the version.
_DENIED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True)
class Fetched:
    """A downloaded response body."""

    data: bytes
    url: str
    """The URL after redirects."""
    content_type: str
    """The header of the response; untrusted."""


class FetchError(StorageError):
    """Raised when a download fails."""

    code = "fetch"


async def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float = 30.0,
    resolve: Resolve | None = None,
    port_of: Mapping[str, int] = PORTS,
) -> Fetched:
    """Download *url*.

    Args:
        max_bytes: of the response body.
        timeout_s: for the whole download, redirects included.
        resolve: host name and port to IP addresses; for tests.
        port_of: the only allowed port of each scheme; for tests.

    Raises:
        InvalidInputError: the URL is not a public http or https address.
        FetchError: the server does not answer, sends more than *max_bytes*, or answers with another status than 200.
    """
    import httpx

    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(MAX_REDIRECTS + 1):
                answer = await _request(url, max_bytes, resolve or resolve_host, port_of)
                if isinstance(answer, Fetched):
                    return answer
                if url.startswith("https:") and not answer.startswith("https:"):
                    raise InvalidInputError("The address redirects from https to http. Use another one.")
                url = answer
    except TimeoutError:
        raise FetchError(f"The address does not answer within {timeout_s:.0f} s. Try again later.") from None
    except httpx.InvalidURL:
        raise InvalidInputError(
            "The address, or one that it redirects to, is not valid. Check it in a browser."
        ) from None
    except httpx.HTTPError as error:
        raise FetchError(f"The address cannot be reached ({type(error).__name__}). Check it in a browser.") from error
    raise FetchError(f"The address redirects more than {MAX_REDIRECTS} times. Use the one it leads to.")


def asked_wait_s(header: str) -> float | None:
    """Return how many seconds a server asks to wait by ``Retry-After``, a number or a date; at most a year.

    None when it does not say, or names no finite number.
    """
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S) if math.isfinite(seconds) else None


def is_public(address: str) -> bool:
    """Return whether the IP *address* is public, also when it is an IPv4 address mapped into IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not any(ip in network for network in _DENIED_NETWORKS if network.version == ip.version)


async def resolve_host(host: str, port: int) -> list[str]:
    """Return the IP addresses of *host*, as the operating system finds them; an OSError when there are none.

    A name server of somebody's own may leave a question without an answer, which takes a thread for half a minute: the
    threads are not those that look names up for model calls or run the other work of the loop.
    """
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_lookups(), look_up)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def _lookups() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_LOOKUPS, thread_name_prefix="vitrine-lookup")


async def public_address(host: str, port: int, resolve: Resolve, listed: AllowedHosts | None = None) -> str:
    """Resolve *host* once and return the address to connect to; every one of its addresses has to be public or listed.

    Raises:
        FetchError: there is no such host.
        InvalidInputError: an address of it is neither public nor listed.
    """
    try:
        addresses = await resolve(host, port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise FetchError(f"There is no server called {host}. Check the address.")
    by_name = listed is not None and listed.has_name(host, port)
    if not all(by_name or is_public(ip) or (listed is not None and listed.has_address(ip)) for ip in addresses):
        raise InvalidInputError(f"{host} is not a public address, so it is not contacted. Use a public one.")
    return addresses[0]


def ascii_host(url: str) -> str:
    """Return the host of *url* as it is resolved, sent and in certificates: ``xn--`` for a name with other letters.

    Raises:
        httpx.InvalidURL: it is no host.
    """
    import httpx

    host = httpx.URL(url).raw_host.decode("ascii")
    if not host or host.startswith("."):
        raise httpx.InvalidURL("The host is empty, or begins with a dot.")
    return host


def pinned(url: str, address: str) -> "httpx.URL":
    """Return *url* with its host replaced by the *address* that was checked: nothing resolves it again."""
    import httpx

    return httpx.URL(url).copy_with(host=f"[{address}]" if ":" in address else address)


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS context with the trusted certificates; loading them takes 15 ms, so it is cached."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


async def _request(url: str, max_bytes: int, resolve: Resolve, port_of: Mapping[str, int]) -> Fetched | str:
    """Send one request; return the response, or the URL that it redirects to."""
    import httpx

    port = _port(url, port_of)
    host = ascii_host(url)
    target = pinned(url, await public_address(host, port, resolve))
    headers = {"Host": httpx.URL(url).netloc.decode("ascii"), "Accept": "image/*", "Accept-Encoding": "identity"}
    # trust_env is off: a proxy from the environment would resolve the host name again.
    async with (
        httpx.AsyncClient(verify=tls_context(), trust_env=False, follow_redirects=False) as client,
        client.stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as reply,
    ):
        if reply.is_redirect:
            return urljoin(url, reply.headers["location"])
        if reply.status_code != 200:
            raise FetchError(f"The address answers {reply.status_code}. Check it in a browser.")
        data = bytearray()
        async for chunk in reply.aiter_raw():
            data += chunk
            if len(data) > max_bytes:
                raise FetchError(f"The address sends more than {max_bytes / 1e6:,.0f} MB. Download it yourself.")
        return Fetched(bytes(data), url, reply.headers.get("content-type", ""))


def _port(url: str, port_of: Mapping[str, int]) -> int:
    """Return the port of a URL, after checking its scheme, port and user info.

    Raises:
        InvalidInputError: the URL is not an http or https URL on the usual port.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise InvalidInputError("This is not a web address. It begins with https:// or http://.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise InvalidInputError("This is not a web address. It begins with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise InvalidInputError("The address has a user name or password. Leave them out.")
    allowed = port_of[parts.scheme]
    if port not in (None, allowed):
        raise InvalidInputError(f"Only the usual port of an address is allowed, not {port}. Leave the port out.")
    return allowed
