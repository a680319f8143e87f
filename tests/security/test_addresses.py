"""Addresses that a person may name lead to nothing on this machine or its network, whichever route takes them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from starlette.testclient import TestClient

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


@pytest.fixture
def canary() -> Iterator[tuple[int, list[str]]]:
    """Listen on this machine and note every request."""
    hits: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, hits
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_address_reaches_this_machine_through_a_style(client: TestClient, canary: tuple[int, list[str]]) -> None:
    port, hits = canary
    urls = [address.format(port=port) for address in ADDRESSES]
    assert len(set(urls)) == 40
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    dataset_id = client.post("/ai/datasets", json={"name": "Warm", "project_id": project_id}).json()["id"]
    added = client.post(f"/ai/datasets/{dataset_id}/images", json={"urls": urls})
    assert added.status_code in (201, 422)
    made = client.post(
        "/ai/generate", json={"prompt": "A lamp.", "dataset_id": dataset_id, "reference_image_count": 64}
    )
    assert made.status_code in (200, 422)
    assert hits == []
