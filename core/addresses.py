"""IP addresses of clients and proxies: which are this machine, which are trusted, which belong together."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether *host*, a name or an IP address, is reachable from this machine only."""
    if host == "localhost":
        return True
    address = parse_address(host)
    return address is not None and address.is_loopback


def parse_address(text: str) -> Address | None:
    """Return the IP address in *text*, also with a port or in brackets; None when there is none.

    An IPv4 address that is written as an IPv6 address (``::ffff:192.0.2.1``) becomes the IPv4 address.
    """
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    """Return whether *address* is in one of *networks*."""
    return address is not None and any(address in network for network in networks)


def client_group(host: str) -> str:
    """Return the part of *host* that one client cannot change: an IPv4 address, or the /64 network of an IPv6 one."""
    address = parse_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address or host)
