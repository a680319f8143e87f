"""Where a request may go, and which credentials it may carry, decided on the request as it leaves."""

import base64
from typing import Any

import httpx
import pytest

from core import allowed_hosts, fetch
from core.llm import ModelConfig, destination
from core.llm.destination import Destination, ForbiddenDestinationError

KEY, SECRET = "key-of-the-tests", "secret-12-ch"  # a secret of the environment has 12 characters or more
OWN = Destination(own_address=True, key=KEY)


def _request(
    url: str = "https://gpu.example/v1", headers: dict[str, str] | None = None, body: bytes = b"{}"
) -> httpx.Request:
    return httpx.Request("POST", url, headers=headers, content=body)


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}, {"authorization": _basic(f"user:{KEY}")},
        {"x-goog-credential": f"id={KEY}"}, {"x-token-type": "urn:other"}, {"idempotency-key": "other"},
        {"accept": "other"},
    ],
)  # fmt: skip
async def test_the_own_key_may_be_sent_in_every_form_of_a_header(headers: dict[str, str]) -> None:
    await OWN.prepare(_request(headers=headers))


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"authorization": "Bearer other"}, "authorization"),
        ({"x-api-key": f"{KEY}{KEY}"}, "x-api-key"),
        ({"cookie": "a=b"}, "cookie"),
        ({"authorization": _basic("user:other")}, "authorization"),
        ({"authorization": _basic(f"user:{KEY}") + "!"}, "authorization"),
        ({"authorization": _basic(f"user:{KEY}").replace("Basic", "Digest")}, "authorization"),
    ],
)
async def test_another_credential_is_refused_with_the_name_of_its_header(headers: dict[str, str], name: str) -> None:
    with pytest.raises(ForbiddenDestinationError) as refused:
        await OWN.prepare(_request(headers=headers))
    assert (refused.value.problem, refused.value.detail) == ("foreign key", name)


async def test_a_credential_in_the_address_counts_as_one_in_a_header() -> None:
    await OWN.prepare(_request(f"https://gpu.example/v1?key={KEY}"))
    with pytest.raises(ForbiddenDestinationError, match="foreign key: key"):
        await OWN.prepare(_request("https://gpu.example/v1?key=other"))


async def test_headers_that_name_an_account_of_openai_stay_here() -> None:
    own, theirs = (_request(headers={"openai-organization": "o", "openai-project": "p"}) for _ in range(2))

    await OWN.prepare(own)
    await Destination(model="openai/gpt-4o").prepare(theirs)

    assert "openai-organization" not in own.headers
    assert "openai-project" not in own.headers
    assert theirs.headers["openai-project"] == "p"


@pytest.mark.parametrize(
    ("name", "value", "is_refused"),
    [
        ("OTHER_API_KEY", SECRET, True), ("OTHER_API_KEY", SECRET[:-1], False), ("OTHER_NAME", SECRET, False),
        ("OTHER_API_KEY", KEY, False),
    ],
)  # fmt: skip
async def test_a_secret_of_the_environment_is_sent_nowhere(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, is_refused: bool
) -> None:
    monkeypatch.setenv(name, value)
    for request in (
        _request(body=f"[{value}]".encode()), _request(f"https://gpu.example/{value}"), _request(headers={"x": value}),
    ):  # fmt: skip
        if is_refused:
            with pytest.raises(ForbiddenDestinationError, match=f"foreign key: {name}"):
                await OWN.prepare(request)
        else:
            await OWN.prepare(request)


async def test_the_links_of_the_images_of_a_call_may_hold_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_API_KEY", SECRET)
    link = f"https://bucket.example/o?signature={SECRET}"

    await Destination(own_address=True, links=(link,)).prepare(_request(body=f'"{link}"'.encode()))


@pytest.mark.parametrize(("model", "is_refused"), [("x/GPU.example/m", True), ("x/m", False)])
async def test_a_model_whose_name_is_an_address_is_refused(model: str, is_refused: bool) -> None:
    request = _request(headers={"x-api-key": "the provider's own"})
    if not is_refused:
        await Destination(model=model).prepare(request)
        return
    with pytest.raises(ForbiddenDestinationError, match=r"not allowed: gpu\.example"):
        await Destination(model=model).prepare(request)


async def test_a_host_without_a_dot_names_no_model() -> None:
    await Destination(model="x/gpu-7b").prepare(_request("https://gpu/v1"))


@pytest.mark.parametrize(
    ("url", "addresses", "leads_to"),
    [
        ("https://gpu.example/v1", ["93.184.216.34", "8.8.8.8"], "93.184.216.34"),
        ("https://gpu.example/v1", ["93.184.216.34", "10.0.0.1"], None),
        ("https://gpu.example/v1", [], None),
        ("http://near.lan:8000/v1", ["10.0.0.1"], "10.0.0.1"),
        ("http://near.lan:8001/v1", ["10.0.0.1"], None),
        ("https://secure.lan/v1", ["10.0.0.1"], "10.0.0.1"),
        ("http://secure.lan/v1", ["10.0.0.1"], None),
        ("http://other.lan/v1", ["10.7.0.1"], "10.7.0.1"),
        ("http://other.lan/v1", ["10.7.0.1", "10.8.0.1"], None),
    ],
)
async def test_a_request_leads_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, url: str, addresses: list[str], leads_to: str | None
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        if not addresses:
            raise OSError("no such host")
        return addresses

    monkeypatch.setattr(fetch, "resolve_host", resolve)
    allowed = allowed_hosts.parse(["near.lan:8000", "secure.lan:443", "10.7.0.0/16"])
    request = _request(url)
    host = request.url.host

    if leads_to is None:
        with pytest.raises(ForbiddenDestinationError, match=f"not allowed: {host}"):
            await Destination(own_address=True, allowed=allowed).prepare(request)
        return
    await Destination(own_address=True, allowed=allowed).prepare(request)
    assert request.url.host == leads_to
    assert request.headers["host"].partition(":")[0] == host
    assert request.extensions.get("sni_hostname") == (host if url.startswith("https") else None)


def test_only_calls_to_an_own_address_are_limited_to_the_hosts_of_their_context() -> None:
    own: dict[str, Any] = {"model": "openai/gpt-4o", "api_base": "https://gpu.example/v1"}
    hosts = allowed_hosts.parse(["gpu.lan"])
    with destination.limited_to(hosts):
        found = destination.of_call(ModelConfig(**own), None, ["https://a.example", None])
        usual = destination.of_call(ModelConfig("openai/gpt-4o"), KEY)

    assert found == Destination(True, "", "openai/gpt-4o", hosts, ("https://a.example",))
    assert usual == Destination(False, KEY, "openai/gpt-4o", None, ())
    assert destination.of_call(ModelConfig(**own), KEY).allowed is None
