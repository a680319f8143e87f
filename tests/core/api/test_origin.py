"""The client behind trusted proxies, and which pages may call."""

from ipaddress import ip_network

import pytest
from starlette.requests import HTTPConnection
from starlette.types import Scope

from core.api.origin import is_navigation, refused_origin, seen_through_proxies

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


def _scope(peer: str = "10.0.0.1", type_: str = "http", scheme: str = "http", **headers: str) -> Scope:
    encoded = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": type_, "method": "GET", "path": "/", "scheme": scheme, "client": (peer, 5000),
        "server": ("127.0.0.1", 8501), "headers": encoded, "query_string": b"",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9, 192.0.2.7", "192.0.2.7"),  # the client wrote the first one
        ("10.0.0.1", "203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),  # two proxies
        ("10.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("10.0.0.1", "192.0.2.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("192.0.2.66", "203.0.113.9", "192.0.2.66"),  # no trusted proxy: its word counts for nothing
        ("127.0.0.1", "203.0.113.9", "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(peer: str, forwarded_for: str, client: str) -> None:
    assert seen_through_proxies(_scope(peer, X_Forwarded_For=forwarded_for), TRUSTED)["client"][0] == client


def test_scheme_and_host_come_from_a_trusted_proxy_only() -> None:
    headers = {"Host": "127.0.0.1:8501", "X_Forwarded_Proto": "ftp, https", "X_Forwarded_Host": "a, vitrine.example"}
    seen = HTTPConnection(seen_through_proxies(_scope(**headers), TRUSTED))
    assert (seen.url.scheme, seen.headers["Host"]) == ("https", "vitrine.example")
    socket = seen_through_proxies(_scope(type_="websocket", scheme="ws", **headers), TRUSTED)
    assert socket["scheme"] == "wss"
    unseen = HTTPConnection(seen_through_proxies(_scope("192.0.2.66", **headers), TRUSTED))
    assert (unseen.url.scheme, unseen.headers["Host"]) == ("http", "127.0.0.1:8501")
    assert seen_through_proxies(_scope(**(headers | {"X_Forwarded_Proto": "gopher"})), TRUSTED)["scheme"] == "http"


@pytest.mark.parametrize(
    ("scheme", "host", "origin", "is_own"),
    [
        ("http", "localhost:8501", "http://localhost:8501", True),
        ("ws", "localhost:8501", "http://localhost:8501", True),
        ("wss", "localhost", "https://localhost", True),
        ("https", "localhost", "https://localhost:443", True),
        ("http", "LOCALHOST:80", "http://localhost", True),
        ("http", "localhost:8501", "http://localhost:8625", False),
        ("http", "localhost:8501", "http://127.0.0.1:8501", False),
        ("http", "localhost:8501", "https://localhost:8501", False),
        ("https", "localhost:8501", "http://localhost:8501", False),
        ("http", "localhost:8501", "http://localhost", False),
        ("http", "localhost:8501", "http://user@localhost:8501", False),
        ("http", "localhost:8501", "http://localhost:8501.evil.example", False),
        ("http", "localhost:8501", "null", False),
        ("http", "localhost:8501", "http://[", False),
        ("http", "localhost:8501", "", False),
        ("http", "localhost:abc", "null", False),
        ("http", "localhost:99999", "http://localhost:99999", False),
    ],
)
def test_only_the_exact_origin_of_the_server_may_call(scheme: str, host: str, origin: str, is_own: bool) -> None:
    type_ = "websocket" if scheme.startswith("ws") else "http"
    request = HTTPConnection(_scope("127.0.0.1", type_, scheme, Host=host, Origin=origin))
    refusal = refused_origin(request, ("localhost", "127.0.0.1"), may_navigate=True)
    assert (refusal is None) is is_own


def test_a_proxy_that_is_not_listed_is_named_as_the_reason() -> None:
    request = HTTPConnection(_scope(Host="localhost", Origin="https://localhost"))
    refusal = refused_origin(request, ("localhost",), may_navigate=True)
    assert refusal is not None
    assert "VITRINE_TRUSTED_PROXIES" in bytes(refusal.body).decode()


LINK = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}


@pytest.mark.parametrize(
    ("headers", "may_navigate", "is_allowed"),
    [
        (LINK, True, True),
        (LINK, False, False),
        (LINK | {"Sec_Fetch_Dest": "iframe"}, True, False),
        (LINK | {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}, True, False),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"}, True, False),
        ({"Sec_Fetch_Site": "same-origin"}, False, True),
    ],
)
def test_a_link_of_another_site_opens_a_page_and_nothing_else(
    headers: dict[str, str], may_navigate: bool, is_allowed: bool
) -> None:
    request = HTTPConnection(_scope(Host="localhost", **headers))
    assert (refused_origin(request, ("localhost",), may_navigate=may_navigate) is None) is is_allowed


@pytest.mark.parametrize(
    ("referer", "dest", "is_allowed"),
    [
        ("http://localhost:8888/", "iframe", True),
        ("http://127.0.0.1:8888/", "iframe", False),
        ("http://localhost.evil.example/", "iframe", False),
        ("", "iframe", False),
        ("http://localhost:8888/", "image", False),
    ],
)
def test_a_page_of_a_listed_host_may_frame_a_page_and_no_other(referer: str, dest: str, is_allowed: bool) -> None:
    headers = {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": dest, "Referer": referer}
    request = HTTPConnection(_scope(Host="localhost", **headers))
    refusal = refused_origin(request, ("localhost",), may_navigate=True, frame_hosts=("localhost",))
    assert (refusal is None) is is_allowed
    assert refused_origin(request, ("localhost",), may_navigate=False, frame_hosts=("localhost",)) is not None


def test_a_browser_navigates_and_a_program_does_not() -> None:
    assert is_navigation(HTTPConnection(_scope(Accept="text/html,*/*")))
    assert is_navigation(HTTPConnection(_scope(Sec_Fetch_Mode="navigate")))
    assert not is_navigation(HTTPConnection(_scope(Sec_Fetch_Mode="cors", Accept="text/html")))
    assert not is_navigation(HTTPConnection(_scope(Accept="*/*")))
    assert not is_navigation(HTTPConnection(_scope(type_="websocket", Accept="text/html")))
