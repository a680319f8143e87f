"""The private names of uvicorn are there, and request heads are limited on a real socket."""

import pkgutil
import socket
import time
from collections.abc import Iterator
from importlib.metadata import version

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from websockets.sync.client import connect

from core import uvicorn_private
from tests.serving import served


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve ``/`` with a time limit of half a second for heads; yield the port."""
    monkeypatch.setattr(uvicorn_private, "HEAD_TIMEOUT_S", 0.5)
    uvicorn_private.limit_request_heads()

    async def size(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    async def refused(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("no", 401)  # without reading the body, as the gate does

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    app = Starlette(
        routes=[
            Route("/", size, methods=["GET", "POST"]),
            Route("/refused", refused, methods=["POST"]),
            WebSocketRoute("/echo", echo),
        ]
    )
    with served(app, websockets=True) as served_port:
        yield served_port


def _answer_to(port: int, *pieces: bytes) -> bytes:
    """Send *pieces* and return what the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:  # it was closed before the last piece
                break
        answer = b""
        try:
            while part := connection.recv(4096):
                answer += part
        except ConnectionResetError:
            pass
        return answer


def _answer_and_seconds(port: int, first: bytes, more: bytes, wait_s: float = 0.1) -> tuple[bytes, float]:
    """Send *first*, then *more* again and again; return the answer and when the connection ended, at most 60 s."""
    began, answer = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as connection:
        connection.sendall(first)
        while time.monotonic() - began < 60:
            try:
                part = connection.recv(4096)
                if not part:
                    break
                answer += part
            except TimeoutError:
                try:
                    connection.sendall(more)
                except OSError:
                    break
            except ConnectionResetError:
                break
    return answer, time.monotonic() - began


@pytest.mark.parametrize("name", [*uvicorn_private.METHODS, uvicorn_private.REFUSE])
def test_uvicorn_still_has_the_private_name(name: str) -> None:
    assert hasattr(pkgutil.resolve_name(uvicorn_private.PROTOCOL), name), (
        f"uvicorn {version('uvicorn')} has no {name} any more; it was last seen in {uvicorn_private.SEEN_IN}. "
        "Request heads are not limited now. Find the new name in core/uvicorn_private.py."
    )


def test_uvicorn_still_uses_this_class_for_websockets() -> None:
    assert hasattr(pkgutil.resolve_name(uvicorn_private.WEBSOCKET), "data_received")
    assert AutoWebSocketsProtocol is pkgutil.resolve_name(uvicorn_private.WEBSOCKET), "unreadable handshakes stay open"


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_a_head_that_stops_ends_the_connection(port: int, sent: bytes) -> None:
    assert b"did not arrive in time" in _answer_to(port, sent)


def test_a_connection_without_a_request_is_closed_without_an_answer(port: int) -> None:
    assert _answer_to(port) == b""


def test_a_second_head_on_the_same_connection_is_limited_too(port: int) -> None:
    answer = _answer_to(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nX-Slow: ")
    assert b"200 OK" in answer
    assert b"did not arrive in time" in answer


def test_a_head_without_end_is_refused(port: int) -> None:
    line = b"X-Long: " + b"x" * 1_000 + b"\r\n"
    answer = _answer_to(port, b"GET / HTTP/1.1\r\n", *[line] * (uvicorn_private.MAX_HEAD_BYTES // 1_000 + 200))
    assert b"200 OK" not in answer


@pytest.mark.parametrize(("more", "end", "answer"), [(0, b"\r\n\r\n", b" 200 OK"), (1, b"", b"is too long")])
def test_a_head_without_its_end_may_have_just_the_limit(
    port: int, monkeypatch: pytest.MonkeyPatch, more: int, end: bytes, answer: bytes
) -> None:
    monkeypatch.setattr(uvicorn_private, "HEAD_TIMEOUT_S", 60)
    begin = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long: "
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(begin + b"x" * (uvicorn_private.MAX_HEAD_BYTES - len(begin) + more))
        time.sleep(0.1)  # so that the end does not arrive together with the rest
        connection.sendall(end)
        received = b""
        while data := connection.recv(4096):
            received += data
    assert answer in received


def test_slow_bodies_and_pooled_requests_are_not_limited(port: int) -> None:
    def slow_body() -> Iterator[bytes]:
        for _ in range(4):
            time.sleep(0.2)
            yield b"x" * 50_000

    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert client.post("/", content=slow_body()).text == "200000"
        time.sleep(0.8)
        assert client.get("/").text == "0"


@pytest.mark.parametrize("more", [b"x", b"x" * 70_000])
def test_after_its_answer_a_request_does_not_keep_the_connection_by_the_rest_of_its_body(
    port: int, more: bytes
) -> None:
    head = b"POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"
    answer, seconds = _answer_and_seconds(port, head, more)
    assert (answer.count(b"HTTP/1.1 "), answer.count(b" 401 ")) == (1, 1)
    assert seconds < 60


def test_line_breaks_between_requests_do_not_keep_the_connection(port: int) -> None:
    answer, seconds = _answer_and_seconds(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert seconds < 60


def test_a_head_behind_the_rest_of_a_body_is_limited_in_size_and_answered(port: int) -> None:
    head = b"POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head)
        assert b" 401 " in connection.recv(4096)
        connection.sendall(b"{}GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 " in connection.recv(4096)


@pytest.mark.parametrize(
    "wrong", [b"Content-Length: 9\r\n", b"X-Many: a\r\n" * 129, b"X-Long: " + b"a" * 9_000 + b"\r\n"]
)
def test_a_handshake_that_cannot_be_read_ends_the_connection(port: int, wrong: bytes) -> None:
    handshake = (
        b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    answer, seconds = _answer_and_seconds(port, handshake + wrong + b"\r\n", b"")
    assert b" 101 " not in answer
    assert seconds < 60


def test_a_websocket_on_a_used_connection_stays_open(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as used:
        used.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 " in used.recv(4096)
        with connect(f"ws://127.0.0.1:{port}/echo", sock=used) as websocket:
            time.sleep(0.8)
            websocket.send("still here")
            assert websocket.recv(timeout=60) == "still here"


def test_no_program_on_this_machine_chooses_its_address_by_a_header() -> None:
    uvicorn_private.ignore_proxy_headers()

    async def client(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.url.scheme} {request.client and request.client.host}")

    with served(Starlette(routes=[Route("/", client)])) as port:
        forged = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
        assert httpx.get(f"http://127.0.0.1:{port}/", headers=forged).text == "http 127.0.0.1"
