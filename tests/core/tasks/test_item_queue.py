"""Items are claimed in batches, prefetched, and limited by a cost cap."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import Session

from core.db import Database, LlmCalls, connect
from core.errors import NotFoundError
from core.tasks import ItemContext, ItemResult, TaskRunner, TaskService, item_queue
from core.tasks.part import Part, Span
from tests import postgresql
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted, kinds


class Prepared(Counting):
    """Prepares a word for each item; raises *failure* instead if there is one."""

    def __init__(self, db: Database, *, failure: Exception | None = None) -> None:
        super().__init__(db)
        self.failure = failure
        self.read: list[list[str]] = []
        self.found: dict[str, object] = {}
        self.preparing: Callable[[list[str]], object] = lambda ids: None
        self.ran: Callable[[], object] = lambda: None

    def prepare(self, items: Sequence[ItemContext]) -> list[str]:
        if self.failure is not None:
            raise self.failure
        ids = [item.subject_id for item in items]
        self.preparing(ids)
        self.read.append(ids)
        return [f"word {id_}" for id_ in ids]

    async def run_item(self, item: ItemContext) -> ItemResult:
        self.found[item.subject_id] = item.prepared
        self.ran()
        return await super().run_item(item)


async def test_items_are_prepared_in_batches_and_each_gets_its_own_value(db: Database, make_task: MakeTask) -> None:
    kind = Prepared(db)
    await TaskRunner(db, kinds(kind)).run(make_task(*["ok"] * 10).id, concurrency=4)
    assert kind.found == {str(number): f"word {number}" for number in range(10)}
    assert kind.read[0] == ["0", "1", "2", "3"]
    assert sorted(id_ for ids in kind.read for id_ in ids) == sorted(map(str, range(10)))


async def test_a_batch_has_at_most_16_items_however_high_the_concurrency(db: Database, make_task: MakeTask) -> None:
    kind = Prepared(db)
    await TaskRunner(db, kinds(kind)).run(make_task(*["ok"] * 60).id, concurrency=40)
    assert max(len(ids) for ids in kind.read) == 16


async def test_a_batch_is_prepared_while_the_one_before_it_still_is(db: Database, make_task: MakeTask) -> None:
    kind, both = Prepared(db), threading.Barrier(2, timeout=20)
    kind.preparing = lambda _: both.wait()
    ended = await TaskRunner(db, kinds(kind)).run(make_task(*["ok"] * 32).id, concurrency=32)
    assert ended.status == "completed"
    assert [len(ids) for ids in kind.read] == [16, 16]


async def test_items_that_are_ready_do_not_wait_for_a_batch_whose_preparation_takes_long(
    db: Database, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each look at the clock is 0.2 s later: the status is checked before nearly every item.
    clock = count(0, 0.2)
    monkeypatch.setattr(item_queue, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    kind, changed = Prepared(db), threading.Condition()

    def wait_for_others(ids: list[str]) -> None:
        with changed:
            assert "15" not in ids or changed.wait_for(lambda: len(kind.found) == 16 - len(ids), timeout=20)

    def tell() -> None:
        with changed:
            changed.notify_all()

    kind.preparing, kind.ran = wait_for_others, tell
    await TaskRunner(db, kinds(kind)).run(make_task(*["ok"] * 16).id, concurrency=3)
    assert kind.found["15"] == "word 15"


@pytest.mark.parametrize("failure", [NotFoundError("Nothing can be read."), KeyError("a bug")])
async def test_items_run_without_input_when_prefetching_fails(
    failure: Exception, db: Database, make_task: MakeTask
) -> None:
    kind = Prepared(db, failure=failure)
    ended = await TaskRunner(db, kinds(kind)).run(make_task("ok", "ok").id)
    assert ended.status == "completed"
    assert kind.found == {"0": None, "1": None}


async def test_concurrent_calls_stay_below_the_cost_cap(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    paused = await runner.run(make_task(*["pay"] * 60, cost_cap=0.21).id, concurrency=4)
    summary = tasks.summary(paused.id)
    assert (paused.status, summary.done, summary.queued) == ("paused", 10, 50)
    assert summary.spent == pytest.approx(0.2)
    assert len(counted(db)) == 10


@pytest.mark.parametrize(("items", "cost_cap", "concurrency"), [(10, 0.2, 4), (20, 0.4, 1)])
async def test_a_task_that_ends_at_its_cost_cap_is_completed(
    items: int, cost_cap: float, concurrency: int, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    # 0.4 minus the sum of nineteen times 0.02 is a little less than 0.02 in floating point.
    ended = await runner.run(make_task(*["pay"] * items, cost_cap=cost_cap).id, concurrency=concurrency)
    assert ended.status == "completed"
    assert tasks.summary(ended.id).spent == pytest.approx(cost_cap)


class Paying(Counting):
    """Pays what each item says, in the transaction of its result as a call is."""

    async def run_item(self, item: ItemContext) -> ItemResult:
        await asyncio.sleep(0.05)

        def write(session: Session) -> dict[str, Any]:
            price = float(item.payload["does"])
            session.add(LlmCalls(task_id=item.task_id, item_id=item.item_id, model="m", request_hash="0", cost=price))
            return {}

        return ItemResult(write)


@pytest.mark.parametrize(
    ("dearer_after", "cost_cap", "at_most"),
    [
        (20, 0.51, 0.51),
        (20, 0.05, 0.05),
        (2, 2.01, 2.01),  # the dearest is known long before the cap is near
        (8, 0.51, 0.51 + 24 * (0.05 - 0.02)),  # of 12 in flight and as many prefetched none has told its price
    ],
)
async def test_several_processes_pass_the_cost_cap_by_no_more_than_what_was_in_flight(
    dearer_after: int, cost_cap: float, at_most: float, db: Database, make_task: MakeTask, tasks: TaskService
) -> None:
    """Items of each process cost 0.02, those after the first few 0.05."""
    processes, at_once = 3, 4
    prices = ["0.02"] * dearer_after + ["0.05"] * (20 - dearer_after)
    task, kind = make_task(*prices * processes, cost_cap=cost_cap), Paying(db)

    async def run(runner: TaskRunner, first: int) -> None:
        part = Part(Span(first, first + 19), asyncio.Semaphore(at_once), begin=_nothing, end=_nothing)
        await runner.run(task.id, concurrency=at_once, part=part)

    with ExitStack() as stack:
        opened = [stack.enter_context(connect(postgresql.target_of(db))) for _ in range(processes)]
        await asyncio.gather(*(run(TaskRunner(one, kinds(kind)), 20 * place) for place, one in enumerate(opened)))
    summary = tasks.summary(task.id)
    assert (summary.task.status, summary.running) == ("paused", 0)
    assert 0.75 * cost_cap <= summary.spent <= at_most + 1e-9


def _nothing(*_: object) -> None:
    return


@pytest.mark.parametrize(
    ("costs", "cap", "processed", "allowed"),
    [
        ([], 1.0, 0, 1), ([0.25], 1.0, 0, 1), ([None], 1.0, 1, 5), ([0.0], 1.0, 1, 5), ([0.25], 1.0, 1, 3),
        ([0.25], 0.5, 1, 1), ([0.25], 0.49, 1, 0), ([0.25], 0.25, 1, 0), ([0.1, 0.2], 0.7, 2, 2),
        ([0.01], 1.0, 1, 5), ([0.3], 0.2, 1, 0),
    ],
)  # fmt: skip
def test_so_many_items_are_started_as_the_rest_of_the_cap_pays_for(
    db: Database, make_task: MakeTask, costs: list[float | None], cap: float, processed: int, allowed: int
) -> None:
    task = make_task("ok")
    with db.transaction() as session:
        session.add_all(LlmCalls(task_id=task.id, model="m", request_hash="0", state="ok", cost=cost) for cost in costs)
    with db.reading() as session:
        found = item_queue._affordable_items(session, task.id, cap, processed=processed, most=5)
    assert max(found, 0) == allowed
