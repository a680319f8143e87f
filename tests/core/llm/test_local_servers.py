"""Models of servers on this machine."""

import httpx
import pytest

from core.allowed_hosts import parse
from core.llm import local_servers


@pytest.mark.parametrize(
    ("url", "allowed", "is_allowed"),
    [
        ("http://localhost:11434/v1", ["localhost"], True),
        ("http://localhost:11434/v1", ["localhost:11434"], True),
        ("http://localhost:11434/v1", ["localhost:8000"], False),
        ("http://localhost/v1", ["localhost:80"], True),
        ("http://localhost:11434/v1", ["127.0.0.0/8"], False),
        ("http://127.0.0.1:11434/v1", ["127.0.0.0/8"], True),
        ("http://127.0.0.1:11434/v1", ["10.0.0.0/8"], False),
    ],
)
def test_a_server_is_asked_when_it_is_listed(url: str, allowed: list[str], is_allowed: bool) -> None:
    assert local_servers._is_allowed(url, parse(allowed)) is is_allowed


@pytest.mark.parametrize(
    ("status", "body", "names"),
    [
        (200, {"data": [{"id": "llava"}, {"id": 7}]}, ["openai/llava", "openai/7"]),
        (200, {"data": []}, []),
        (404, {"data": [{"id": "llava"}]}, []),
        (200, {"models": []}, []),
        (200, [], []),
        (200, {"data": [{"name": "llava"}]}, []),
        (200, {"data": [{"id": str(number)} for number in range(201)]}, [f"openai/{number}" for number in range(200)]),
    ],
)
async def test_the_models_of_a_server_are_those_that_it_lists(
    status: int, body: object, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def get(_client: httpx.AsyncClient, url: str) -> httpx.Response:
        asked.append(url)
        return httpx.Response(status, json=body)

    monkeypatch.setattr(httpx.AsyncClient, "get", get)

    found = await local_servers._models_at("http://localhost:11434/v1")

    assert asked == ["http://localhost:11434/v1/models"]
    assert [info.model for info in found] == names
    assert {(info.key_source, info.vision, info.api_base) for info in found} <= {
        ("none needed", None, "http://localhost:11434/v1")
    }


async def test_only_allowed_servers_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def none_at(url: str) -> list[object]:
        asked.append(url)
        return []

    monkeypatch.setattr(local_servers, "_models_at", none_at)

    await local_servers.find_local_models()
    every = list(asked)
    asked.clear()
    await local_servers.find_local_models(parse(["127.0.0.1:11434"]))

    assert len(every) > 1
    assert asked == [url for url in every if ":11434" in url]
