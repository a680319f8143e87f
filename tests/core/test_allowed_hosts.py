"""What a list of servers names, and what it does not."""

import pytest

from core.allowed_hosts import parse

LIST = parse(["gpu.lan", "Models.LAN.:8000", "10.1.0.0/16", "[fd00::1]", "[fd00::2]:8000", "192.168.1.5"])


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("gpu.lan", 1, True), ("GPU.lan.", 443, True), ("models.lan", 8000, True), ("models.lan", 8001, False),
        ("a.gpu.lan", 1, False), ("lan", 1, False), ("fd00::2", 8000, True), ("fd00::2", 80, False),
    ],
)  # fmt: skip
def test_a_name_stands_for_itself_with_its_port_or_with_any(host: str, port: int, expected: bool) -> None:
    assert LIST.has_name(host, port) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.255.3", True), ("10.2.0.1", False), ("fd00::1", True), ("fd00::2", False), ("192.168.1.5", True),
        ("192.168.1.6", False), ("fe80::1%eth0", False),
    ],
)  # fmt: skip
def test_an_address_stands_for_itself_and_a_network_for_its_addresses(address: str, expected: bool) -> None:
    assert LIST.has_address(address) is expected


@pytest.mark.parametrize("item", ["http://gpu.lan", "me@gpu.lan", "*", "gpu.lan:x", "gpu lan", "/", "10.1.0.0/99", ""])
def test_what_is_neither_is_named(item: str) -> None:
    with pytest.raises(ValueError, match="is neither a host"):
        parse(["gpu.lan", item])
