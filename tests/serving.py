"""An application on a real socket, served by uvicorn in a thread of this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def served(app: ASGIApp, *, websockets: bool = False) -> Iterator[int]:
    """Serve *app* on loopback and yield the port."""
    ws = "auto" if websockets else "none"
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", http="httptools", ws=ws))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
