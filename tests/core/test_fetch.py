"""SSRF-safe download: a table of forbidden URLs, and a server on loopback that none of them may reach."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from core import fetch as fetching
from core.errors import InvalidInputError
from core.fetch import PORTS, FetchError, _port, asked_wait_s, fetch, is_public


class LoopbackServer(BaseHTTPRequestHandler):
    requests: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        LoopbackServer.requests.append((self.headers["Host"], self.path))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        body = b"x" * int(self.path.removeprefix("/bytes/") or 3) if self.path.startswith("/bytes/") else b"abc"
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    LoopbackServer.requests = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), LoopbackServer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def get(url: str, port: int, *answers: list[str], max_bytes: int = 1000) -> fetching.Fetched:
    """Fetch with a resolver that returns *answers* one after the other."""
    remaining = list(answers)

    async def resolve(host: str, _port: int) -> list[str]:
        return remaining.pop(0)

    return asyncio.run(
        fetch(url, max_bytes=max_bytes, resolve=resolve if answers else None, port_of={"http": port, "https": port})
    )


@pytest.fixture
def loopback_counts_as_public(monkeypatch: pytest.MonkeyPatch) -> None:
    real = fetching.is_public
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1" or real(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433/",
        "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0/", "http://0.0.0.0:{port}/",
        "http://[::1]/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fec0::1]/", "http://[fe80::1]/",
        "http://[fd00::1]/", "http://[::]/", "http://[2001:0:7f00:1::]/", "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://224.0.0.1/",
        "http://240.0.0.1/", "http://255.255.255.255/", "http://198.18.0.1/", "http://user@127.0.0.1/",
        "http://user:pass@example.com/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.com/",
        "http://", "http:///etc/passwd", "//example.com/", "javascript:alert(1)", "data:text/plain,x", "",
        "http://example.com:22/", "http://[::1", "http://example.com:99999/",
    ],
)  # fmt: skip
def test_a_url_that_is_not_public_is_rejected_and_never_requested(url: str, port: int) -> None:
    with pytest.raises((InvalidInputError, FetchError)):
        get(url.format(port=port), port)

    assert LoopbackServer.requests == []


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_is_rejected(port: int) -> None:
    with pytest.raises(InvalidInputError, match=r"example\.com is not a public address"):
        get("http://example.com/", port, ["1.1.1.1", "127.0.0.1"])


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_the_host_is_resolved_once_and_the_checked_address_is_contacted(port: int) -> None:
    got = get(f"http://images.example:{port}/a.png", port, ["127.0.0.1"], ["10.0.0.1"])

    assert got.data == b"abc"
    assert got.content_type == "image/png"
    assert LoopbackServer.requests == [(f"images.example:{port}", "/a.png")]


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_a_name_with_letters_beyond_ascii_is_resolved_and_sent_in_its_ascii_form(port: int) -> None:
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    url = f"http://b\u00fccher.example:{port}/\u00fc"
    assert asyncio.run(fetch(url, max_bytes=10, resolve=resolve, port_of={"http": port})).data == b"abc"
    assert asked == ["xn--bcher-kva.example"]
    assert LoopbackServer.requests == [(f"xn--bcher-kva.example:{port}", "/%C3%BC")]


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_a_proxy_of_the_environment_is_not_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert get(f"http://images.example:{port}/a.png", port, ["127.0.0.1"]).data == b"abc"


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_a_redirect_to_a_private_address_is_rejected(port: int) -> None:
    with pytest.raises(InvalidInputError, match=r"inside\.example is not a public address"):
        get(f"http://images.example:{port}/to/http://inside.example:{port}/", port, ["127.0.0.1"], ["10.0.0.1"])

    assert len(LoopbackServer.requests) == 1


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_a_redirect_to_another_scheme_is_rejected(port: int) -> None:
    with pytest.raises(InvalidInputError):
        get(f"http://images.example:{port}/to/file:///etc/passwd", port, ["127.0.0.1"])


@pytest.mark.usefixtures("loopback_counts_as_public")
@pytest.mark.parametrize("where", ["data:image/png;base64,AAAA", "http:127.0.0.1", "http://[::1", "http://a b/"])
def test_a_redirect_to_an_invalid_url_is_rejected(port: int, where: str) -> None:
    with pytest.raises((InvalidInputError, FetchError)):
        get(f"http://images.example:{port}/to/{where}", port, ["127.0.0.1"], ["10.0.0.1"])


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_redirects_end_after_three(port: int) -> None:
    loop = f"http://images.example:{port}/to//"
    with pytest.raises(FetchError, match="redirects more than 3 times"):
        get(loop.replace("/to//", "/to/") + "/to/" * 8 + "x", port, *[["127.0.0.1"]] * 9)

    assert len(LoopbackServer.requests) == 4


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_a_body_larger_than_max_bytes_is_rejected(port: int) -> None:
    assert len(get(f"http://images.example:{port}/bytes/1000", port, ["127.0.0.1"]).data) == 1000
    with pytest.raises(FetchError, match="sends more than"):
        get(f"http://images.example:{port}/bytes/5000000", port, ["127.0.0.1"])


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_a_status_other_than_200_is_an_error(port: int) -> None:
    with pytest.raises(FetchError, match=r"The address answers 404\."):
        get(f"http://images.example:{port}/missing", port, ["127.0.0.1"])


def test_an_unknown_host_is_an_error(port: int) -> None:
    async def resolve(host: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(FetchError, match=r"There is no server called nowhere\.example"):
        asyncio.run(fetch("http://nowhere.example/", max_bytes=10, resolve=resolve))


async def test_names_without_an_answer_hold_up_no_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def look_up(*_args: object, **_options: object) -> list[object]:
        answered.wait(120)
        return [(0, 0, 0, "", ("1.1.1.1", 443))]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    asked = [asyncio.create_task(fetching.resolve_host("a.example", 443)) for _ in range(33)]
    try:
        # By default 32 threads at most run what a loop does in threads.
        await asyncio.wait_for(asyncio.gather(*(asyncio.to_thread(int) for _ in range(3))), 60)
    finally:
        answered.set()
    assert await asyncio.gather(*asked) == [["1.1.1.1"]] * 33


def test_a_redirect_from_https_to_http_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[str] = []

    async def request(url: str, *_rest: object) -> str:
        requested.append(url)
        return "http://images.example/a.png"

    monkeypatch.setattr(fetching, "_request", request)
    with pytest.raises(InvalidInputError, match="redirects from https to http"):
        asyncio.run(fetch("https://images.example/a.png", max_bytes=10))

    assert requested == ["https://images.example/a.png"]


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("5", 5.0), ("0.5", 0.5), ("-3", 0.0), ("", None), ("soon", None), ("inf", None), ("nan", None),
        ("99999999999", 365 * 24 * 3600.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 9998 07:28:00 GMT", 365 * 24 * 3600.0), ("Wed, 21 Oct 2015 07:28:00", None),
    ],
)  # fmt: skip
def test_a_server_asks_to_wait_by_a_number_or_a_date_and_at_most_a_year(header: str, wait_s: float | None) -> None:
    assert asked_wait_s(header) == wait_s


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://user@example.com/", "user name or password"), ("https://:pass@example.com/", "user name or password"),
        ("https://example.com:80/", "not 80. Leave the port out"), ("http://example.com:443/", "not 443"),
        ("ftp://example.com/", "not a web address"), ("https://", "not a web address"),
        ("http://[::1", "not a web address"),
    ],
)  # fmt: skip
def test_an_address_that_is_not_fetched_says_what_to_change(url: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        _port(url, PORTS)


@pytest.mark.parametrize(
    ("url", "port"), [("http://example.com/", 80), (" https://example.com/ ", 443), ("https://example.com:443/", 443)]
)
def test_the_usual_port_may_be_named(url: str, port: int) -> None:
    assert _port(url, PORTS) == port


@pytest.mark.usefixtures("loopback_counts_as_public")
def test_a_body_may_have_all_of_max_bytes_and_three_redirects_are_followed(port: int) -> None:
    here = ["127.0.0.1"]
    assert len(get(f"http://a.example:{port}/bytes/1000", port, here, max_bytes=1000).data) == 1000
    with pytest.raises(FetchError, match="more than 0 MB"):
        get(f"http://a.example:{port}/bytes/1001", port, here, max_bytes=1000)
    assert get(f"http://a.example:{port}/to//to//to//a.png", port, *[here] * 4).data == b"abc"
    with pytest.raises(FetchError, match="redirects more than 3 times"):
        get(f"http://a.example:{port}/to//to//to//to//a.png", port, *[here] * 5)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fd00::1", "fec0::1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_of_this_machine_or_network_or_that_leads_to_one_is_not_public(address: str) -> None:
    assert not is_public(address)
