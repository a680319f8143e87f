"""SSRF: URLs from users, files and models never reach this machine or its network.

Two servers listen on the same port: a canary on 127.0.0.1 and ::1, and on 127.0.0.2 one that represents the public
internet. Each feature that fetches URLs gets each URL directly, behind a redirect of the public server, and as a host
name that resolves to the public server first and to this machine afterwards (DNS rebinding).
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
from core.importing.sources import hub as hub_source
from core.llm import local_servers, providers
from core.services import Services
from tests.fakes.http_server import Answer, HttpServer
from tests.fakes.provider import FakeProvider
from tests.pictures import png

PUBLIC_ADDRESS = "127.0.0.2"
MODES = ("direct", "redirect", "rebinding")

# URLs of this machine, private networks and cloud metadata services; {port} is the port of the canary.
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
class RecordedRequests:
    """Paths requested from the canary and from the public server, and the number of lookups of each host."""

    port: int = 0
    canary: list[str] = field(default_factory=list)
    public: list[str] = field(default_factory=list)
    resolved: Counter[str] = field(default_factory=Counter)

    def urls(self, mode: str) -> list[str]:
        """Return forty URLs that lead to ADDRESSES in the given *mode*."""
        direct = [address.format(port=self.port) for address in ADDRESSES]
        assert len(set(direct)) == 40
        if mode == "direct":
            return direct
        if mode == "redirect":
            return [f"http://images.example:{self.port}/to/{number}" for number in range(len(direct))]
        return [f"http://rebinding-{number}.example:{self.port}/a.png" for number in range(len(direct))]


class _PublicServer(BaseHTTPRequestHandler):
    """Redirects /to/N to the URL with that number; every other path is an image."""

    requests: RecordedRequests

    def do_GET(self) -> None:
        self.requests.public.append(self.path)
        action, _, number = self.path.removeprefix("/").partition("/")
        body = png("red")
        self.send_response(302 if action == "to" else 200)
        if action == "to":
            body = b""
            self.send_header(
                "Location", ADDRESSES[int(number)].format(port=self.requests.port).encode().decode("latin-1")
            )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class _Canary(BaseHTTPRequestHandler):
    requests: RecordedRequests

    def do_GET(self) -> None:
        self.requests.canary.append(self.path)
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class _IPv6Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedRequests]:
    recorded = RecordedRequests()
    public = type("PublicServer", (_PublicServer,), {"requests": recorded})
    canary = type("Canary", (_Canary,), {"requests": recorded})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), canary)]
    recorded.port = servers[0].server_port
    servers.append(ThreadingHTTPServer((PUBLIC_ADDRESS, recorded.port), public))
    with contextlib.suppress(OSError):  # a machine without IPv6 cannot be reached through it
        servers.append(_IPv6Server(("::1", recorded.port), canary))
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    _treat_as_public(recorded, monkeypatch)
    yield recorded
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


def _treat_as_public(requests: RecordedRequests, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make 127.0.0.2 count as a public address, on the port of both servers."""
    real_is_public, real_resolve = fetching.is_public, fetching.resolve_host

    async def resolve(host: str, port: int) -> list[str]:
        requests.resolved[host] += 1
        if host == "images.example":
            return [PUBLIC_ADDRESS]
        if host.startswith("rebinding-"):
            return [PUBLIC_ADDRESS if requests.resolved[host] == 1 else "127.0.0.1"]
        return await real_resolve(host, port)

    monkeypatch.setattr(fetching, "is_public", lambda address: address == PUBLIC_ADDRESS or real_is_public(address))
    monkeypatch.setattr(fetching, "resolve_host", resolve)
    monkeypatch.setitem(fetching.PORTS, "http", requests.port)
    monkeypatch.setitem(fetching.PORTS, "https", requests.port)


@pytest.fixture
def project_id(client: TestClient) -> str:
    return str(client.post("/api/projects", json={"name": "Shelf"}).json()["id"])


# --- features that fetch given URLs --------------------------------------------------------------------------


def _use_as_references(client: TestClient, project_id: str, urls: list[str]) -> None:
    for start in range(0, len(urls), 10):
        style = client.post("/ai/datasets", json={"name": "Warm", "project_id": project_id}).json()
        added = client.post(f"/ai/datasets/{style['id']}/images", json={"urls": urls[start : start + 10]})
        assert added.status_code == 201
        body = {"prompt": "A lamp.", "dataset_id": style["id"], "reference_image_count": 10}
        assert client.post("/ai/generate", json=body).status_code == 200


def _analyze(client: TestClient, project_id: str, urls: list[str]) -> None:
    style = client.post("/ai/datasets", json={"name": "Warm", "project_id": project_id}).json()
    client.post(f"/ai/datasets/{style['id']}/images", json={"urls": urls})
    files = [("files", ("blue.png", png("blue")))]
    assert client.post("/ai/dataset/analyze", data={"dataset_id": style["id"]}, files=files).status_code == 200


def _import(client: TestClient, project_id: str, urls: list[str]) -> None:
    from core.runtime import runtime

    services = runtime.services
    task = services.tasks.create_task(project_id, "image-import", {"source": "urls", "urls": urls})
    services.engine.submit(task.id)
    client.get(f"/api/tasks/{task.id}/events")


