"""Addresses of model servers that users type: which servers are called, with which keys, and what is told of them."""

import base64
import importlib
import inspect
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import fetch as fetching
from core.config import Settings, load_settings
from core.errors import ConfigurationError, InvalidInputError, LLMError, ModelUnavailableError, RequestRefusedError
from core.llm import ChatRequest, LLMService, ModelConfig, RetryPolicy, litellm_client
from tests.fakes.http_server import Answer, HttpServer, Received
from tests.fakes.provider import WIRE_FORMATS, FakeProvider, WireFormat

ONCE = RetryPolicy(max_sends=1)
HELLO = ChatRequest("Hello")
PUBLIC = "127.0.0.2"
COMPLETION = json.dumps({
    "id": "x", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
}).encode()  # fmt: skip


def _behind_a_password(*allowed: str) -> LLMService:
    return LLMService(ONCE, Settings(access_password="long enough", allowed_model_hosts=list(allowed)))  # type: ignore[arg-type]


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


async def _refusal(service: LLMService, config: ModelConfig) -> str:
    with pytest.raises(ModelUnavailableError) as raised:
        await service.chat(config, HELLO)
    return str(raised.value)


# --- which servers -------------------------------------------------------------------------------------------


async def test_without_a_password_every_server_may_be_called(provider: FakeProvider) -> None:
    assert (await LLMService(ONCE, Settings()).chat(provider.config(), HELLO)).text == "ok"


@pytest.mark.parametrize("wire", WIRE_FORMATS)
async def test_behind_a_password_a_server_of_the_own_network_is_not_called(
    provider: FakeProvider, wire: WireFormat
) -> None:
    sentence = await _refusal(_behind_a_password(), provider.config(wire))
    assert sentence.startswith("127.0.0.1 is not a public server")
    assert "VITRINE_ALLOWED_MODEL_HOSTS" in sentence
    assert provider.received == []


@pytest.mark.parametrize("item", ["127.0.0.1", "127.0.0.1:{port}", "127.0.0.0/8", "localhost", "LOCALHOST:{port}"])
async def test_a_listed_server_is_called(provider: FakeProvider, item: str) -> None:
    host = "localhost" if "localhost" in item.lower() else "127.0.0.1"
    config = provider.config(api_base=f"http://{host}:{provider.port}/v1")
    reply = await _behind_a_password(item.format(port=provider.port)).chat(config, HELLO)
    assert reply.text == "ok"
    assert provider.received[0].headers["host"] == f"{host}:{provider.port}"


async def test_another_port_of_a_listed_server_is_not_called(provider: FakeProvider) -> None:
    await _refusal(_behind_a_password("127.0.0.1:1"), provider.config())
    assert provider.received == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "127.1", "0", "2130706433", "0x7f000001", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "[fd00:ec2::254]",
        "unknown.invalid",
    ],
)  # fmt: skip
async def test_every_spelling_gets_the_same_answer_and_nothing_is_sent(provider: FakeProvider, host: str) -> None:
    sentence = await _refusal(_behind_a_password(), provider.config(api_base=f"http://{host}:{provider.port}/v1"))
    assert re.sub(r"^\S+", "HOST", sentence) == (
        "HOST is not a public server, so it is not called. Use a public address, or let the administrator add it to "
        "VITRINE_ALLOWED_MODEL_HOSTS."
    )
    assert provider.received == []


async def test_an_open_and_a_closed_port_get_the_same_answer(provider: FakeProvider) -> None:
    open_port = await _refusal(_behind_a_password(), provider.config())
    assert open_port == await _refusal(_behind_a_password(), provider.config(api_base="http://127.0.0.1:9/v1"))


