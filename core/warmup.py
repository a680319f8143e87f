"""Doing in a thread what the first visitor would otherwise wait for."""

import gc
import logging
import sys
import threading
from collections.abc import Callable, Iterator

from core.process import SWITCH_INTERVAL_S

log = logging.getLogger(__name__)

_LONGEST_WAIT_FOR_A_PAGE_S = 10.0
_UNTIL_IT_IS_DRAWN_S = 1.0


class WarmUp:
    """Calls *at_once*, and each of *later* after the first page was shown, or when none was asked for."""

    def __init__(self, at_once: Callable[[], object], later: Callable[[], Iterator[Callable[[], object]]]) -> None:
        self._at_once = at_once
        self._later = later
        self._first_page = threading.Event()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Do all of it; what goes wrong is logged, and met again by whoever needs it."""
        sys.setswitchinterval(SWITCH_INTERVAL_S / 2)  # importing holds the interpreter, and requests wait meanwhile
        gc.disable()  # nothing imported here is ever garbage, and looking for it takes a tenth of the time
        try:
            self._at_once()
            self._first_page.wait(_LONGEST_WAIT_FOR_A_PAGE_S)
            self._stopped.wait(_UNTIL_IT_IS_DRAWN_S)
            for step in self._later():
                if self._stopped.is_set():
                    return
                step()
        except Exception:
            log.exception("warming up failed; the pages say what is wrong")
        finally:
            sys.setswitchinterval(SWITCH_INTERVAL_S)
            gc.enable()
        # Streamlit collects garbage after page runs: 163 ms with these libraries on the heap, none once frozen.
        gc.collect()
        gc.freeze()
        # A page run makes thousands of short-lived objects: looking for cycles every 700 takes a twentieth of it.
        gc.set_threshold(10_000, 20, 20)

    def page_was_shown(self) -> None:
        """Let *later* begin."""
        self._first_page.set()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped.set()
        self._first_page.set()
