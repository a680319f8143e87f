"""What the server does by itself once a day, in a thread of its own."""

import logging
import threading
from collections.abc import Callable

from core.caller import Caller, act_as
from core.errors import VitrineError

log = logging.getLogger(__name__)

EVERY_S = 24 * 3600.0


class Housekeeping:
    """Calls *tidy* at its start and then once a day until it is stopped."""

    def __init__(self, tidy: Callable[[], object], every_s: float = EVERY_S) -> None:
        self._tidy = tidy
        self._every_s = every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vitrine-housekeeping", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, after what is being done; another day continues the rest."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        act_as(Caller("server", way="housekeeping"))
        while True:
            try:
                self._tidy()
            except VitrineError as error:  # such as a full disk, or another process that does the same
                log.warning("housekeeping stopped: %s", error)
            if self._stopped.wait(self._every_s):
                return
