"""The rows of batches: what is committed before a batch is sent, and after each step."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, update
from sqlmodel import Session, col, select

from core.db import BatchRequests, LlmCalls, ProviderBatches, TaskItems, Tasks, utc_now
from core.llm.batches.calls import KeptRequest
from core.llm.batches.wire import BatchStatus, ResultLine, custom_id

OPEN = ("intended", "sent")
_RUNNING = "running"


def intend(session: Session, batch: ProviderBatches, kept: Sequence[KeptRequest], costs: Sequence[float | None]) -> int:
    """Add the rows of a batch that is about to be sent, and return how many of its requests the cost cap allows.

    The items of these wait from now on, the others are queued again. 0: the cap allows none, or the task is paused or
    cancelled; then nothing is added.

    Args:
        costs: US dollars of each request at most; None when the price is unknown.
    """
    task = session.exec(select(Tasks).where(Tasks.id == batch.task_id)).one()
    count = _affordable(session, task, costs) if task.status == _RUNNING else 0
    ids = [one.item_id for one in kept]
    _move(session, ids[count:], {_RUNNING: "queued"})
    if not count:
        return 0
    batch.request_count = count
    known = [cost for cost in costs[:count] if cost is not None]
    batch.expected_cost = sum(known) if len(known) == count else None
    session.add(batch)
    session.flush()
    calls = [_call(batch, one) for one in kept[:count]]
    session.add_all(calls)
    session.flush()
    session.execute(
        insert(BatchRequests),
        [
            {
                "batch_id": batch.id, "number": number, "item_id": one.item_id, "call_id": call.id,
                "request_hash": one.call.request_hash, "purpose": one.call.purpose, "attempt": one.call.attempt,
                "state": "waiting", "response": "",
            }
            for number, (one, call) in enumerate(zip(kept, calls, strict=False))
        ],
    )  # fmt: skip
    _move(session, ids[:count], {_RUNNING: "waiting"})
    return count


def _call(batch: ProviderBatches, kept: KeptRequest) -> LlmCalls:
    call = kept.call
    return LlmCalls(
        task_id=batch.task_id, item_id=kept.item_id, purpose=call.purpose, model=call.model,
        request_hash=call.request_hash, params=call.params | {"batch": batch.id}, prompt=call.prompt,
        state="waiting", attempt=call.attempt,
    )  # fmt: skip


def _affordable(session: Session, task: Tasks, costs: Sequence[float | None]) -> int:
    """Return how many of the requests can be paid for, when what is not read yet costs what was expected at most."""
    if task.cost_cap is None:
        return len(costs)
    spent = session.exec(select(func.sum(LlmCalls.cost)).where(LlmCalls.task_id == task.id)).one() or 0.0
    # A call waits until its item has read the answer: until then the ledger has no cost of it.
    expected = (
        select(func.sum(col(ProviderBatches.expected_cost) / col(ProviderBatches.request_count)))
        .join(BatchRequests, col(BatchRequests.batch_id) == col(ProviderBatches.id))
        .join(LlmCalls, col(LlmCalls.id) == col(BatchRequests.call_id))
        .where(ProviderBatches.task_id == task.id, LlmCalls.state == "waiting")
    )
    left = task.cost_cap - spent - (session.exec(expected).one() or 0.0)
    for number, cost in enumerate(costs):
        left -= cost or 0.0
        if left < -1e-9:
            return number
    return len(costs)


def begin_try(session: Session, batch_id: str) -> None:
    """Note that a batch is being sent: from now on the provider may have it."""
    _change(session, batch_id, tries=ProviderBatches.tries + 1)


def note_sent(session: Session, batch_id: str, provider_id: str) -> None:
    """Note that the provider has a batch."""
    _change(session, batch_id, state="sent", provider_id=provider_id, sent_at=utc_now())


def note_progress(session: Session, batch_id: str, done: int) -> None:
    """Note how many requests of a batch are answered."""
    _change(session, batch_id, done_count=done)


def open_batches(session: Session, task_id: str) -> list[ProviderBatches]:
    """Return the batches of a task whose results are not stored, oldest first."""
    query = select(ProviderBatches).where(ProviderBatches.task_id == task_id, col(ProviderBatches.state).in_(OPEN))
    return list(session.exec(query.order_by(col(ProviderBatches.create_at), col(ProviderBatches.id))))


def numbers_of(session: Session, batch_id: str) -> list[int]:
    """Return the numbers of the requests of a batch."""
    return list(session.exec(select(BatchRequests.number).where(BatchRequests.batch_id == batch_id)))


def store_results(
    session: Session, batch: ProviderBatches, status: BatchStatus | None, lines: Mapping[str, ResultLine], bodies: Any
) -> int:
    """Store the answers of a batch and return how many there are; items without an answer are queued again.

    Args:
        status: None for a batch that the provider does not have.
        lines: The line of each request by its ``custom_id``.
        bodies: Makes the text of an answer's body.
    """
    rows = list(session.exec(select(BatchRequests).where(BatchRequests.batch_id == batch.id)))
    answered, lost = list[int](), list[int]()
    never_ran = status is None or status.end == "failed"
    for row in rows:
        line = lines.get(custom_id(batch.id, row.number))
        if line is not None and line.http_status is not None:
            row.state, row.http_status, row.response = "answered", line.http_status, bodies(line.body)
            answered.append(row.item_id)
        else:
            # A batch that was refused as a whole says nothing about its requests.
            row.state = "used" if never_ran else "lost"
            lost.append(row.item_id)
            _end_call(session, row.call_id, status, line)
    _move(session, answered, {"waiting": "answered"})
    _move(session, lost, {"waiting": "queued"})
    _change(
        session, batch.id, state="lost" if status is None else "ended", done_count=len(answered), ended_at=utc_now(),
        note=(status.note if status else "")[:500],
    )  # fmt: skip
    return len(answered)


def _end_call(session: Session, call_id: int, status: BatchStatus | None, line: ResultLine | None) -> None:
    """Complete the ledger's row of a request without an answer: it may be paid only if the provider had answered it."""
    maybe_paid = status is not None and status.end == "completed" and line is None
    end = status.end if status else "not sent"
    values = {"state": "unknown"} if maybe_paid else {"state": "failed", "cost": 0.0}
    session.execute(
        update(LlmCalls)
        .where(col(LlmCalls.id) == call_id, col(LlmCalls.state) == "waiting")
        .values(**values, error_code=f"batch_{end}", ended_at=utc_now())
    )


def requests_of_item(session: Session, item_id: int) -> list[BatchRequests]:
    """Return what was asked for an item in its present run, oldest first."""
    query = select(BatchRequests).where(BatchRequests.item_id == item_id, col(BatchRequests.state) != "used")
    return list(session.exec(query.order_by(col(BatchRequests.id))))


def use_up(session: Session, item_id: int) -> None:
    """Forget what was asked for an item that has ended: if it runs again, it asks again."""
    session.execute(
        update(BatchRequests)
        .where(col(BatchRequests.item_id) == item_id, col(BatchRequests.state).in_(("answered", "lost")))
        .values(state="used", response="")
    )


def _move(session: Session, item_ids: Sequence[int], states: Mapping[str, str]) -> None:
    for before, after in states.items():
        for start in range(0, len(item_ids), 500):
            some = col(TaskItems.id).in_(item_ids[start : start + 500])
            session.execute(update(TaskItems).where(some, col(TaskItems.state) == before).values(state=after))


def _change(session: Session, batch_id: str, **values: Any) -> None:
    session.execute(update(ProviderBatches).where(col(ProviderBatches.id) == batch_id).values(**values))
