"""A small HTTP server on a real socket that can send invalid responses, which no framework would."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Received:
    """A request as received; *at* is the time by the monotonic clock, in seconds."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    query: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A response, and how it is delivered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b"{}"
    delay_s: float = 0.0
    drip: tuple[int, float] | None = None
    """Bytes of the body sent at a time, and seconds between."""
    slow_headers_s: float = 0.0
    """Seconds between header lines, of which there is no end."""
    hangs: bool = False
    resets_after: int | None = None
    """Number of bytes of the body after which the connection is reset."""
    claims_bytes: int | None = None
    """A false Content-Length; the connection is closed after the body."""


class HttpServer:
    """Serves on loopback in its own thread; *answer* returns the response to each request."""

    def __init__(self, answer: Callable[[Received], Answer]) -> None:
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.received: list[Received] = []
        self.in_flight = 0
        self.most_in_flight = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(60)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.received.append(request)
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                try:
                    keep = await _write(writer, self._answer(request))
                finally:
                    self.in_flight -= 1
                if not keep:
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    if "chunked" in headers.get("transfer-encoding", ""):
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(path)
    return Received(method, parts.path, headers, body, time.monotonic(), dict(parse_qsl(parts.query)))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send the response; return whether the connection can be reused."""
    if answer.delay_s:
        await asyncio.sleep(answer.delay_s)
    if answer.hangs:
        await asyncio.sleep(3600)
    length = answer.claims_bytes if answer.claims_bytes is not None else len(answer.body)
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in answer.headers.items())]
    writer.write("\r\n".join(lines).encode("latin-1"))
    while answer.slow_headers_s:
        writer.write(b"\r\nx-slow: 1")
        await writer.drain()
        await asyncio.sleep(answer.slow_headers_s)
    writer.write(f"\r\ncontent-length: {length}\r\n\r\n".encode())
    await _write_body(writer, answer)
    return answer.resets_after is None and answer.claims_bytes is None


async def _write_body(writer: asyncio.StreamWriter, answer: Answer) -> None:
    if answer.resets_after is not None:
        writer.write(answer.body[: answer.resets_after])
        await writer.drain()
        transport: Any = writer.transport
        transport.abort()
        return
    if answer.drip is None:
        writer.write(answer.body)
        await writer.drain()
        return
    step, pause_s = answer.drip
    for start in range(0, len(answer.body), step):
        writer.write(answer.body[start : start + step])
        await writer.drain()
        await asyncio.sleep(pause_s)
