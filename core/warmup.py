"""Warm-up of the server: a thread imports and prepares what the first page view needs."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

from core import interpreter
from core.errors import VitrineError
from core.lazy import lazy_import

log = logging.getLogger(__name__)

_FIRST_PAGE_TIMEOUT_S = 10.0
_DRAWING_S = 0.5
# A page run that needs what is being imported waits this long at most.
_STAND_BACK_S = 2.0


class WarmUp:
    """Calls *first* immediately; *next_page* and the steps of *later* after the first page was shown or a timeout.

    *next_page* prepares what the first click needs, and waits for nobody. The imports of *later* stand back while
    something is served.
    """

    def __init__(
        self, first: Callable[[], object], next_page: Callable[[], object],
        later: Callable[[], Iterator[Callable[[], object]]],
    ) -> None:  # fmt: skip
        self._first = first
        self._next_page = next_page
        self._later = later
        self._first_page = threading.Event()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._served = 0
        self._nothing_served = threading.Event()
        self._nothing_served.set()

    def run(self, first_page: str = "") -> None:
        """Import the module *first_page* and run every step.

        An error is logged and ends the warm-up; the code that needs the import raises it again.
        """
        try:
            with interpreter.importing():
                if first_page:
                    lazy_import(first_page)
                self._run_steps()
        except VitrineError as error:
            log.error("%s", error)
        except Exception:
            log.exception("warming up failed; the pages show what is wrong")

    def page_was_shown(self) -> None:
        """Start *next_page*, then *later*."""
        self._first_page.set()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Let the imports of *later* wait during a page run or request: both need the GIL, and somebody has clicked."""
        with self._lock:
            self._served += 1
            self._nothing_served.clear()
        try:
            yield
        finally:
            with self._lock:
                self._served -= 1
                if not self._served:
                    self._nothing_served.set()

    def stop(self) -> None:
        """Stop after the current step."""
        self._stopped.set()
        self._first_page.set()
        self._nothing_served.set()

    def _run_steps(self) -> None:
        self._first()
        self._first_page.wait(_FIRST_PAGE_TIMEOUT_S)
        # The script has run; the browser still fetches what it shows.
        if self._stopped.wait(_DRAWING_S):
            return
        self._next_page()
        pauses = _PausesOfImports(self._nothing_served)
        sys.meta_path.insert(0, pauses)
        try:
            for step in self._later():
                if self._stopped.is_set():
                    return
                step()
        finally:
            sys.meta_path.remove(pauses)


class _PausesOfImports(MetaPathFinder):
    """Finds no module: it only lets each import of the thread that made it wait for *may_go_on*."""

    def __init__(self, may_go_on: threading.Event) -> None:
        self._may_go_on = may_go_on
        self._thread = threading.get_ident()
        self._left_s = _STAND_BACK_S

    def find_spec(self, *_: object) -> None:
        if threading.get_ident() != self._thread:
            return
        if self._may_go_on.is_set():
            self._left_s = _STAND_BACK_S
            return
        if self._left_s <= 0:
            return
        began = time.monotonic()
        self._may_go_on.wait(self._left_s)
        self._left_s -= time.monotonic() - began
