"""Warm-up of the server: a thread imports and prepares what the first page view needs."""

import logging
import threading
from collections.abc import Callable, Iterator

from core import interpreter
from core.errors import VitrineError

log = logging.getLogger(__name__)

_FIRST_PAGE_TIMEOUT_S = 10.0
_DRAWING_S = 1.0


class WarmUp:
    """Calls *first* immediately, and the steps of *later* after the first page was shown or a timeout."""

    def __init__(self, first: Callable[[], object], later: Callable[[], Iterator[Callable[[], object]]]) -> None:
        self._first = first
        self._later = later
        self._first_page = threading.Event()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Run every step. An error is logged and ends the warm-up; the code that needs the import raises it again."""
        try:
            with interpreter.importing():
                self._run_steps()
        except VitrineError as error:
            log.error("%s", error)
        except Exception:
            log.exception("warming up failed; the pages show what is wrong")

    def page_was_shown(self) -> None:
        """Start *later*."""
        self._first_page.set()

    def stop(self) -> None:
        """Stop after the current step."""
        self._stopped.set()
        self._first_page.set()

    def _run_steps(self) -> None:
        self._first()
        self._first_page.wait(_FIRST_PAGE_TIMEOUT_S)
        # The script has run; the browser still fetches what it shows.
        self._stopped.wait(_DRAWING_S)
        for step in self._later():
            if self._stopped.is_set():
                return
            step()
