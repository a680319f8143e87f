"""The files of ``docs/deploy`` and the command of ``docs/ACCESS.md`` let people in, and pass on what Vitrine needs."""

import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from websockets.sync.client import connect as connect_websocket

from tests.browser.driving import ROOT, AppServer, free_port
from tests.deploy.proxies import DEPLOY, HOST, PROXIES, find_program, proxy_to
from tests.docs.blocks import to_run
from tests.pictures import png
from tests.serving import served

PASSWORD = "a long one"
MakeClient = Callable[[int], httpx.Client]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """Run Vitrine as the unit does: on this machine, for a proxy in front of it."""
    with AppServer.running(
        tmp_path_factory.mktemp("server"),
        VITRINE_ACCESS_PASSWORD=PASSWORD,
        VITRINE_TRUSTED_PROXIES="127.0.0.1",
        STREAMLIT_SERVER_ALLOWED_HOSTS=f"{HOST} 127.0.0.1",
    ) as running:
        yield running


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeClient]:
    """Return a client of ``https://HOST:port``; the name leads to this machine."""
    resolve = socket.getaddrinfo

    def local(host: Any, *args: Any, **kwargs: Any) -> Any:
        return resolve("127.0.0.1" if host in (HOST, HOST.encode()) else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", local)
    made: list[httpx.Client] = []

    def make(port: int) -> httpx.Client:
        client = httpx.Client(base_url=f"https://{HOST}:{port}", verify=False, trust_env=False, timeout=60)  # noqa: S501
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


def _sign_in(client: httpx.Client) -> httpx.Response:
    origin = str(client.base_url).rstrip("/")
    return client.post("/access/session", json={"password": PASSWORD}, headers={"Origin": origin})


@pytest.mark.parametrize("name", PROXIES)
def test_people_and_programs_get_in_through_the_proxy(
    name: str, app: AppServer, tmp_path: Path, client_of: MakeClient
) -> None:
    with proxy_to(name, int(app.url.rpartition(":")[2]), tmp_path) as port:
        client = client_of(port)
        assert client.get("/api/projects").status_code == 401
        signed_in = _sign_in(client)
        assert signed_in.status_code == 204, signed_in.text
        assert "secure" in signed_in.headers["set-cookie"].lower()
        created = client.post("/api/projects", json={"name": f"Shelf behind {name}"})
        assert created.status_code == 201, created.text
        project = created.json()
        files = [("files", ("red.png", png("red"))), ("files", ("large.png", b"\0" * 30_000_000))]
        results = client.post(f"/api/projects/{project['id']}/images", files=files).json()["results"]
        assert [result["outcome"] for result in results] == ["added", "rejected"]
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
        with (
            socket.create_connection(("127.0.0.1", port)) as connection,
            connect_websocket(
                f"wss://{HOST}:{port}/_stcore/stream", sock=connection, ssl=_unverified(), server_hostname=HOST,
                origin=f"https://{HOST}:{port}", additional_headers={"Cookie": cookies},  # type: ignore[arg-type]
                subprotocols=["streamlit"],  # type: ignore[list-item]
            ) as websocket,
        ):  # fmt: skip
            assert websocket.response is not None
            assert websocket.response.status_code == 101


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize("name", PROXIES)
def test_the_proxy_tells_the_client_and_buffers_nothing(name: str, tmp_path: Path, client_of: MakeClient) -> None:
    received: list[int] = []
    waiting: list[anyio.Event] = []

    async def headers(request: Request) -> JSONResponse:
        return JSONResponse(dict(request.headers))

    async def upload(request: Request) -> JSONResponse:
        async for chunk in request.stream():
            received.append(len(chunk))
        return JSONResponse(sum(received))

    async def events(_request: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            waiting.append(anyio.Event())
            yield b"data: first\n\n"
            await waiting[0].wait()
            yield b"data: last\n\n"

        return StreamingResponse(parts(), media_type="text/event-stream")

    async def release(_request: Request) -> JSONResponse:
        waiting[0].set()
        return JSONResponse({})

    routes = [Route("/headers", headers), Route("/events", events), Route("/release", release)]
    upstream = Starlette(routes=[*routes, Route("/upload", upload, methods=["POST"])])
    with served(upstream) as upstream_port, proxy_to(name, upstream_port, tmp_path) as port:
        client = client_of(port)
        seen = client.get("/headers", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}).json()
        assert (seen["host"], seen["x-forwarded-for"], seen["x-forwarded-proto"]) == (
            f"{HOST}:{port}", "127.0.0.1", "https",
        )  # fmt: skip

        with client.stream("GET", "/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "data: first"  # before the stream has ended: released only now
            client_of(port).get("/release")
            assert "data: last" in list(lines)

        def body() -> Iterator[bytes]:
            yield b"x" * 1_000_000
            deadline = time.monotonic() + 60
            while not received and time.monotonic() < deadline:  # a proxy that stores bodies passes nothing on yet
                time.sleep(0.01)
            assert received
            yield b"x"

        assert client.post("/upload", content=body()).json() == 1_000_001


def test_the_unit_is_valid(tmp_path: Path) -> None:
    analyze = find_program("systemd-analyze", "systemd")
    unit = (DEPLOY / "vitrine.service").read_text(encoding="utf-8")
    for old, new in (("/srv/vitrine/.venv/bin/python", sys.executable), ("User=vitrine", "User=root")):
        assert old in unit
        unit = unit.replace(old, new)
    (tmp_path / "vitrine.service").write_text(unit)
    checked = subprocess.run(
        [analyze, "verify", "--man=no", str(tmp_path / "vitrine.service")], capture_output=True, text=True, check=False
    )
    assert [line for line in checked.stderr.splitlines() if "vitrine" in line] == []
    assert checked.returncode == 0, checked.stderr


def test_the_command_of_the_unit_serves_the_app(tmp_path: Path) -> None:
    unit = (DEPLOY / "vitrine.service").read_text(encoding="utf-8")
    (command,) = re.findall(r"^ExecStart=/srv/vitrine/\.venv/bin/python (.*)$", unit, re.MULTILINE)
    port = free_port()
    arguments = shlex.split(command.replace("8501", str(port)))
    environment = {"VITRINE_ACCESS_PASSWORD": PASSWORD, "STREAMLIT_SERVER_ALLOWED_HOSTS": HOST}
    with _running([sys.executable, *arguments], tmp_path, environment):
        assert _signed_in_at(port) == 204


def test_the_command_of_the_page_about_access_lets_people_in(tmp_path: Path) -> None:
    printed = to_run("docs/ACCESS.md", "sh")
    assert len(printed) == 1
    assert ".venv/bin/streamlit" in printed[0]
    port = free_port()
    command = printed[0].strip().replace(".venv/bin/streamlit", f"exec {sys.executable} -m streamlit")
    command = re.sub(r"^(VITRINE_ACCESS_PASSWORD='[^']*') ", r"export \1; ", command)
    with _running(["bash", "-c", f"{command} --server.port {port}"], tmp_path, {}):
        assert _signed_in_at(port) == 204


def _signed_in_at(port: int) -> int:
    """Sign in at HOST as soon as the server answers, and return the status."""
    deadline = time.monotonic() + 120
    headers = {"Host": f"{HOST}:{port}", "Origin": f"http://{HOST}:{port}"}
    while True:
        try:
            return httpx.post(
                f"http://127.0.0.1:{port}/access/session", json={"password": PASSWORD}, headers=headers, timeout=60
            ).status_code
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@contextmanager
def _running(command: list[str], directory: Path, environment: dict[str, str]) -> Iterator[None]:
    settings = {"VITRINE_DATA_DIR": str(directory / "data"), "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings | environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)
