"""Generation in provider batches: every answer once, at the lower price, whatever the provider does in between."""

import importlib
import json
import random
from collections import Counter
from typing import Any

import pytest
from openai import AsyncOpenAI

from core import Images, Projects
from core.llm.batches.wire import read_lines
from core.services import Services
from core.tasks import TaskStatus
from tests.core.llm.batches.batching import KEY, calls, questions, run, start, times_accepted
from tests.fakes.batches import QUESTION, WIRES, BatchWireFormat, FakeBatches
from tests.fakes.http_server import Answer
from tests.fakes.provider import Reply, error_body


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
