"""Addresses that a person, a file or a model may name lead to nothing on this machine or its network.

Two servers listen on the same port: a canary on 127.0.0.1 and ::1, and on 127.0.0.2 one that stands for the open
internet. Every place that fetches is given each address as it is, behind a redirect of the open internet, and behind
a name that resolves to the open internet first and to the address afterwards.
"""

import asyncio
import contextlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from core import fetch as fetching
from core.errors import InvalidInputError
from core.images.sources import hub as hub_source
from core.llm import local_servers, providers
from core.services import Services
from tests.fakes.http_server import Answer, HttpServer
from tests.fakes.provider import FakeProvider
from tests.pictures import png

OPEN_INTERNET = "127.0.0.2"
MODES = ("direct", "redirect", "rebinding")

# Spellings of this machine, its network and the metadata services of clouds; {port} is where the canary listens.
ADDRESSES = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://127.1:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/",
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0177.0.0.1:{port}/", "http://127.0.0.1.:{port}/",
    "http://[::1]:{port}/", "http://[::]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[fec0::1]:{port}/", "http://[fe80::1]:{port}/", "http://[fd00::1]:{port}/",
    "http://user@127.0.0.1:{port}/", "http://example.com@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@example.com/",
    "http://127.0.0.1:{port}\\@example.com/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/", "http://１２７.０.０.１:{port}/", "http://127。0。0。1:{port}/",
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://100.100.100.200/", "http://10.0.0.1:{port}/",
    "http://172.16.0.1:{port}/", "http://192.168.1.1:{port}/", "http://100.64.0.1:{port}/", "http://224.0.0.1:{port}/",
    "https://127.0.0.1:{port}/", "HTTP://LOCALHOST:{port}/", "//127.0.0.1:{port}/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/", "data:image/png;base64,AAAA", "http://localhost.localdomain:{port}/",
]  # fmt: skip


@dataclass
class Net:
    """What of this machine was asked, by whichever address, and what of the open internet."""

    port: int = 0
    canary: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    resolved: Counter[str] = field(default_factory=Counter)

    def urls(self, mode: str) -> list[str]:
        """Return the forty addresses, as *mode* hides them."""
        real = [address.format(port=self.port) for address in ADDRESSES]
        assert len(set(real)) == 40
        if mode == "direct":
            return real
        if mode == "redirect":
            return [f"http://images.example:{self.port}/to/{number}" for number in range(len(real))]
        return [f"http://rebinding-{number}.example:{self.port}/a.png" for number in range(len(real))]


class _Outside(BaseHTTPRequestHandler):
    """Redirects to the address that the path numbers; anything else is an image."""

    net: Net

    def do_GET(self) -> None:
        self.net.outside.append(self.path)
        where, _, number = self.path.removeprefix("/").partition("/")
        body = png("red")
        self.send_response(302 if where == "to" else 200)
        if where == "to":
            body = b""
            self.send_header("Location", ADDRESSES[int(number)].format(port=self.net.port).encode().decode("latin-1"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Canary(BaseHTTPRequestHandler):
    net: Net

    def do_GET(self) -> None:
        self.net.canary.append(self.path)
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _OnIPv6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    made = Net()
    outside, canary = type("Outside", (_Outside,), {"net": made}), type("Canary", (_Canary,), {"net": made})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), canary)]
    made.port = servers[0].server_port
    servers.append(ThreadingHTTPServer((OPEN_INTERNET, made.port), outside))
    with contextlib.suppress(OSError):  # a machine without IPv6 cannot be reached by it either
        servers.append(_OnIPv6(("::1", made.port), canary))
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    _pretend(made, monkeypatch)
    yield made
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