FETCHING_FEATURES = [_use_as_references, _analyze, _import]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fetch_urls", FETCHING_FEATURES, ids=["references", "analysis", "import"])
def test_no_url_reaches_this_machine(
    client: TestClient,
    project_id: str,
    requests: RecordedRequests,
    mode: str,
    fetch_urls: Callable[[TestClient, str, list[str]], None],
) -> None:
    fetch_urls(client, project_id, requests.urls(mode))
    assert requests.canary == []
    # The URLs were fetched: each redirect was requested, and each host was looked up exactly once.
    expected = [urlsplit(url).path for url in requests.urls(mode)] if mode != "direct" else []
    assert sorted(requests.public) == sorted(expected)
    if mode == "rebinding":
        assert set(requests.resolved.values()) == {1}


def _redirecting_paths(requests: RecordedRequests) -> set[str]:
    """Return the paths of the public server that lead to private addresses; asking for them is allowed."""
    return {urlsplit(url).path for url in requests.urls("redirect")}


# --- URLs in replies and files -------------------------------------------------------------------------------


def test_a_url_in_a_model_reply_reaches_no_private_address(
    client: TestClient, project_id: str, requests: RecordedRequests
) -> None:
    def reply_with(url: str) -> Answer:
        message = {"role": "assistant", "content": f"![here]({url})", "images": [{"image_url": {"url": url}}]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        return Answer(body=json.dumps(body | {"data": [{"url": url}]}).encode())

    urls = requests.urls("direct") + requests.urls("redirect")
    with FakeProvider() as provider:
        provider.enqueue(*(reply_with(url) for url in urls))
        for number in range(len(urls)):
            model = ("google/gemini-image", "gpt-image-1")[number % 2]
            config = {"provider": "openai", "model": model, "api_key": "k", "api_base": f"{provider.url}/v1"}
            body = {"prompt": "A lamp.", "project_id": project_id, "llm_config": config}
            assert client.post("/ai/generate", json=body).status_code == 502
        assert len(provider.calls) == len(urls)
    assert requests.canary == []
    assert set(requests.public) == _redirecting_paths(requests)


def test_redirects_of_providers_and_local_model_servers_are_not_followed(
    client: TestClient, requests: RecordedRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary_url = f"http://127.0.0.1:{requests.port}/"
    for status in (301, 302, 303, 307, 308):
        with HttpServer(lambda _, status=status: Answer(status, {"location": canary_url}, b"")) as server:  # type: ignore[misc]
            config = {"provider": "openai", "model": "m", "api_key": "k", "api_base": f"{server.url}/v1"}
            assert client.post("/api/models/test", json={"llm_config": config}).json()["ok"] is False
            table = providers.ProviderTable({"test": providers.Provider("test", local_url=server.url)}, (), ())
            with monkeypatch.context() as patched:
                patched.setattr(providers, "table", lambda table=table: table)
                assert asyncio.run(local_servers.find_local_models()) == []
            assert len(server.received) >= 2
    assert requests.canary == []


def test_hub_dataset_names_and_publish_targets_cannot_be_urls(
    client: TestClient, services: Services, project_id: str, requests: RecordedRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.intake.add_images(project_id, [("red.png", png("red"))])
    image_id = client.get(f"/api/projects/{project_id}/images").json()["items"][0]["id"]
    entry = {"image_id": image_id, "question": "Color?", "answer": "Red."}
    client.post(f"/api/projects/{project_id}/image-datasets", json=entry).raise_for_status()
    task = client.post(f"/api/projects/{project_id}/image-datasets/export", json={}).json()
    client.get(f"{task['url']}/events")
    export_id = client.get(f"/api/projects/{project_id}/exports").json()["items"][0]["id"]
    urls = requests.urls("direct") + requests.urls("redirect") + requests.urls("rebinding")
    with HttpServer(lambda _: Answer(404, {}, b"{}")) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", "hf_ours")
        for url in [*urls, *(f"hf://datasets/{url}" for url in urls)]:
            answer = client.post(f"/api/projects/{project_id}/exports/{export_id}/send", json={"address": url})
            assert answer.status_code == 422, url
            with pytest.raises(InvalidInputError):
                hub_source.parquet_files(url, "")
        assert hub.received == []
    assert (requests.canary, requests.public) == ([], [])


def test_urls_in_imported_annotations_reach_no_private_address(
    client: TestClient,
    services: Services,
    project_id: str,
    requests: RecordedRequests,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tmp_path / "import"
    root.mkdir()
    (root / "red.png").write_bytes(png("red"))
    turns = [{"from": "human", "value": "<image>\nColor?"}, {"from": "gpt", "value": "Red."}]
    urls = requests.urls("direct") + requests.urls("redirect")
    rows = [{"id": str(number), "image": url, "conversations": turns} for number, url in enumerate([*urls, "red.png"])]
    (root / "llava.json").write_text(json.dumps(rows))
    monkeypatch.setenv("VITRINE_IMPORT_ROOTS", str(root))
    from core.runtime import runtime

    runtime.close()
    services = runtime.services
    task = services.tasks.create_task(project_id, "image-import", {"source": "directory", "path": str(root)})
    services.engine.submit(task.id)
    client.get(f"/api/tasks/{task.id}/events")
    assert client.get(f"/api/projects/{project_id}/image-datasets").json()["total"] == 1
    assert requests.canary == []
    assert set(requests.public) == _redirecting_paths(requests)
