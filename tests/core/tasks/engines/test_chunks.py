"""Chunks of a task in any database: which items are handed out, one stage after the other, and what is taken back."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core.db import Database, TaskChunks, TaskItems, Tasks, TaskSignals, Workers
from core.tasks import TaskService
from core.tasks.adding import POSITIONS_PER_STAGE
from core.tasks.engines import chunks, coordinator
from core.tasks.engines.chunks import ChunkPlanner
from core.tasks.engines.coordinator import Coordinator
from core.tasks.engines.membership import OwnMembership, members
from tests.core.tasks.conftest import MakeTask

Spans = list[tuple[int, int]]


class Library:
    """Keeps what it was asked to hand out."""

    def __init__(self) -> None:
        self.handed_out: list[tuple[str, str]] = []
        self.taken_by: dict[str, str] = {}
        self.given_back: list[str] = []
        self.known: set[str] | None = None
        self.tidied = 0

    def enqueue(self, _session: Session, _chunk_id: str, queue: str, version: str) -> None:
        self.handed_out.append((queue, version))

    def held(self) -> dict[str, str]:
        return self.taken_by

    def give_back(self, chunk_ids: list[str]) -> None:
        self.given_back += chunk_ids

    def open_among(self, chunk_ids: list[str]) -> set[str]:
        return set(chunk_ids) if self.known is None else self.known

    def tidy(self) -> None:
        self.tidied += 1


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def planner(library: Library) -> ChunkPlanner:
    routing: Any = SimpleNamespace(queue_of=lambda kind, config: None if config.get("on_server") else f"{kind}|")
    return ChunkPlanner(routing, library, "v1")  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ITEMS", 2)
    monkeypatch.setattr(chunks, "MOST_OPEN", 4)


def _plan(db: Database, planner: ChunkPlanner, task: Tasks) -> Spans:
    with db.transaction() as session:
        planner.plan(session, session.get_one(Tasks, task.id))
    return _open(db)


def _open(db: Database) -> Spans:
    with db.reading() as session:
        rows = session.exec(select(TaskChunks).order_by(col(TaskChunks.first_position))).all()
    return [(row.first_position, row.last_position) for row in rows]


def _end_items(db: Database, first: int, last: int, state: str = "done") -> None:
    with db.transaction() as session:
        session.execute(update(TaskItems).where(col(TaskItems.position).between(first, last)).values(state=state))


def _is_needed(db: Database, planner: ChunkPlanner, task: Tasks) -> bool:
    with db.reading() as session:
        return planner.is_needed(session, session.get_one(Tasks, task.id))


def test_queued_items_are_handed_out_in_groups_up_to_so_many_and_each_once(
    db: Database, planner: ChunkPlanner, library: Library, make_task: MakeTask
) -> None:
    task = make_task(*["ok"] * 11)
    assert _is_needed(db, planner, task)
    assert _plan(db, planner, task) == [(0, 1), (2, 3), (4, 5), (6, 7)]
    assert library.handed_out == [("counting|", "v1")] * 4
    assert not _is_needed(db, planner, task)
    assert len(_plan(db, planner, task)) == 4
    with db.transaction() as session:
        session.execute(delete(TaskChunks).where(col(TaskChunks.first_position) < 4))
    assert _is_needed(db, planner, task)  # half of what may be handed out is left


def test_more_is_handed_out_when_half_of_it_is_done(db: Database, planner: ChunkPlanner, make_task: MakeTask) -> None:
    task = make_task(*["ok"] * 11)
    _plan(db, planner, task)
    for number, left in enumerate(([(2, 3), (4, 5), (6, 7)], [(4, 5), (6, 7), (8, 9), (10, 11)])):
        _end_items(db, number * 2, number * 2 + 1)
        with db.transaction() as session:
            chunk = session.exec(select(TaskChunks).where(TaskChunks.first_position == number * 2)).one()
            planner.end(session, session.get_one(Tasks, task.id), chunk.id)
        assert _open(db) == left


def test_a_stage_is_handed_out_when_nothing_of_the_lower_one_is_open(
    db: Database, planner: ChunkPlanner, make_task: MakeTask
) -> None:
    task = make_task("ok", "ok@1", "ok@1", "ok@1")
    stage = POSITIONS_PER_STAGE
    assert _plan(db, planner, task) == [(0, 1)]
    _end_items(db, 0, 0, "running")
    assert not _is_needed(db, planner, task)
    assert _plan(db, planner, task) == [(0, 1)]
    _end_items(db, 0, 0)
    assert _plan(db, planner, task) == [(0, 1), (stage, stage + 1), (stage + 2, stage + 3)]


def test_a_group_begins_at_its_own_place_where_items_before_it_have_ended(
    db: Database, planner: ChunkPlanner, make_task: MakeTask
) -> None:
    task = make_task(*["ok"] * 6)
    _end_items(db, 0, 2)
    assert _plan(db, planner, task) == [(2, 3), (4, 5)]


def test_a_task_whose_items_have_ended_is_completed_and_one_of_the_server_or_that_waits_is_left(
    db: Database, planner: ChunkPlanner, tasks: TaskService, make_task: MakeTask
) -> None:
    done, paused, on_server = make_task("ok"), make_task("ok"), make_task("ok", on_server=True)
    tasks.pause(paused.id)
    _end_items(db, 0, 0)
    assert (_is_needed(db, planner, done), _is_needed(db, planner, on_server)) == (True, False)
    for task in (done, paused, on_server):
        assert _plan(db, planner, task) == []
    assert [tasks.get_task(task.id).status for task in (done, paused, on_server)] == ["completed", "paused", "queued"]
    with db.reading() as session:
        assert list(session.exec(select(TaskSignals.task_id))) == [done.id]
    assert not _is_needed(db, planner, make_task())  # the server completes what has no items


def test_what_nobody_will_run_is_queued_again_and_no_other_group(
    db: Database, planner: ChunkPlanner, make_task: MakeTask
) -> None:
    task = make_task(*["ok"] * 4)
    _plan(db, planner, task)
    _end_items(db, 0, 3, "running")
    with db.transaction() as session:
        first = session.exec(select(TaskChunks.id).where(TaskChunks.first_position == 0)).one()
        planner.take_back(session, [first])
    assert _open(db) == [(2, 3)]
    with db.reading() as session:
        states = session.exec(select(TaskItems.state).order_by(col(TaskItems.position))).all()
    assert states == ["queued", "queued", "running", "running"]


def test_a_worker_is_listed_with_what_it_runs_until_it_leaves(
    db: Database, planner: ChunkPlanner, make_task: MakeTask
) -> None:
    _plan(db, planner, make_task(*["ok"] * 6))
    own = OwnMembership(db, version="v1", kinds=["b", "a"], lanes=["gpu"], concurrency=3)
    assert (own.is_held(), own.take(), own.is_held()) == (False, True, True)
    with db.transaction() as session:
        ids = session.exec(select(TaskChunks.id).order_by(col(TaskChunks.first_position))).all()
        for chunk_id in ids[:2]:
            planner.begin(session, chunk_id, own.id)
        assert own.is_held_in(session)
    with db.reading() as session:
        (member,) = members(session)
    assert (member.id, member.version, member.kinds, member.lanes) == (own.id, "v1", ("a", "b"), ("gpu",))
    assert (member.concurrency, member.is_draining, member.chunks) == (3, False, 2)
    left = own.id
    own.release()
    with db.reading() as session:
        assert members(session) == []
        assert session.get(Workers, left) is None
    assert not own.is_held()


def test_a_pass_gives_back_what_the_dead_have_takes_back_what_is_lost_and_hands_out_the_rest(
    db: Database, planner: ChunkPlanner, library: Library, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _plan(db, planner, make_task(*["ok"] * 4))
    own = OwnMembership(db, version="v1", kinds=[], lanes=[], concurrency=1)
    own.take()
    with db.reading() as session:
        first, second = session.exec(select(TaskChunks.id).order_by(col(TaskChunks.first_position))).all()
    library.taken_by = {first: own.executor, second: "gone"}
    library.known = {first}
    made = Coordinator(db, planner, library)  # type: ignore[arg-type]
    made.act()
    assert library.given_back == [second]
    assert len(library.handed_out) == 3  # the lost one once more
    assert _open(db) == [(0, 1), (2, 3)]
    assert library.tidied == 0
    made._tidied_at_s -= coordinator._TIDY_S + 1
    library.taken_by, library.known = {}, None
    for _ in range(2):
        made.act()
    assert (library.tidied, library.given_back) == (1, [second])


@pytest.mark.parametrize(("acts_for_s", "removes"), [(None, False), (0.0, False), (19.0, False), (21.0, True)])
def test_whoever_was_silent_is_removed_by_a_process_that_has_looked_long_enough(
    db: Database, planner: ChunkPlanner, library: Library, monkeypatch: pytest.MonkeyPatch,
    acts_for_s: float | None, removes: bool,
) -> None:  # fmt: skip
    removed: list[bool] = []
    monkeypatch.setattr(coordinator, "remove_silent", lambda _session: removed.append(True) or ["gpu-1:7"])
    made = Coordinator(db, planner, library)  # type: ignore[arg-type]
    if acts_for_s is not None:
        made._acts_since_s = coordinator.time.monotonic() - acts_for_s
    made._remove_silent()
    assert bool(removed) == removes
