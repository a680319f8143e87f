"""Group commit, and the fair lock before it."""

import asyncio
import threading
from typing import Any

import pytest
from sqlmodel import Session, select

from core.db import Database, Projects, connect, group_commit
from core.db.group_commit import FairLock, GroupWriter, do_together
from core.errors import DatabaseAwayError


def _add(name: str):  # type: ignore[no-untyped-def]
    def work(session: Session) -> str:
        session.add(Projects(name=name))
        return name

    return work


def _names(db: Database) -> list[str]:
    with db.reading() as session:
        return sorted(session.exec(select(Projects.name)))


async def test_many_writes_at_once_are_all_kept(db: Database) -> None:
    names = [f"Shelf {number:03}" for number in range(200)]
    assert await asyncio.gather(*(db.write(_add(name)) for name in names)) == names
    assert _names(db) == names


async def test_rollback_a_write_that_raises_undoes_only_itself(db: Database) -> None:
    def bad(session: Session) -> None:
        session.add(Projects(name="Bad"))
        session.flush()
        raise ValueError("bad")

    first, failed, last = await asyncio.gather(
        db.write(_add("First")), db.write(bad), db.write(_add("Last")), return_exceptions=True
    )
    assert (first, last) == ("First", "Last")
    assert isinstance(failed, ValueError)
    assert _names(db) == ["First", "Last"]


async def test_rollback_writes_that_shared_a_transaction_with_one_that_raised_count_once(db: Database) -> None:
    holding, go_on = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        holding.set()
        go_on.wait(60)

    def bad(session: Session) -> None:
        raise ValueError("bad")

    held = db.submit(hold)
    await asyncio.to_thread(holding.wait, 60)
    together = [db.submit(work) for work in (_add("First"), bad, _add("Last"))]
    go_on.set()
    results = await asyncio.gather(*map(asyncio.wrap_future, [held, *together]), return_exceptions=True)
    assert [str(result) for result in results] == ["None", "First", "bad", "Last"]
    assert _names(db) == ["First", "Last"]


async def test_a_cancelled_write_is_dropped_and_does_not_stop_the_others(db: Database) -> None:
    holding, go_on = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        holding.set()
        go_on.wait(60)

    held = asyncio.create_task(db.write(hold))
    await asyncio.to_thread(holding.wait, 60)
    given_up = asyncio.create_task(db.write(_add("Given up")))
    await asyncio.sleep(0)
    given_up.cancel()
    held.cancel()
    await asyncio.gather(given_up, held, return_exceptions=True)
    go_on.set()
    assert await asyncio.wait_for(db.write(_add("Shelf")), 60) == "Shelf"
    assert _names(db) == ["Shelf"]


@pytest.mark.parametrize(("retry_s", "is_written"), [(60.0, True), (-60.0, False)])
async def test_a_write_is_tried_again_while_the_database_is_away_but_not_for_ever(
    db: Database, monkeypatch: pytest.MonkeyPatch, retry_s: float, is_written: bool
) -> None:
    tries: list[str] = []
    commit = GroupWriter._in_one_transaction

    def away_at_first(writer: GroupWriter, works: list[Any], run: Any) -> None:
        tries.append("try")
        if len(tries) < 3:
            raise DatabaseAwayError("The database does not answer.")
        commit(writer, works, run)

    monkeypatch.setattr(GroupWriter, "_in_one_transaction", away_at_first)
    monkeypatch.setattr(group_commit, "RETRY_S", retry_s)
    monkeypatch.setattr(group_commit, "_RETRY_AFTER_S", 0.0)

    if is_written:
        assert await db.write(_add("Shelf")) == "Shelf"
    else:
        with pytest.raises(DatabaseAwayError, match="does not answer"):
            await db.write(_add("Shelf"))

    assert (len(tries), _names(db)) == ((3, ["Shelf"]) if is_written else (1, []))


