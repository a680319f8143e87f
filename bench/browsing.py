"""A browser's side of Streamlit's own protocol, without the browser."""

import asyncio
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


class Browser:
    """One session: opens pages and waits until each has been run to its end; refreshes what asks for it meanwhile."""

    def __init__(self, socket: ClientConnection, project_id: str) -> None:
        self._socket = socket
        self._project = f"project={project_id}"
        self._query = self._project
        self._hashes: dict[str, str] = {}
        self._place = ""
        self._known: list[str] = []
        self._finished: asyncio.Future[None] | None = None
        self._ticking: dict[str, asyncio.Task[None]] = {}
        self.elements = 0

    async def visit(self, place: str, query: str = "") -> float:
        """Open a page and return how many milliseconds its run took, as the browser sees it."""
        self._query, self._place = "&".join(filter(None, (self._project, query))), place
        self._finished = asyncio.get_running_loop().create_future()
        self.elements = 0
        self._forget_ticks()
        began = time.perf_counter()
        await self._rerun()
        await self._finished
        return (time.perf_counter() - began) * 1000

    async def _rerun(self, fragment_id: str = "") -> None:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = self._query
        rerun.page_script_hash = self._hashes.get(self._place, "")
        rerun.page_name = "" if self._hashes or self._place == "overview" else self._place
        rerun.fragment_id, rerun.is_auto_rerun = fragment_id, bool(fragment_id)
        rerun.cached_message_hashes.extend(self._known)
        await self._socket.send(message.SerializeToString())

    async def listen(self) -> None:
        """Read whatever comes until the session ends."""
        try:
            while True:
                self._take(ForwardMsg.FromString(await self._socket.recv()))
        finally:
            self._forget_ticks()

    def _take(self, answer: ForwardMsg) -> None:
        kind = answer.WhichOneof("type")
        if answer.metadata.cacheable and answer.hash not in self._known:
            self._known = [*self._known[-50:], answer.hash]
        if kind == "navigation":
            pages = answer.navigation.app_pages
            self._hashes = {page.url_pathname or "overview": page.page_script_hash for page in pages}
        elif kind == "auto_rerun":
            fragment_id = answer.auto_rerun.fragment_id
            if fragment_id not in self._ticking:
                self._ticking[fragment_id] = asyncio.create_task(self._tick(fragment_id, answer.auto_rerun.interval))
        elif kind == "delta":
            self.elements += 1
            if answer.delta.new_element.WhichOneof("type") == "exception":
                raise AssertionError(answer.delta.new_element.exception.message)
        elif kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            assert self._finished is not None
            self._finished.set_result(None)

    async def _tick(self, fragment_id: str, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            await self._rerun(fragment_id)

    def _forget_ticks(self) -> None:
        for ticking in self._ticking.values():
            ticking.cancel()
        self._ticking.clear()


def open_browser(url: str) -> connect:
    address = url.replace("http", "ws") + "/_stcore/stream"
    return connect(address, subprotocols=["streamlit"], origin=url, compression=None, max_size=None)  # type: ignore[arg-type,list-item]
