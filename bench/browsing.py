"""A client for Streamlit's websocket protocol: a browser session without a browser."""

import asyncio
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


class Browser:
    """One session: opens pages, waits until each page run is complete, and reruns fragments that refresh themselves."""

    def __init__(self, socket: ClientConnection, project_id: str) -> None:
        self._socket = socket
        self._project = f"project={project_id}"
        self._query = self._project
        self._hashes: dict[str, str] = {}
        self._page_name = ""
        self._cached_hashes: list[str] = []
        self._finished: asyncio.Future[None] | None = None
        self._refreshing: dict[str, asyncio.Task[None]] = {}
        self.elements = 0

    async def visit(self, page_name: str, query: str = "") -> float:
        """Open a page and return the duration of its run in ms, as a browser sees it."""
        self._query, self._page_name = "&".join(filter(None, (self._project, query))), page_name
        self._finished = asyncio.get_running_loop().create_future()
        self.elements = 0
        self._stop_refreshing()
        started_s = time.perf_counter()
        await self._rerun()
        await self._finished
        return (time.perf_counter() - started_s) * 1000

    async def _rerun(self, fragment_id: str = "") -> None:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = self._query
        rerun.page_script_hash = self._hashes.get(self._page_name, "")
        rerun.page_name = "" if self._hashes or self._page_name == "overview" else self._page_name
        rerun.fragment_id, rerun.is_auto_rerun = fragment_id, bool(fragment_id)
        rerun.cached_message_hashes.extend(self._cached_hashes)
        await self._socket.send(message.SerializeToString())

    async def listen(self) -> None:
        """Process messages of the server until the session ends."""
        try:
            while True:
                self._process(ForwardMsg.FromString(await self._socket.recv()))
        finally:
            self._stop_refreshing()

    def _process(self, message: ForwardMsg) -> None:
        message_type = message.WhichOneof("type")
        if message.metadata.cacheable and message.hash not in self._cached_hashes:
            self._cached_hashes = [*self._cached_hashes[-50:], message.hash]
        if message_type == "navigation":
            pages = message.navigation.app_pages
            self._hashes = {page.url_pathname or "overview": page.page_script_hash for page in pages}
        elif message_type == "auto_rerun":
            fragment_id = message.auto_rerun.fragment_id
            if fragment_id not in self._refreshing:
                self._refreshing[fragment_id] = asyncio.create_task(
                    self._refresh(fragment_id, message.auto_rerun.interval)
                )
        elif message_type == "delta":
            self.elements += 1
            if message.delta.new_element.WhichOneof("type") == "exception":
                raise AssertionError(message.delta.new_element.exception.message)
        elif message_type == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            assert self._finished is not None
            self._finished.set_result(None)

    async def _refresh(self, fragment_id: str, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            await self._rerun(fragment_id)

    def _stop_refreshing(self) -> None:
        for refreshing in self._refreshing.values():
            refreshing.cancel()
        self._refreshing.clear()


def open_browser(url: str, cookie: str = "") -> connect:
    websocket_url = url.replace("http", "ws") + "/_stcore/stream"
    headers = {"Cookie": cookie} if cookie else {}
    return connect(
        websocket_url,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        origin=url,  # type: ignore[arg-type]
        compression=None,
        max_size=None,
        additional_headers=headers,
    )
