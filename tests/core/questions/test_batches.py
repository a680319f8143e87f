"""Generation in provider batches: every answer once, at the lower price, whatever the provider does in between."""

import asyncio
import importlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from sqlmodel import select

from core import Images, Projects, Questions
from core.db import LlmCalls, ProviderBatches, TaskItems, Tasks
from core.errors import InvalidInputError
from core.llm import session_keys
from core.llm.batches import model_batches, store, task_batches
from core.llm.batches.calls import KeptRequest
from core.llm.batches.wire import BatchStatus, ResultLine, custom_id, read_lines
from core.llm.ledger import CallStart
from core.services import Services
from core.tasks import TaskRunner, TaskStatus
from tests.fakes.batches import QUESTION, WIRES, BatchWireFormat, FakeBatches
from tests.fakes.http_server import Answer
from tests.fakes.provider import Reply, error_body

KEY = "key-of-the-tests"


@pytest.fixture(autouse=True)
def _no_hours_between_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_batches, "PACE", model_batches.Pace(first_s=0.01, longest_s=0.05))
    monkeypatch.setattr(task_batches, "_LOOK_S", 0.01)


@pytest.fixture
def server() -> Iterator[FakeBatches]:
    with FakeBatches() as running:
        yield running


def start(services: Services, project: Projects, config: dict[str, Any], **more: Any) -> str:
    recipe = {"models": [config], "num_questions": 1, "batch": True} | more
    cost_cap = recipe.pop("cost_cap", None)
    task = services.tasks.create_task(project.id, "image-question-generation", recipe, cost_cap=cost_cap)
    session_keys.register(task.id, KEY)
    return task.id


async def run(services: Services, task_id: str) -> TaskRunner:
    runner = TaskRunner(services.db, services.kinds)
    await asyncio.wait_for(runner.run(task_id), 60)
    return runner


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  it is a state in the database
            await asyncio.sleep(0.01)


def questions(services: Services) -> list[Questions]:
    with services.db.reading() as session:
        return list(session.exec(select(Questions)))


def calls(services: Services) -> list[LlmCalls]:
    with services.db.reading() as session:
        return list(session.exec(select(LlmCalls).order_by(LlmCalls.id)))


def times_accepted(server: FakeBatches) -> list[int]:
    """Return how often the provider accepted each request."""
    return list(Counter(json.dumps(body, sort_keys=True) for body in server.accepted).values())


def _shuffled_with_strangers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    stranger = json.loads(json.dumps(rows[0]).replace("_0", "_99"))
    mixed = [*rows, *rows, stranger]
    random.Random(1).shuffle(mixed)
    return mixed


@pytest.mark.parametrize("wire", WIRES)
async def test_each_provider_answers_in_its_own_form_at_half_price(
    services: Services, project: Projects, images: list[Images], server: FakeBatches, wire: BatchWireFormat
) -> None:
    server.edit_rows = _shuffled_with_strangers
    task_id = start(services, project, server.config(wire))

    await run(services, task_id)

    full = services.llm.model_info(server.model(wire).litellm_model)
    assert full.input_price
    assert full.output_price
    price = (1000 * full.input_price + 20 * full.output_price) / 1_000_000 / 2
    summary = services.tasks.summary(task_id)
    assert (summary.status_text, summary.done, summary.failed) == ("completed", 3, 0)
    assert [question.image_id for question in questions(services)].count(images[0].id) == 1
    assert len(questions(services)) == 3
    assert [call.state for call in calls(services)] == ["ok"] * 3
    assert summary.spent == pytest.approx(3 * price)
    assert times_accepted(server) == [1, 1, 1]
    assert not list((services.db.data_dir / "batches" / task_id).iterdir())


@pytest.mark.parametrize(("wire", "status"), [("openai", 500), ("anthropic", 429), ("gemini", 500)])
async def test_a_batch_that_was_accepted_although_the_answer_is_an_error_is_not_sent_again(
    services: Services, project: Projects, images: list[Images], server: FakeBatches, wire: Any, status: int
) -> None:
    server.after_accepting.append(Answer(status, body=error_body("openai", status, "Try later")))
    task_id = start(services, project, server.config(wire))

    await run(services, task_id)

    assert services.tasks.summary(task_id).status_text == "completed"
    assert times_accepted(server) == [1, 1, 1]
    assert len(questions(services)) == 3