async def test_a_name_that_leads_elsewhere_the_second_time_is_resolved_once(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups = 0

    async def rebinding(host: str, _port: int) -> list[str]:
        nonlocal lookups
        assert host == "rebinding.example"
        lookups += 1
        return [PUBLIC if lookups == 1 else "127.0.0.1"]

    resolve = socket.getaddrinfo

    def second_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        return resolve("127.0.0.1" if host in ("rebinding.example", b"rebinding.example") else host, *args, **kwargs)

    monkeypatch.setattr(fetching, "resolve_host", rebinding)
    monkeypatch.setattr(fetching, "is_public", lambda address: address == PUBLIC)
    monkeypatch.setattr(socket, "getaddrinfo", second_lookup)  # what a client finds that resolves the name again
    with pytest.raises(LLMError, match="cannot be reached"):  # nothing listens on the first address
        await _behind_a_password().chat(provider.config(api_base=f"http://rebinding.example:{provider.port}/v1"), HELLO)
    assert lookups == 1
    await _refusal(_behind_a_password(), provider.config(api_base=f"http://rebinding.example:{provider.port}/v1"))
    assert provider.received == []


async def test_one_private_address_among_public_ones_is_enough_to_refuse(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "127.0.0.1"]

    monkeypatch.setattr(fetching, "resolve_host", resolve)
    await _refusal(_behind_a_password(), provider.config(api_base=f"http://two.example:{provider.port}/v1"))


async def test_behind_a_password_local_servers_are_only_listed_when_they_are_allowed(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.llm import providers

    table = providers.ProviderTable({"t": providers.Provider("t", local_url=f"{provider.url}/v1")}, (), ())
    monkeypatch.setattr(providers, "table", lambda: table)
    await _behind_a_password().find_local_models()
    assert provider.received == []
    await _behind_a_password(f"127.0.0.1:{provider.port}").find_local_models()
    assert [request.path for request in provider.received] == ["/v1/models"]


@pytest.mark.parametrize("value", ["http://gpu.lan", "user@gpu.lan", "*.lan", "gpu.lan:99999", "gpu lan"])
def test_a_list_with_something_else_in_it_is_refused_at_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ALLOWED_MODEL_HOSTS", f"gpu.lan,{value}")
    with pytest.raises(ConfigurationError, match="VITRINE_ALLOWED_MODEL_HOSTS is not usable"):
        load_settings()


@pytest.mark.parametrize("model", ["huggingface/https://evil.example/x", "triton/http://127.0.0.1:1/x"])
def test_a_model_name_contains_no_address(model: str) -> None:
    with pytest.raises(InvalidInputError, match="contains no address"):
        ModelConfig.from_dict({"model": model})


@pytest.mark.parametrize(
    "base", ["gpu.lan:8000", "file:///etc/passwd", "http://", "http://[::1", "ftp://gpu.lan", "http://me:x@gpu.lan/v1"]
)
def test_an_address_is_a_web_address(base: str) -> None:
    with pytest.raises(InvalidInputError, match="begins with"):
        ModelConfig.from_dict({"model": "openai/x", "api_base": base})


# --- which keys ----------------------------------------------------------------------------------------------

# Known to look for credentials by themselves: in variables, by a request of their own, by a signature.
SELF_SERVING = ("gigachat", "watsonx", "watsonx_text", "databricks", "sagemaker_chat", "amazon_nova", "oci", "sap")
QUICK = ("openai", "anthropic", "gemini", "cohere_chat", "ollama_chat", "huggingface", "hosted_vllm", *SELF_SERVING)
# Not credentials: what a program calls itself.
PUBLIC_VARIABLES = ("LITELLM_USER_AGENT", "OR_APP_NAME", "OR_SITE_URL", "DATABRICKS_USER_AGENT")
_VARIABLE = re.compile(r'(?:getenv|get_secret|get_secret_str|environ\.get|environ)[(\[]\s*"([A-Z][A-Z0-9_]+)"')
# These change where and how litellm connects; nobody's secret.
_SETTING = re.compile(
    "BASE|URL|ENDPOINT|HOST|PATH|TIMEOUT|VERIFY|PROXY|HTTP2|DISABLE|MAX|MIN|LIMIT|TTL|SIZE|DIR|FILE|SSL|LOG|DEBUG|REGION"
    "|LOCATION|TRUST|MODE|INTERVAL"
)


def _variables() -> list[str]:
    """Return the names of all variables of the environment that litellm reads."""
    root = Path(inspect.getfile(litellm_client.litellm())).parent
    files = [*root.glob("*.py"), *(root / "llms").rglob("*.py"), *(root / "litellm_core_utils").rglob("*.py")]
    names = {name for file in files for name in _VARIABLE.findall(file.read_text(encoding="utf-8"))}
    return sorted(name for name in names if not _SETTING.search(name) and name not in PUBLIC_VARIABLES)


def _canaries(received: Received) -> set[str]:
    text = f"{received.path} {json.dumps(received.headers)} {received.body.decode('latin-1')}"
    for encoded in re.findall(r"[A-Za-z0-9+/]{16,}", text):
        text += " " + base64.b64decode(encoded[: len(encoded) // 4 * 4]).decode("latin-1")
    return set(re.findall(r"canary-[a-z0-9-]+", text))


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> int:
    names = _variables()
    for name in names:
        monkeypatch.setenv(name, f"canary-{name.lower().replace('_', '-')}")
    return len(names)


async def _send_to(provider_name: str, server: HttpServer) -> str:
    config = ModelConfig(f"{provider_name}/gpt-4o", api_base=f"{server.url}/v1", timeout_s=10)
    try:
        return (await LLMService(ONCE, Settings()).chat(config, HELLO)).text
    except LLMError as error:
        return str(error)


async def _canaries_sent_by(names: list[str]) -> tuple[dict[str, set[str]], int]:
    """Return the canaries that each provider sent, and how many requests arrived."""
    sent: dict[str, set[str]] = {}
    with HttpServer(lambda _: Answer(body=COMPLETION)) as server:
        for name in names:
            before = len(server.received)
            await _send_to(name, server)
            sent[name] = {canary for request in server.received[before:] for canary in _canaries(request)}
        return {name: found for name, found in sent.items() if found}, len(server.received)


async def test_no_key_of_the_environment_goes_to_an_own_address(canaries: int) -> None:
    assert canaries > 150
    leaks, received = await _canaries_sent_by(list(QUICK))
    assert leaks == {}
    assert received >= 5


@pytest.mark.prove
async def test_no_provider_of_litellm_sends_a_key_of_the_environment_to_an_own_address(canaries: int) -> None:
    names = sorted(str(getattr(name, "value", name)) for name in litellm_client.litellm().provider_list)
    leaks, received = await _canaries_sent_by([name for name in names if name != "offline"])
    assert leaks == {}
    assert len(names) > 150
    assert received > 80


async def test_a_provider_that_would_send_a_key_of_the_environment_says_which_header(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIGACHAT_ACCESS_TOKEN", "canary-gigachat-access-token")
    with pytest.raises(RequestRefusedError, match=r"a key of this machine \(authorization\)"):
        await LLMService(ONCE).chat(ModelConfig("gigachat/x", api_base=f"{provider.url}/v1"), HELLO)
    assert provider.received == []


async def test_the_key_that_was_typed_or_set_for_the_address_is_sent(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_KEY_127_0_0_1", "key-of-this-address-in-the-environment")
    monkeypatch.setenv("OPENAI_ORGANIZATION", "org-of-openai-only")
    await LLMService(ONCE).chat(ModelConfig("openai/x", api_base=f"{provider.url}/v1"), HELLO)
    await LLMService(ONCE).chat(ModelConfig("openai/x", api_base=f"{provider.url}/v1", api_key="typed-key-1"), HELLO)
    sent = [request.headers for request in provider.received]
    assert [headers["authorization"] for headers in sent] == [
        "Bearer key-of-this-address-in-the-environment",
        "Bearer typed-key-1",
    ]
    assert not any("openai-organization" in headers for headers in sent)


async def test_a_secret_of_the_environment_in_a_body_is_not_sent(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_CLIENT_SECRET", "a-secret-that-a-provider-puts-into-its-body")
    config = provider.config()
    with pytest.raises(RequestRefusedError, match="SOME_CLIENT_SECRET"):
        await LLMService(ONCE).chat(config, ChatRequest(f"Say {os.environ['SOME_CLIENT_SECRET']}"))
    assert provider.received == []


# --- what is told --------------------------------------------------------------------------------------------


async def _error_text(provider: FakeProvider, answer: Answer) -> str:
    provider.enqueue(answer)
    with pytest.raises(LLMError) as raised:
        await LLMService(ONCE).chat(provider.config(), HELLO)
    return str(raised.value)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
async def test_an_error_of_the_other_side_is_short_and_harmless(provider: FakeProvider, status: int) -> None:
    hostile = "\x1b[31m<img src=x onerror=alert(1)>\u202e\u200b\r\nSet-Cookie: a=b\0 " + "long " * 200
    text = await _error_text(provider, Answer(status, body=json.dumps({"error": {"message": hostile}}).encode()))
    assert text.isprintable()
    assert not {"<", ">"} & {*text}
    assert "onerror" not in text
    assert text.count("long") <= 40


@pytest.mark.parametrize("name", ["custom", "triton", "petals", "gdc", "vertex_ai_beta", "replicate", "sagemaker"])
async def test_no_traceback_and_no_path_of_the_server_is_shown(name: str) -> None:
    with HttpServer(lambda _: Answer(body=COMPLETION)) as server:
        text = await _send_to(name, server)
    assert "Traceback" not in text
    assert "site-packages" not in text
    assert importlib.import_module("litellm").__path__[0] not in text
    assert len(text) < 400


def test_the_canary_finder_finds_encoded_canaries() -> None:
    """A finder that finds nothing would make every test above pass."""
    basic = base64.b64encode(b"id:canary-in-basic-credentials").decode()
    headers: dict[str, Any] = {"authorization": f"Basic {basic}"}
    assert _canaries(Received("POST", "/?k=canary-a", headers, b"canary-b", 0.0)) == {
        "canary-a", "canary-b", "canary-in-basic-credentials",
    }  # fmt: skip
