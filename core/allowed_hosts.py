"""A list of servers: host names, ``host:port`` and networks, as settings state them."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class AllowedHosts:
    """Hosts by name, with a port or with any, and hosts by their address."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[Network, ...] = ()

    def has_name(self, host: str, port: int) -> bool:
        """Return whether the list names *host*, alone or with this *port*."""
        name = host.lower().rstrip(".")
        return (name, None) in self.names or (name, port) in self.names

    def has_address(self, address: str) -> bool:
        """Return whether an IP *address* lies in one of the networks."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        return any(ip in network for network in self.networks if network.version == ip.version)


def parse(items: Iterable[str]) -> AllowedHosts:
    """Read a list such as ``["gpu.lan", "gpu.lan:8000", "10.1.0.0/16", "[fd00::1]:8000"]``.

    Raises:
        ValueError: an item is none of these; the message names it.
    """
    names: set[tuple[str, int | None]] = set()
    networks: list[Network] = []
    for item in items:
        try:
            networks.append(ipaddress.ip_network(item.strip("[]")))
        except ValueError:
            names.add(_host_and_port(item))
    return AllowedHosts(frozenset(names), tuple(networks))


def _host_and_port(item: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{item}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or any(char in item for char in "/@?#*") or any(char.isspace() for char in item):
        raise ValueError(f"{item} is neither a host, host:port nor a network such as 10.1.0.0/16")
    return host.rstrip("."), port
