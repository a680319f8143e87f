"""An object storage in this process: moto behind a server that can be away, refuse, or send half an answer."""

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

BUCKET = "pictures"
_ACCOUNT = "123456789012"
KEY, SECRET = "AKIACANARY00000000", "canary/secret/0123456789abcdef"

# What a storage answers, by the name of the fault: the status, and the code in its body.
REFUSALS = {
    "slow-down": ("503 Slow Down", "SlowDown"),
    "clock": ("403 Forbidden", "RequestTimeTooSkewed"),
    "expired": ("400 Bad Request", "ExpiredToken"),
    "wrong-key": ("403 Forbidden", "InvalidAccessKeyId"),
    "denied": ("403 Forbidden", "AccessDenied"),
}


@dataclass
class FakeObjectStorage:
    """A server; *requests* are the methods and paths that it was asked for."""

    address: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    fault: str = ""
    """A name in ``REFUSALS``; "cut" for bodies that end early; "silent" for no answer, "stalled" for half a body and
    nothing more until the storage ends; or nothing."""
    faults_left: int | None = None
    """After so many faults there are no more; None for any number."""
    only: str = ""
    """The method that the fault is about; empty for all."""
    ended: threading.Event = field(default_factory=threading.Event)

    def use(self, monkeypatch: pytest.MonkeyPatch, prefix: str = "vitrine", timeout_s: float = 20) -> None:
        """Set the settings to this storage."""
        values = {
            "URL": f"s3://{BUCKET}/{prefix}", "ENDPOINT": self.address, "REGION": "us-east-1",
            "ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": SECRET, "TIMEOUT_S": str(timeout_s),
        }  # fmt: skip
        for name, value in values.items():
            monkeypatch.setenv(f"VITRINE_STORAGE_{name}", value)

    def fail(self, fault: str, *, times: int | None = None, only: str = "") -> None:
        """Fail from now on."""
        self.fault, self.faults_left, self.only = fault, times, only

    def takes_fault(self, method: str) -> str:
        """Return the fault of a request, and count it."""
        if not self.fault or self.faults_left == 0 or self.only not in ("", method):
            return ""
        if self.faults_left is not None:
            self.faults_left -= 1
        return self.fault

    def half_of(self, body: bytes) -> Iterator[bytes]:
        """Yield half of a body, and the rest when the storage ends."""
        yield body[: len(body) // 2]
        self.ended.wait()
        yield body[len(body) // 2 :]

    def put(self, key: str, content: bytes) -> None:
        """Store an object under any key, as others may."""
        from moto.backends import get_backend

        get_backend("s3")[_ACCOUNT]["aws"].put_object(BUCKET, key, content)

    def unfinished(self) -> list[str]:
        """Return the keys of what is sent in parts and has not ended."""
        from moto.backends import get_backend

        found = get_backend("s3")[_ACCOUNT]["aws"].list_multipart_uploads(BUCKET)
        return [upload.key_name for upload in found.values()]

    def asked(self, method: str) -> list[str]:
        """Return the paths that were asked for by this method."""
        return [path for asked, path in self.requests if asked == method]


@contextmanager
def object_storage() -> Iterator[FakeObjectStorage]:
    """Run a storage with one empty bucket."""
    from moto.backends import get_backend
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    fake, app = FakeObjectStorage(), DomainDispatcherApplication(create_backend_app)

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        fake.requests.append((method, path))
        fault = fake.takes_fault(method)
        if fault in REFUSALS:
            status, code = REFUSALS[fault]
            said = f"<Message>{KEY} {environ.get('HTTP_AUTHORIZATION')}</Message>"
            body = f"<Error><Code>{code}</Code>{said}</Error>".encode()
            start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        if fault == "silent":
            fake.ended.wait()
        answer: list[bytes] = list(app(environ, start_response))
        if fault == "stalled":
            return fake.half_of(b"".join(answer))
        return [b"".join(answer)[:-1]] if fault == "cut" else answer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, serve, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.address = f"http://127.0.0.1:{server.server_port}"
    backend = get_backend("s3")[_ACCOUNT]["aws"]
    backend.create_bucket(BUCKET, "us-east-1")
    try:
        yield fake
    finally:
        fake.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
        backend.reset()
