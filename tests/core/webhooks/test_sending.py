"""One POST: what a receiver may do, and the addresses that none is sent to."""

import asyncio

import pytest

from core import allowed_hosts
from core.errors import InvalidInputError
from core.webhooks import sending
from core.webhooks.sending import Reply, _problem, check_url, post
from tests.fakes.http_server import Answer, HttpServer, Received

NONE = allowed_hosts.parse([])
LOOPBACK = allowed_hosts.parse(["127.0.0.0/8"])
INSIDE = [
    "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:10.0.0.1",
    "fd00::1", "fe80::1", "64:ff9b::7f00:1", "0.0.0.0",  # noqa: S104
]  # fmt: skip


def send(url: str, *addresses: str, listed: allowed_hosts.AllowedHosts = NONE) -> Reply:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return asyncio.run(post(url, b"{}", {"webhook-id": "one"}, listed, resolve=resolve))


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_contacted_and_nobody_learns_whether_it_exists(address: str) -> None:
    problem = "hooks.example has no public address. Use one that has, or ask an admin to list it in "
    for addresses in ([address], ["93.184.216.34", address], []):
        reply = send("https://hooks.example/", *addresses)
        assert (reply.status_code, reply.error) == (None, problem + "VITRINE_ALLOWED_WEBHOOK_HOSTS.")


def test_the_address_that_was_checked_is_the_one_that_is_contacted() -> None:
    answers = [["127.0.0.1"], ["127.0.0.9"]]  # a second lookup would lead elsewhere

    async def resolve(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    with HttpServer(lambda _: Answer(204, body=b"")) as server:
        url = f"http://hooks.example:{server.port}/a"
        reply = asyncio.run(post(url, b"{}", {}, LOOPBACK, resolve=resolve))
        assert (reply.status_code, reply.error, answers) == (204, "", [["127.0.0.9"]])
        (received,) = server.received
        assert (received.method, received.headers["host"]) == ("POST", f"hooks.example:{server.port}")
        assert received.headers["content-type"] == "application/json"


def test_a_name_with_letters_beyond_ascii_is_resolved_and_sent_in_its_ascii_form() -> None:
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with HttpServer(lambda _: Answer(204, body=b"")) as server:
        url = f"http://b\u00fccher.example:{server.port}/"
        assert asyncio.run(post(url, b"{}", {}, LOOPBACK, resolve=resolve)).error == ""
        assert asked == ["xn--bcher-kva.example"]
        assert server.received[0].headers["host"] == f"xn--bcher-kva.example:{server.port}"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(500, body=b"no \x00room"), "It answered 500."),
        (Answer(302, {"Location": "http://127.0.0.1:9/"}), "It answered 302: redirects are not followed. "
         "Give the address that it leads to."),
        (Answer(hangs=True), "It did not answer within 0 s."),
        (Answer(slow_headers_s=0.05), "It did not answer within 0 s."),
        (Answer(body=b"x" * 900_000, drip=(1, 0.05)), ""),
        (Answer(body=b"x" * 20_000_000), ""),
        (Answer(body=b"", claims_bytes=10), "It cannot be reached (RemoteProtocolError)."),
    ],
    ids=["fails", "redirects", "hangs", "drips headers", "drips a body", "sends 20 MB", "breaks off"],
)  # fmt: skip
def test_a_receiver_that_misbehaves_costs_a_bounded_time_and_memory(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, error: str
) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.4)
    if answer.drip:
        error = "It did not answer within 0 s."
    with HttpServer(lambda _: answer) as server:
        reply = asyncio.run(post(server.url, b"{}", {}, LOOPBACK))
        assert reply.error == error
        assert len(reply.answer) <= sending.MAX_ANSWER_CHARS
        assert "\x00" not in reply.answer
        assert len(server.received) == 1


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "javascript:alert(1)", "https://",
        "https://user:pass@hooks.example/", "https://user@hooks.example/", "https://:pass@hooks.example/",
        "https://hooks.example:99999/", "https://[::1", "https://a b.example/",
        "https://hooks.example/\r\nX: 1", "http://hooks.example/", "https://hooks.example:8443/", "https://10.0.0.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://.example/", "https://[v1.a]/",
        f"https://hooks.example/{'x' * 2000}", "http://127.0.0.1:80/",
    ],
)  # fmt: skip
def test_an_address_that_no_webhook_can_have_is_refused_when_it_is_typed(url: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        check_url(url, NONE)
    assert raised.value.field == "url"


def test_an_address_may_have_2000_characters_and_name_the_usual_port() -> None:
    start = "https://hooks.example:443/"
    longest = start + "x" * (2_000 - len(start))

    assert check_url(longest, NONE) == longest
    with pytest.raises(InvalidInputError, match=r"longer than 2,000 characters"):
        check_url(f"{longest}x", NONE)


def test_listed_hosts_may_be_inside_with_any_port_and_without_tls() -> None:
    listed = allowed_hosts.parse(["n8n.lan:5678", "10.1.0.0/16"])
    for url in ("http://n8n.lan:5678/hook", "http://10.1.2.3:9000/", " https://hooks.example/ "):
        assert check_url(url, listed) == url.strip()
    for url in ("http://10.2.0.1/", "https://10.2.0.1/"):
        with pytest.raises(InvalidInputError):
            check_url(url, listed)
    # A name that is not listed itself may lead into a listed network, and only there without https.
    assert check_url("http://other.lan/", listed) == "http://other.lan/"
    assert "Webhooks are sent by https" in send("http://other.lan/", "93.184.216.34", listed=listed).error


def test_a_request_reaches_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Received) -> Answer:
        return Answer(200 if request.path == "/direct" else 418)

    with HttpServer(answer) as server, HttpServer(lambda _: Answer(418)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert asyncio.run(post(f"{server.url}/direct", b"{}", {}, LOOPBACK)).status_code == 200
        assert proxy.received == []


@pytest.mark.parametrize(
    ("status", "said"),
    [(199, "It answered 199."), (200, ""), (299, ""), (300, "redirects"), (399, "redirects"), (400, "It answered 400."),
     (500, "It answered 500.")],
)  # fmt: skip
def test_only_an_answer_of_the_two_hundreds_is_a_success(status: int, said: str) -> None:
    problem = _problem(status)

    assert said in problem
    assert (problem == "") == (said == "")
    assert ("redirects are not followed" in problem) == (said == "redirects")