async def test_what_writes_of_a_group_do_together_is_done_once_before_their_commit(db: Database) -> None:
    calls: list[list[str]] = []

    def insert(session: Session, names: list[str]) -> None:
        calls.append(names)
        session.add_all([Projects(name=name) for name in names])

    def bad(session: Session) -> None:
        do_together(session, insert, ["Bad"])
        raise ValueError("bad")

    def later(name: str):  # type: ignore[no-untyped-def]
        return lambda session: do_together(session, insert, [name])

    holding, go_on = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        holding.set()
        go_on.wait(60)

    async def at_once(*works):  # type: ignore[no-untyped-def]
        holding.clear()
        go_on.clear()
        held = db.submit(hold)
        await asyncio.to_thread(holding.wait, 60)
        together = [db.submit(work) for work in works]
        go_on.set()
        await asyncio.gather(*map(asyncio.wrap_future, [held, *together]), return_exceptions=True)

    await at_once(later("First"), later("Second"))
    assert calls == [["First", "Second"]]
    await at_once(later("Third"), bad, later("Fourth"))
    assert _names(db) == ["First", "Fourth", "Second", "Third"]
    with db.transaction() as session:
        do_together(session, insert, ["Fifth"])
        assert calls[-1] == ["Fifth"]


async def test_a_group_waits_for_what_follows_closely_only_while_writes_arrive_together(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "_PAUSE_S", 30.0)
    monkeypatch.setattr(group_commit, "_GATHER_S", 30.0)
    monkeypatch.setattr(group_commit, "_MAX_GROUP_SIZE", 2)
    sizes: list[int] = []
    commit = group_commit.GroupWriter._commit
    monkeypatch.setattr(
        group_commit.GroupWriter, "_commit", lambda self, group: (sizes.append(len(group)), commit(self, group))[1]
    )
    holding, go_on = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        holding.set()
        go_on.wait(60)

    await db.write(_add("Alone"))
    held = db.submit(hold)
    await asyncio.to_thread(holding.wait, 60)
    together = [db.submit(_add("Second")), db.submit(_add("Third"))]
    go_on.set()
    await asyncio.gather(*map(asyncio.wrap_future, [held, *together]))
    waiting = db.submit(_add("Fourth"))
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(waiting.result, 0.05)
    await db.write(_add("Fifth"))
    assert waiting.done()
    assert sizes == [1, 1, 2, 2]


async def test_closing_the_database_commits_what_was_queued(db: Database) -> None:
    writing = [asyncio.ensure_future(db.write(_add(f"Shelf {number}"))) for number in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(db.close)
    await asyncio.gather(*writing)
    with connect(db.data_dir) as again:
        assert len(_names(again)) == 20


@pytest.mark.sqlite
async def test_an_error_of_the_commit_reaches_every_caller_of_the_group(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.engine.dispose()
    (db.data_dir / "vitrine.db").rename(db.data_dir / "gone.db")
    with pytest.raises(Exception, match="no such table"):
        await db.write(_add("Shelf"))


def test_the_lock_is_granted_in_the_order_of_the_requests() -> None:
    write_lock, order = FairLock(), []

    def write(number: int, came: threading.Event) -> None:
        came.set()
        with write_lock:
            order.append(number)

    threads = []
    with write_lock:
        for number in range(8):
            came = threading.Event()
            threads.append(threading.Thread(target=write, args=(number, came)))
            threads[-1].start()
            came.wait(60)
            while len(write_lock._waiting) <= number:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join(60)
    assert order == list(range(8))


def test_a_nested_writing_transaction_raises_instead_of_a_deadlock(db: Database) -> None:
    with pytest.raises(RuntimeError, match="would wait for itself"), db.transaction(), db.transaction():
        pass
    with db.transaction() as session:
        session.add(Projects(name="Shelf"))
    assert _names(db) == ["Shelf"]


def test_the_thread_that_writes_does_not_keep_the_process(db: Database) -> None:
    writer = GroupWriter(db.engine, FairLock())

    assert (writer._thread.name, writer._thread.daemon) == ("vitrine-writer", True)
    writer.close()
