"""Getting an image from an address that somebody typed or imported, without being led into the own network.

Only public addresses are asked: the name is resolved once, every answer is checked, and the connection goes to
exactly the address that was checked. Redirects are followed by hand, each hop checked like the first.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urljoin, urlsplit

from core.errors import InvalidInputError, StorageError

MAX_REDIRECTS = 3
PORTS = {"http": 80, "https": 443}

# Python's is_global calls some of these public, in some versions all of them.
_DENIED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True)
class Fetched:
    data: bytes
    url: str
    """Where it came from in the end, after redirects."""
    content_type: str
    """As the server claims; nothing relies on it."""


class FetchError(StorageError):
    """Raised when an address does not give what was hoped for."""

    code = "fetch"


async def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float = 30.0,
    resolve: Resolve | None = None,
    port_of: Mapping[str, int] = PORTS,
) -> Fetched:
    """Get the bytes behind *url*.

    *resolve* (name and port to addresses) and *port_of* (scheme to the one port allowed) are for tests.

    Raises:
        InvalidInputError: the address is not a public http or https address.
        FetchError: nobody answers, too much is sent, or the answer is not 200.
    """
    import httpx

    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(MAX_REDIRECTS + 1):
                answer = await _ask(url, max_bytes, resolve or _resolve, port_of)
                if isinstance(answer, Fetched):
                    return answer
                if url.startswith("https:") and not answer.startswith("https:"):
                    raise InvalidInputError("The address leads from https to an unprotected one. Use another.")
                url = answer
    except TimeoutError:
        raise FetchError(f"The address does not answer within {timeout_s:.0f} s. Try again later.") from None
    except httpx.InvalidURL:
        raise InvalidInputError("The address makes no sense, or leads to one that makes none.") from None
    except httpx.HTTPError as error:
        raise FetchError(f"The address cannot be reached ({type(error).__name__}). Check it in a browser.") from error
    raise FetchError(f"The address redirects more than {MAX_REDIRECTS} times. Use the one it leads to.")


def is_public(address: str) -> bool:
    """Return whether *address* belongs to the open internet, whatever other address is wrapped in it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not any(ip in network for network in _DENIED if network.version == ip.version)


async def _ask(url: str, max_bytes: int, resolve: Resolve, port_of: Mapping[str, int]) -> Fetched | str:
    """Send one request; return what came, or the address that it redirects to."""
    import httpx

    host, port = _parts(url, port_of)
    address = await _checked_address(host, port, resolve)
    parts = urlsplit(url)
    pinned = f"[{address}]" if ":" in address else address
    target = httpx.URL(url).copy_with(host=pinned)
    headers = {"Host": parts.netloc.rpartition("@")[2], "Accept": "image/*", "Accept-Encoding": "identity"}
    # Without trust_env a proxy from the environment would resolve the name again.
    async with (
        httpx.AsyncClient(verify=_trusted(), trust_env=False, follow_redirects=False) as client,
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


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted; loading them takes 15 ms, longer than fetching a small image."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _parts(url: str, port_of: Mapping[str, int]) -> tuple[str, int]:
    """Return the host and the port of an address that may be asked."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise InvalidInputError("This is not a web address. It begins with https:// or http://.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise InvalidInputError("This is not a web address. It begins with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise InvalidInputError("Leave the user name out of the address.")
    allowed = port_of[parts.scheme]
    if port not in (None, allowed):
        raise InvalidInputError(f"Addresses are only asked on the usual port, not on {port}.")
    return parts.hostname, allowed


async def _checked_address(host: str, port: int, resolve: Resolve) -> str:
    try:
        addresses = await resolve(host, port)
    except (OSError, UnicodeError):
        raise FetchError(f"There is no server called {host}. Check the address.") from None
    if not addresses:
        raise FetchError(f"There is no server called {host}. Check the address.")
    if not all(is_public(address) for address in addresses):
        raise InvalidInputError(f"{host} is not an address of the open internet, so it is not asked.")
    return addresses[0]


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