def _pretend(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.2 count as the open internet, on the port where both servers listen."""
    really_public, really_resolve = fetching.is_public, fetching._resolve

    async def resolve(host: str, port: int) -> list[str]:
        net.resolved[host] += 1
        if host == "images.example":
            return [OPEN_INTERNET]
        if host.startswith("rebinding-"):
            return [OPEN_INTERNET if net.resolved[host] == 1 else "127.0.0.1"]
        return await really_resolve(host, port)

    monkeypatch.setattr(fetching, "is_public", lambda address: address == OPEN_INTERNET or really_public(address))
    monkeypatch.setattr(fetching, "_resolve", resolve)
    monkeypatch.setitem(fetching.PORTS, "http", net.port)
    monkeypatch.setitem(fetching.PORTS, "https", net.port)


@pytest.fixture
def project_id(client: TestClient) -> str:
    return str(client.post("/api/projects", json={"name": "Shelf"}).json()["id"])


# --- places that are given addresses -------------------------------------------------------------------------


def _as_references(client: TestClient, project_id: str, urls: list[str]) -> None:
    for start in range(0, len(urls), 10):
        style = client.post("/ai/datasets", json={"name": "Warm", "project_id": project_id}).json()
        added = client.post(f"/ai/datasets/{style['id']}/images", json={"urls": urls[start : start + 10]})
        assert added.status_code == 201
        wish = {"prompt": "A lamp.", "dataset_id": style["id"], "reference_image_count": 10}
        assert client.post("/ai/generate", json=wish).status_code == 200


def _to_be_analyzed(client: TestClient, project_id: str, urls: list[str]) -> None:
    style = client.post("/ai/datasets", json={"name": "Warm", "project_id": project_id}).json()
    client.post(f"/ai/datasets/{style['id']}/images", json={"urls": urls})
    files = [("files", ("blue.png", png("blue")))]
    assert client.post("/ai/dataset/analyze", data={"dataset_id": style["id"]}, files=files).status_code == 200


def _to_be_imported(client: TestClient, project_id: str, urls: list[str]) -> None:
    from core.runtime import runtime

    services = runtime.services
    task = services.tasks.create_task(project_id, "image-import", {"source": "urls", "urls": urls})
    services.engine.submit(task.id)
    client.get(f"/api/tasks/{task.id}/events")


PLACES = [_as_references, _to_be_analyzed, _to_be_imported]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("give", PLACES, ids=["references", "analysis", "import"])
def test_no_address_reaches_this_machine(
    client: TestClient, project_id: str, net: Net, mode: str, give: Callable[[TestClient, str, list[str]], None]
) -> None:
    give(client, project_id, net.urls(mode))
    assert net.canary == []
    # They were really asked for: each redirect was seen, and each name was looked up once before it was asked.
    hidden = [urlsplit(url).path for url in net.urls(mode)] if mode != "direct" else []
    assert sorted(net.outside) == sorted(hidden)
    if mode == "rebinding":
        assert set(net.resolved.values()) == {1}


# --- places where addresses come from elsewhere --------------------------------------------------------------


def test_an_address_in_a_model_s_reply_is_not_fetched(client: TestClient, project_id: str, net: Net) -> None:
    def replying(url: str) -> Answer:
        message = {"role": "assistant", "content": f"![here]({url})", "images": [{"image_url": {"url": url}}]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        return Answer(body=json.dumps(body | {"data": [{"url": url}]}).encode())

    urls = net.urls("direct") + net.urls("redirect")
    with FakeProvider() as provider:
        provider.enqueue(*(replying(url) for url in urls))
        for number in range(len(urls)):
            model = ("google/gemini-image", "gpt-image-1")[number % 2]
            config = {"provider": "openai", "model": model, "api_key": "k", "api_base": f"{provider.url}/v1"}
            wish = {"prompt": "A lamp.", "project_id": project_id, "llm_config": config}
            assert client.post("/ai/generate", json=wish).status_code == 502
        assert len(provider.calls) == len(urls)
    assert (net.canary, net.outside) == ([], [])


def test_neither_a_provider_nor_a_local_server_leads_elsewhere(
    client: TestClient, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"http://127.0.0.1:{net.port}/"
    for status in (301, 302, 303, 307, 308):
        with HttpServer(lambda _, status=status: Answer(status, {"location": here}, b"")) as server:  # type: ignore[misc]
            config = {"provider": "openai", "model": "m", "api_key": "k", "api_base": f"{server.url}/v1"}
            assert client.post("/api/models/test", json={"llm_config": config}).json()["ok"] is False
            ours = providers.ProviderTable({"ours": providers.Provider("ours", local_address=server.url)}, (), ())
            with monkeypatch.context() as patched:
                patched.setattr(providers, "table", lambda ours=ours: ours)
                assert asyncio.run(local_servers.find_local_models()) == []
            assert len(server.received) >= 2
    assert net.canary == []


def test_datasets_of_the_hub_and_places_to_send_to_are_no_addresses(
    client: TestClient, services: Services, project_id: str, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.intake.add_images(project_id, [("red.png", png("red"))])
    image_id = client.get(f"/api/projects/{project_id}/images").json()["items"][0]["id"]
    entry = {"image_id": image_id, "question": "Color?", "answer": "Red."}
    client.post(f"/api/projects/{project_id}/image-datasets", json=entry).raise_for_status()
    made = client.post(f"/api/projects/{project_id}/image-datasets/export", json={}).json()
    client.get(f"{made['url']}/events")
    export_id = client.get(f"/api/projects/{project_id}/exports").json()["items"][0]["id"]
    urls = net.urls("direct") + net.urls("redirect") + net.urls("rebinding")
    with HttpServer(lambda _: Answer(404, {}, b"{}")) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", "hf_ours")
        for url in [*urls, *(f"hf://datasets/{url}" for url in urls)]:
            send = client.post(f"/api/projects/{project_id}/exports/{export_id}/send", json={"address": url})
            assert send.status_code == 422, url
            with pytest.raises(InvalidInputError):
                hub_source.parquet_files(url, "")
        assert hub.received == []
    assert (net.canary, net.outside) == ([], [])


def test_addresses_in_imported_annotations_are_names_and_no_more(
    client: TestClient, services: Services, project_id: str, net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "given"
    root.mkdir()
    (root / "red.png").write_bytes(png("red"))
    turns = [{"from": "human", "value": "<image>\nColor?"}, {"from": "gpt", "value": "Red."}]
    urls = net.urls("direct") + net.urls("redirect")
    rows = [{"id": str(number), "image": url, "conversations": turns} for number, url in enumerate([*urls, "red.png"])]
    (root / "llava.json").write_text(json.dumps(rows))
    monkeypatch.setenv("VITRINE_IMPORT_ROOTS", str(root))
    from core.runtime import runtime

    runtime.close()
    made = runtime.services
    task = made.tasks.create_task(project_id, "image-import", {"source": "directory", "path": str(root)})
    made.engine.submit(task.id)
    client.get(f"/api/tasks/{task.id}/events")
    assert client.get(f"/api/projects/{project_id}/image-datasets").json()["total"] == 1
    assert (net.canary, net.outside) == ([], [])
