"""Runs the active tasks of the configured database to their end; tests start it and kill it."""

import time

from core import connect
from core.background_loop import BackgroundLoop
from core.services import Services
from core.tasks import EmbeddedEngine


def main() -> None:
    with connect() as db:
        services = Services(db)
        # Imports litellm first, so that a kill right after the start finds calls in flight.
        services.llm.warm_up()
        engine = EmbeddedEngine(db, services.kinds, BackgroundLoop())
        engine.start()
        print("running", flush=True)
        while services.tasks.list_tasks(active_only=True):
            time.sleep(0.05)
        engine.stop()


if __name__ == "__main__":
    main()
