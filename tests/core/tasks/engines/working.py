"""A worker that dies when it has shared a file: ``python -m ... NAME``, the beginning of its name; "" for none."""

import os
import signal
import sys
import threading
from typing import Any

from core import connect
from core.services import Services, lanes_of_task
from core.shared_files import SharedFiles
from core.tasks import make_worker
from tests.core.tasks.engines.paying import be_quick


def die_after(name: str) -> None:
    put = SharedFiles.put

    def put_and_die(self: SharedFiles, shared: str, *arguments: Any) -> None:
        put(self, shared, *arguments)
        if shared.startswith(name):
            os.kill(os.getpid(), signal.SIGKILL)

    SharedFiles.put = put_and_die  # type: ignore[method-assign]


def main(name: str) -> None:
    be_quick()
    if name:
        die_after(name)
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    with connect() as db:
        services = Services(db)
        worker = make_worker(db, services.kinds, services.loop, lanes_of_task, concurrency=4, tell=print)
        worker.start()
        print("up", flush=True)
        ends.wait()
        worker.stop(30)
        services.close()


if __name__ == "__main__":
    main(sys.argv[1])
