"""Group commit: small writes of many threads and coroutines share a transaction and so one disk flush."""

import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from core.db.server import transaction_id, was_committed
from core.errors import DatabaseAwayError, StorageError

Work = Callable[[Session], Any]
_Queued = tuple[Work, "Future[Any]"]

# Bounds how long one group holds SQLite's write lock; other writers wait at most for this many small writes.
_MAX_GROUP_SIZE = 64
# While writes arrive together, a group waits for what follows closely: 480 items without calls took 97 commits, and 70
# with these pauses.
_PAUSE_S, _GATHER_S = 0.0005, 0.005
RETRY_S = 60.0
"""How long a write waits for a database server that restarts."""
_RETRY_AFTER_S = 0.2


# In the info of a session of a group: what is done for all of its writes together.
_TOGETHER = "vitrine_together"


def do_together(session: Session, do: Callable[[Session, list[Any]], object], values: Iterable[Any]) -> None:
    """Call *do* once with the *values* of all writes of a group, before it is committed; elsewhere at once.

    The writes of the group do not see what it does.
    """
    together: dict[Callable[[Session, list[Any]], object], list[Any]] | None = session.info.get(_TOGETHER)
    if together is None:
        do(session, list(values))
    else:
        together.setdefault(do, []).extend(values)


class FairLock:
    """A fair (FIFO) lock between the threads of this process.

    SQLite retries a busy lock with backoff of up to 100 ms and is not fair: with a hundred people deciding at once,
    one decision was refused after the busy timeout of 30 s.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False
        self._holder: int | None = None
        self.entered = 0
        """How often it was taken."""
        self.waited_s = 0.0
        """How long all have waited for it together."""

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction inside a transaction would wait for itself")
        with self._lock:
            released = threading.Event() if self._is_taken else None
            if released is not None:
                self._waiting.append(released)
            self._is_taken = True
        if released is not None:
            began_s = time.perf_counter()
            released.wait()
            self.waited_s += time.perf_counter() - began_s
        self.entered += 1  # by its holder, so that nothing is lost
        self._holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._holder = None
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


@dataclass
class _Run:
    """One attempt to commit a group: the results so far, and the number of its transaction once all are there."""

    results: list[Any] = field(default_factory=list)
    transaction: str | None = None


class GroupWriter:
    """Runs writes in the order they were queued; those that are queued at the same time share a transaction.

    With many model calls in flight their writes arrive together, and a commit waits 3 to 10 ms for the disk. When one
    write of a group raises, the transaction is rolled back and each write runs again in a savepoint of its own, so
    that only the failing one is undone. A write may therefore be called twice, and must be safe to run again after a
    rollback.
    """

    def __init__(self, engine: Engine, write_lock: FairLock) -> None:
        self._write_lock = write_lock
        self._engine = engine.execution_options(vitrine_write=True)
        self._queue: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="vitrine-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> "Future[Any]":
        """Queue *work* and return a future that completes when its changes are on disk."""
        future: Future[Any] = Future()
        self._queue.put((work, future))
        return future

    def close(self) -> None:
        """Commit what is queued and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_closed, arrive_together = False, False
        while not is_closed and (first := self._queue.get()) is not None:
            group, is_closed = self._gathered(first, patient=arrive_together)
            arrive_together = len(group) > 1
            self._commit(group)

    def _gathered(self, first: _Queued, *, patient: bool) -> tuple[list[_Queued], bool]:
        """Return *first* with what is queued behind it, and whether the writer is closed.

        When *patient*, it waits for what follows closely: a commit costs more than the pause.
        """
        group, until_s = [first], time.monotonic() + _GATHER_S
        while len(group) < _MAX_GROUP_SIZE:
            pause_s = min(_PAUSE_S, until_s - time.monotonic()) if patient else 0.0
            try:
                queued = self._queue.get(block=pause_s > 0, timeout=max(pause_s, 0.0))
            except queue.Empty:
                break
            if queued is None:
                return group, True
            group.append(queued)
        return group, False

    def _commit(self, group: list[_Queued]) -> None:
        # Futures that were cancelled while queued are dropped; from here on they can no longer be cancelled.
        group = [(work, future) for work, future in group if future.set_running_or_notify_cancel()]
        works = [work for work, _ in group]
        outcomes: list[tuple[Any, BaseException | None]]
        try:
            outcomes = [(result, None) for result in self._with_patience(works)]
        except Exception as first:  # noqa: BLE001 - run one by one, each error reaches its own caller
            try:
                # On a full disk SQLite ends the whole transaction: there are no savepoints to go back to.
                is_full = isinstance(first, StorageError) and isinstance(first.__cause__, sqlite3.Error)
                if is_full or isinstance(first, DatabaseAwayError):
                    raise
                outcomes = self._in_savepoints(works)
            except BaseException as error:  # noqa: BLE001 - the commit failed: every caller has to know
                outcomes = [(None, error)] * len(group)
        for (_, future), (result, failure) in zip(group, outcomes, strict=True):
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    def _with_patience(self, works: list[Work]) -> list[Any]:
        """Run all *works*, again when the connection to a server is lost: a task goes on when it has restarted."""
        deadline_s = time.monotonic() + RETRY_S
        run = _Run()
        while True:
            try:
                if run.transaction is None or not was_committed(self._engine, run.transaction):
                    run = _Run()
                    self._in_one_transaction(works, run)
                return run.results
            except DatabaseAwayError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(_RETRY_AFTER_S)

    def _in_one_transaction(self, works: list[Work], run: "_Run") -> None:
        """Run all *works*; when one raises, none of them is committed."""
        with (
            self._write_lock,
            self._engine.begin() as connection,
            Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session,
        ):
            session.info[_TOGETHER] = {}
            for work in works:
                run.results.append(work(session))
                session.flush()
                session.expunge_all()  # the next write starts with an empty identity map
            for do, values in session.info.pop(_TOGETHER).items():
                do(session, values)
            session.flush()
            run.transaction = transaction_id(connection)

    def _in_savepoints(self, works: list[Work]) -> list[tuple[Any, BaseException | None]]:
        with self._write_lock, self._engine.begin() as connection:
            return [_in_savepoint(connection, work) for work in works]


def _in_savepoint(connection: Any, work: Work) -> tuple[Any, BaseException | None]:
    try:
        with (
            Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
            session.begin(),
        ):
            return work(session), None
    except Exception as error:  # noqa: BLE001 - returned to the caller through its future
        return None, error
