"""A way to a server on this machine that can stop passing anything on for a while, as a bad network does."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class StallingWay:
    """Passes bytes between its own port and the server's; what comes while it holds is passed on afterwards."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self.port = 0

    def hold(self, duration_s: float) -> None:
        def stop() -> None:
            self._open.clear()
            self._loop.call_later(duration_s, self._open.set)

        self._loop.call_soon_threadsafe(stop)

    @classmethod
    @contextmanager
    def to(cls, server_port: int) -> Iterator["StallingWay"]:
        way = cls(server_port)
        thread = threading.Thread(target=way._loop.run_forever, daemon=True)
        thread.start()
        way.port = asyncio.run_coroutine_threadsafe(way._listen(), way._loop).result()
        try:
            yield way
        finally:
            asyncio.run_coroutine_threadsafe(way._close(), way._loop).result()
            way._loop.call_soon_threadsafe(way._loop.stop)
            thread.join()
            way._loop.close()

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
        answers, asking = await asyncio.open_connection("127.0.0.1", self._server_port)
        # Who closes it cancels both directions: a stream that is asked about them would log that as an error.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self._pass_on(reader, asking), self._pass_on(answers, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        with suppress(ConnectionError):
            writer.close()
