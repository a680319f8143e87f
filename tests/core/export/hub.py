"""A fake Hugging Face Hub on loopback: the part of its HTTP API that publishing a dataset needs."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_of_this_test"


@dataclass
class Hub:
    """The datasets of the fake Hub by name."""

    url: str = ""
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    """Large files by sha256, uploaded before the commit that names them."""
    requests: list[str] = field(default_factory=list)

    def create(self, name: str, *, private: bool, files: dict[str, bytes] | None = None) -> None:
        self.files[name], self.private[name] = dict(files or {}), private


@contextmanager
def running() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        if not self._is_authorized():
            return
        path = self.path.partition("?")[0]
        name, _, rest = path.removeprefix("/api/datasets/").partition("/tree/")
        name = name.partition("/revision/")[0]
        if not path.startswith("/api/datasets/") or name not in self.hub.files:
            self._answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return
        files = self.hub.files[name]
        if rest:
            found = [{"type": "file", "path": path, "size": len(data), "oid": "0" * 40} for path, data in files.items()]
            self._answer(200, found)
            return
        self._answer(
            200,
            {
                "id": name, "sha": "0" * 40, "private": self.hub.private[name],
                "siblings": [{"rfilename": path} for path in files],
            },
        )  # fmt: skip

    def do_PUT(self) -> None:
        self.hub.requests.append(f"PUT {self.path}")
        data = self._body()
        assert hashlib.sha256(data).hexdigest() == self.path.rpartition("/")[2]
        self.hub.stored[self.path.rpartition("/")[2]] = data
        self._answer(200, {})

    def do_POST(self) -> None:
        body = self._body()
        if not self._is_authorized():
            return
        path = self.path.partition("?")[0]
        if path == "/api/repos/create":
            request = json.loads(body)
            name = f"{request['organization']}/{request['name']}" if request.get("organization") else request["name"]
            assert request["type"] == "dataset"
            self.hub.create(name, private=request.get("private") or request.get("visibility") == "private")
            self._answer(200, {"url": f"{self.hub.url}/datasets/{name}"})
        elif path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif "/preupload/" in path:
            self._preupload(json.loads(body))
        elif path.endswith("/info/lfs/objects/batch"):
            self._batch(json.loads(body))
        elif "/commit/" in path:
            self._commit(path.removeprefix("/api/datasets/").partition("/commit/")[0], body)
        else:
            self._answer(404, {"error": f"nothing at {path}"})

    def _preupload(self, request: dict[str, Any]) -> None:
        def mode(path: str) -> str:
            return "regular" if path.endswith((".md", ".json", ".jsonl")) else "lfs"

        files = [
            {"path": file["path"], "uploadMode": mode(file["path"]), "shouldIgnore": False} for file in request["files"]
        ]
        self._answer(200, {"files": files})

    def _batch(self, request: dict[str, Any]) -> None:
        objects = [
            {**part, "actions": {"upload": {"href": f"{self.hub.url}/store/{part['oid']}"}}}
            for part in request["objects"]
        ]
        self._answer(200, {"transfer": "basic", "objects": objects})

    def _commit(self, name: str, body: bytes) -> None:
        files = self.hub.files[name]
        for line in body.splitlines():
            operation = json.loads(line)
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
            elif operation["key"] == "deletedFile":
                del files[value["path"]]
        self._answer(200, {"commitUrl": f"{self.hub.url}/datasets/{name}/commit/{'0' * 40}", "commitOid": "0" * 40})

    def _is_authorized(self) -> bool:
        self.hub.requests.append(f"{self.command} {self.path}")
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self._answer(401, {"error": "Invalid credentials"})
        return False

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
