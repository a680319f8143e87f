"""Writing from many coroutines at once: one thread, and one commit for all that waits."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

Work = Callable[[Session], Any]

# Bounds how long the write lock is held; other writers wait no longer than this many small writes.
_MOST_AT_ONCE = 64


class Turn:
    """Lets one thread of this process write at a time, in the order they came.

    SQLite itself lets them ask again and again, up to 100 ms apart, and whoever asks at the wrong moments is
    refused in the end: with a hundred people at work one decision was, after thirty seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False
        self._holder: int | None = None

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction inside a transaction would wait for itself")
        with self._lock:
            called = threading.Event() if self._is_taken else None
            if called is not None:
                self._waiting.append(called)
            self._is_taken = True
        if called is not None:
            called.wait()
        self._holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._holder = None
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


class GroupWriter:
    """Runs small writes in the order they come, those that wait together in one transaction.

    A commit waits for the disk; with many model calls in flight their writes arrive together, so one wait
    serves them all. A write that raises undoes only itself: the others are then done once more, each in a
    savepoint of its own, so a write may be called twice and must not count on what it did the first time.
    """

    def __init__(self, engine: Engine, turn: Turn) -> None:
        self._turn = turn
        self._engine = engine.execution_options(vitrine_write=True)
        self._waiting: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="vitrine-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> "Future[Any]":
        """Queue *work*; its future is done when its changes are on disk."""
        done: Future[Any] = Future()
        self._waiting.put((work, done))
        return done

    def close(self) -> None:
        """Finish what was queued and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, open_end = [first], True
            while len(batch) < _MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    open_end = False
                    break
                batch.append(following)
            self._commit(batch)
            if not open_end:
                return

    def _commit(self, batch: list[tuple[Work, "Future[Any]"]]) -> None:
        # Whoever gave up waiting before it began wants it no more; from here on it can no longer be cancelled.
        batch = [(work, done) for work, done in batch if done.set_running_or_notify_cancel()]
        works = [work for work, _ in batch]
        outcomes: list[tuple[Any, BaseException | None]]
        try:
            outcomes = [(result, None) for result in self._together(works)]
        except Exception:  # noqa: BLE001 - they are told apart one by one
            try:
                outcomes = self._apart(works)
            except BaseException as error:  # noqa: BLE001 - whoever waits for a write must learn how it ended
                outcomes = [(None, error)] * len(batch)
        for (_, done), (result, failure) in zip(batch, outcomes, strict=True):
            if failure is None:
                done.set_result(result)
            else:
                done.set_exception(failure)

    def _together(self, works: list[Work]) -> list[Any]:
        """Do all of *works*, or none when one of them raises."""
        results = []
        with (
            self._turn,
            self._engine.begin() as connection,
            Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session,
        ):
            for work in works:
                results.append(work(session))
                session.flush()
                session.expunge_all()  # the next one finds nothing that this one had in its hands
        return results

    def _apart(self, works: list[Work]) -> list[tuple[Any, BaseException | None]]:
        with self._turn, self._engine.begin() as connection:
            return [_in_savepoint(connection, work) for work in works]


def _in_savepoint(connection: Any, work: Work) -> tuple[Any, BaseException | None]:
    try:
        with (
            Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
            session.begin(),
        ):
            return work(session), None
    except Exception as error:  # noqa: BLE001 - handed to whoever waits for this write
        return None, error
