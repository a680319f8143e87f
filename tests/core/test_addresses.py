"""Which addresses are this machine, and which belong to one client."""

import pytest

from core.addresses import client_group, is_loopback, parse_address


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_addresses_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.168.1.7", "evil.example", "None"])  # noqa: S104
def test_addresses_of_other_machines(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 192.0.2.1 ", "192.0.2.1"), ("192.0.2.1:443", "192.0.2.1"), ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "None"), ("", "None"), ("1.2.3", "None"), ("[", "None"),
    ],
)  # fmt: skip
def test_an_address_is_read_in_the_forms_that_proxies_write(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


def test_addresses_of_one_ipv6_network_are_one_client() -> None:
    assert client_group("2001:db8:1:2::1") == client_group("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert client_group("2001:db8:1:3::1") != client_group("2001:db8:1:2::1")
    assert client_group("::ffff:192.0.2.1") == client_group("192.0.2.1") == "192.0.2.1"
    assert client_group("192.0.2.2") != client_group("192.0.2.1")
