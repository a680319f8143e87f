"""A TCP proxy that can stall for a while, to simulate a bad network."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class StallingProxy:
    """Forwards bytes between its port and the server's port; bytes received during a stall are forwarded afterwards."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self.port = 0

    def stall(self, duration_s: float) -> None:
        """Forward nothing for *duration_s*."""

        def stop() -> None:
            self._open.clear()
            self._loop.call_later(duration_s, self._open.set)

        self._loop.call_soon_threadsafe(stop)

    @classmethod
    @contextmanager
    def to(cls, server_port: int) -> Iterator["StallingProxy"]:
        """Run a proxy to the server in a thread, with an event loop of its own."""
        proxy = cls(server_port)
        thread = threading.Thread(target=proxy._loop.run_forever, daemon=True)
        thread.start()
        proxy.port = asyncio.run_coroutine_threadsafe(proxy._listen(), proxy._loop).result()
        try:
            yield proxy
        finally:
            asyncio.run_coroutine_threadsafe(proxy._close(), proxy._loop).result()
            proxy._loop.call_soon_threadsafe(proxy._loop.stop)
            thread.join()
            proxy._loop.close()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1")
        return int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        # _close cancels both directions; asyncio would log a cancelled connection handler as an error.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self._forward(reader, server_writer), self._forward(server_reader, writer))

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        with suppress(ConnectionError):
            writer.close()
