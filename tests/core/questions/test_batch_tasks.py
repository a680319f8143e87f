"""Tasks in provider batches: cancelled, continued by another process, capped, and in parts."""

import asyncio

import pytest
from sqlmodel import select

from core import Images, Projects
from core.db import LlmCalls, ProviderBatches, TaskItems, Tasks
from core.errors import InvalidInputError
from core.llm.batches import store
from core.llm.batches.calls import KeptRequest
from core.llm.batches.wire import BatchStatus, ResultLine, custom_id
from core.llm.ledger import CallStart
from core.services import Services
from core.tasks import TaskRunner, TaskStatus
from tests.core.llm.batches.batching import KEY, questions, run, start, times_accepted, until
from tests.fakes.batches import FakeBatches


async def test_a_cancelled_task_cancels_its_batch_and_takes_what_was_answered(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.ends_by_itself = False
    task_id = start(services, project, server.config())
    running = asyncio.create_task(run(services, task_id))
    await until(lambda: server.batches)

    services.tasks.cancel(task_id)
    await running

    assert [batch.end for batch in server.batches.values()] == ["cancelled"]
    summary = services.tasks.summary(task_id)
    assert (summary.status_text, summary.done) == ("cancelled", 2)
    assert len(questions(services)) == 2


async def test_another_process_goes_on_with_the_batch_and_no_key_is_stored(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.ends_by_itself = False
    task_id = start(services, project, server.config())
    runner = TaskRunner(services.db, services.kinds)
    running = asyncio.create_task(runner.run(task_id))
    await until(lambda: server.batches)
    progress = services.tasks.summary(task_id).batches
    runner.stop()
    await running

    assert progress is not None
    assert (progress.requests, progress.answered) == (3, 0)
    assert services.tasks.get_task(task_id).status == TaskStatus.RUNNING
    stored = [file for file in services.db.data_dir.rglob("*") if file.is_file()]
    assert len(stored) > 3
    assert not [file for file in stored if KEY.encode() in file.read_bytes()]
    server.finish()
    await run(services, task_id)
    assert services.tasks.summary(task_id).status_text == "completed"
    assert times_accepted(server) == [1, 1, 1]


async def test_the_cost_cap_counts_the_batch_price_before_it_is_sent_and_the_true_cost_after(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    probe = start(services, project, server.config(), fresh=True)
    await run(services, probe)
    with services.db.reading() as session:
        expected = session.exec(select(ProviderBatches.expected_cost)).one() or 0.0
    task_id = start(services, project, server.config(), cost_cap=expected / 3 * 1.5, fresh=True)

    await run(services, task_id)

    task = services.tasks.get_task(task_id)
    with services.db.reading() as session:
        sizes = session.exec(select(ProviderBatches.request_count).where(ProviderBatches.task_id == task_id)).all()
    assert sizes == [1, 1, 1]
    assert task.status == TaskStatus.COMPLETED
    too_little = start(services, project, server.config(), cost_cap=expected / 3 * 0.5, fresh=True)
    await run(services, too_little)
    paused = services.tasks.get_task(too_little)
    assert paused.status == TaskStatus.PAUSED
    assert "does not allow another batch. Raise it to go on." in paused.note


async def test_the_cost_cap_counts_answers_that_their_items_have_not_read(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    task_id = start(services, project, server.config(), cost_cap=3.5)
    with services.db.transaction() as session:
        session.get_one(Tasks, task_id).status = TaskStatus.RUNNING
        items = session.exec(select(TaskItems.id).where(TaskItems.task_id == task_id)).all()

    def send(batch_id: str) -> int:
        calls = {id_: CallStart("openai/gpt-4o", f"{batch_id}{id_}", "", {}, attempt=1) for id_ in items if id_}
        kept = [KeptRequest(id_, call, b"") for id_, call in calls.items()]
        batch = ProviderBatches(id=batch_id, task_id=task_id, model_index=0, model="openai/gpt-4o")
        with services.db.transaction() as session:
            return store.intend(session, batch, kept, [1.0] * len(kept))

    assert send("first") == 3
    with services.db.transaction() as session:
        lines = {custom_id("first", number): ResultLine("", 200, {}) for number in range(3)}
        status = BatchStatus("", "completed", 3)
        store.store_results(session, session.get_one(ProviderBatches, "first"), status, lines, str)
    assert send("second") == 0
    with services.db.transaction() as session:
        for call in session.exec(select(LlmCalls)):
            call.state, call.cost = "ok", 0.5
    assert send("third") == 2


async def test_large_batches_are_sent_in_parts(
    services: Services, project: Projects, images: list[Images], server: FakeBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.llm.batches.wire import Limits
    from core.llm.batches.wires.openai import OpenAIBatches

    monkeypatch.setattr(OpenAIBatches, "limits", Limits(requests=2, size_bytes=10**9))
    task_id = start(services, project, server.config())

    await run(services, task_id)

    assert sorted(len(batch.requests) for batch in server.batches.values()) == [1, 2]
    assert times_accepted(server) == [1, 1, 1]


async def test_questions_that_came_in_between_do_not_waste_an_answer(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.ends_by_itself = False
    task_id = start(services, project, server.config(), image_ids=[images[0].id])
    running = asyncio.create_task(run(services, task_id))
    await until(lambda: server.batches)
    services.questions.add_manual_question(images[0].id, "Who painted it?")
    server.finish()

    await running

    assert times_accepted(server) == [1]
    assert {question.question for question in questions(services)} == {"What is it?", "Who painted it?"}


def test_a_model_without_batches_is_refused_before_anything_starts(
    services: Services, project: Projects, images: list[Images]
) -> None:
    with pytest.raises(InvalidInputError, match="offline/measure has no batches"):
        start(services, project, {"model": "offline/measure"})