async def test_a_batch_that_was_not_accepted_is_sent_again_once_two_lists_are_without_it(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.before_accepting.append(Answer(503, body=b"{}"))
    task_id = start(services, project, server.config())

    await run(services, task_id)

    assert services.tasks.summary(task_id).status_text == "completed"
    asked = [f"{received.method} {received.path}" for received in server.received]
    assert [one for one in asked if one.endswith("/v1/batches")] == [
        "POST /v1/batches", "GET /v1/batches", "GET /v1/batches", "POST /v1/batches",
    ]  # fmt: skip
    assert times_accepted(server) == [1, 1, 1]


@pytest.mark.parametrize("wire", ["openai", "anthropic", "gemini"])
async def test_what_expired_is_asked_again_and_the_rest_is_kept(
    services: Services, project: Projects, images: list[Images], server: FakeBatches, wire: Any
) -> None:
    server.ends.append(("expired", 1 / 3))
    task_id = start(services, project, server.config(wire))

    await run(services, task_id)

    assert services.tasks.summary(task_id).status_text == "completed"
    assert len(questions(services)) == 3
    assert sorted(times_accepted(server)) == [1, 2, 2]
    assert Counter((call.state, call.error_code) for call in calls(services)) == {
        ("ok", ""): 3, ("failed", "batch_expired"): 2
    }  # fmt: skip
    assert [call.cost for call in calls(services) if call.state == "failed"] == [0.0, 0.0]


async def test_a_request_that_expires_again_and_again_fails(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.ends.extend([("expired", 0.0)] * 3)
    task_id = start(services, project, server.config(), image_ids=[images[0].id])

    await run(services, task_id)

    (failure,) = services.tasks.summary(task_id).failures
    assert failure.example == "The provider gave no answer in 3 batches. Retry, or ask without batches."
    assert services.tasks.retry_failed(task_id) == 1
    await run(services, task_id)
    assert services.tasks.summary(task_id).status_text == "completed"


async def test_a_cut_file_is_fetched_again(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.cut_results.append(0.5)
    task_id = start(services, project, server.config())

    await run(services, task_id)

    assert times_accepted(server) == [1, 1, 1]
    assert len(questions(services)) == 3


async def test_a_line_that_stays_missing_counts_as_maybe_paid_and_is_asked_again(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.edit_rows = lambda rows: rows[1:] if len(rows) == 3 else rows
    task_id = start(services, project, server.config())

    await run(services, task_id)

    summary = services.tasks.summary(task_id)
    assert (summary.status_text, summary.maybe_paid_twice) == ("completed", 1)
    assert sorted(times_accepted(server)) == [1, 1, 2]


def _hostile(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) == 3:
        rows[0]["response"]["status_code"] = "abc"
        message = rows[1]["response"]["body"]["choices"][0]["message"]
        message["content"] = message["content"].replace("What is it?", "What is \ud800?")
    return rows


async def test_a_line_that_is_no_answer_or_no_text_stops_no_other(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.edit_rows = _hostile
    task_id = start(services, project, server.config())

    await run(services, task_id)

    assert services.tasks.summary(task_id).status_text == "completed"
    assert sorted(question.question for question in questions(services)) == ["What is ??", *["What is it?"] * 2]
    assert sorted(times_accepted(server)) == [1, 1, 2]


@pytest.mark.parametrize(
    ("wire", "line"),
    [
        ("openai", {"custom_id": "a", "response": "text", "error": [1]}),
        ("openai", {"custom_id": "a", "response": {"status_code": 10**30}}),
        ("anthropic", {"custom_id": "a", "result": "text"}),
    ],
)  # fmt: skip
def test_a_line_of_another_form_is_no_answer(wire: str, line: dict[str, Any]) -> None:
    result = importlib.import_module(f"core.llm.batches.wires.{wire}")._result(line)

    assert (result.custom_id, result.http_status) == ("a", None)
    assert list(read_lines(b'{"a": ' + b"[" * 100_000 + b'\n{"b": 1}')) == [{"b": 1}]


async def test_an_error_in_a_line_is_that_of_its_item_only(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    refusal = Answer(400, body=error_body("openai", 400, "Image is a drawing"))
    server.reply = lambda body: refusal if body == server.accepted[0] else Reply(QUESTION)
    task_id = start(services, project, server.config())

    await run(services, task_id)

    summary = services.tasks.summary(task_id)
    assert summary.status_text == "completed with 1 failure"
    assert "refused the request: Image is a drawing" in summary.failures[0].example


async def test_a_reply_that_cannot_be_read_is_corrected_in_the_next_batch(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.reply = lambda body: Reply(QUESTION if "could not be read" in json.dumps(body) else "A nice picture.")
    task_id = start(services, project, server.config(), image_ids=[images[0].id])

    await run(services, task_id)

    assert services.tasks.summary(task_id).status_text == "completed"
    assert [(call.state, call.attempt) for call in calls(services)] == [("failed", 1), ("ok", 2)]
    assert [len(batch.requests) for batch in server.batches.values()] == [1, 1]
    assert services.tasks.summary(task_id).spent == pytest.approx(2 * 0.00135)


async def test_a_batch_that_is_refused_as_a_whole_pauses_the_task_with_its_reason(
    services: Services, project: Projects, images: list[Images], server: FakeBatches
) -> None:
    server.ends.append(("failed", 0.0))
    task_id = start(services, project, server.config())

    await run(services, task_id)

    paused = services.tasks.get_task(task_id)
    assert paused.status == TaskStatus.PAUSED
    assert paused.note == "The provider did not accept a batch: Line 1 is invalid. Resume to send it again."
    services.tasks.resume(task_id)
    await run(services, task_id)
    assert services.tasks.summary(task_id).status_text == "completed"


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


async def test_the_fake_speaks_the_form_that_openais_client_reads(server: FakeBatches) -> None:
    client = AsyncOpenAI(base_url=f"{server.url}/v1", api_key=KEY)
    row = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o"}}
    file = await client.files.create(file=("x.jsonl", json.dumps(row).encode()), purpose="batch")

    made = await client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h",
        metadata={"vitrine_batch": "x"},
    )  # fmt: skip
    ended = await client.batches.retrieve(made.id)

    assert (made.status, ended.status, ended.request_counts and ended.request_counts.completed) == (
        "in_progress", "completed", 1,
    )  # fmt: skip
    assert [listed.id async for listed in await client.batches.list()] == [made.id]
    content = await client.files.content(ended.output_file_id or "")
    assert json.loads(content.text)["custom_id"] == "a"
