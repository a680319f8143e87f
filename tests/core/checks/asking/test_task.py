"""A check that asks models: what is asked, stored, paid, counted and asked again."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import func, select

from core import ImageDatasets, Projects
from core.checks.asking.base import NO_ANSWER
from core.db import CheckRuns, EntryFindings, LlmCalls
from core.errors import InvalidInputError, VitrineError
from core.services import Services
from core.tasks import TaskRunner
from tests.core.checks.asking.toy import says
from tests.fakes.http_server import Answer
from tests.fakes.provider import FakeProvider

pytestmark = pytest.mark.usefixtures("toy")
Make = Callable[..., ImageDatasets]
Model = dict[str, str]


def _verdicts(services: Services, run_id: str) -> dict[str, str]:
    with services.db.reading() as session:
        rows = session.exec(select(EntryFindings).where(EntryFindings.run_id == run_id)).all()
    return {row.entry_id: row.verdict for row in rows}


def _task(services: Services, project: Projects, model: Model, monkeypatch: pytest.MonkeyPatch, **options: Any) -> str:
    monkeypatch.setenv("VITRINE_KEY_127_0_0_1", "key-of-the-tests")
    config = {"check": "toy", "models": [{**model, "api_key": None}], "options": options, "concurrency": 1}
    return services.tasks.create_task(project.id, "asked-check", config).id


async def test_each_entry_gets_its_finding_and_an_unreadable_reply_costs_only_its_own(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make
) -> None:
    answers = ["good"] * 6 + ["bad", "bad", "unreadable", "unasked"]
    entries = [make(f"Question {number}?", answer) for number, answer in enumerate(answers)]
    services.review.bulk_ids(project.id, [entries[0].id], "reject")
    provider.default = says(lambda answer: {"good": True, "bad": False}.get(answer))
    estimate = services.checks.estimate(project.id, "toy", models=[model])
    assert (estimate.entries, estimate.calls, estimate.left_out, provider.calls) == (8, 8, 1, [])
    assert 0 < estimate.tokens_low <= estimate.tokens_high
    assert estimate.cost_low is not None

    result = await services.checks.run(project.id, "toy", models=[model])

    assert result["right"] == 5
    asked = result["asked"]
    assert (asked["drawn"], asked["of"], asked["left_out"]) == (8, 8, 1)
    assert (asked["answered"], asked["no_answer"], asked["not_asked"]) == (7, 1, 0)
    assert asked["models"] == ["openai/gpt-4o"]
    report = services.checks.newest(project.id, "toy", "openai/gpt-4o")
    assert report is not None
    assert "key-of-the-tests" not in str(report)
    verdicts = _verdicts(services, report.run_id)
    assert [verdicts.get(entry.id) for entry in entries] == [None, *["right"] * 5, "wrong", "wrong", NO_ANSWER, None]
    sent = len(provider.calls)
    assert await services.checks.run(project.id, "toy", "-check:empty", models=[model]) | {"asked": 0} == {
        "right": 5, "asked": 0,
    }  # fmt: skip
    assert len(provider.calls) - sent == 2  # only the reply that could not be read is asked for again
    await services.checks.run(project.id, "toy", models=[model], fresh=True)
    assert len(provider.calls) - sent == 2 + 9


async def test_the_sample_follows_from_its_seed(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make
) -> None:
    entries = [make(f"Question {number}?", "good") for number in range(12)]
    provider.default = says(lambda answer: True)
    drawn = []
    for seed in (1, 1, 2):
        result = await services.checks.run(project.id, "toy", models=[model], sample=4, seed=seed)
        report = services.checks.newest(project.id, "toy")
        assert report is not None
        assert (result["right"], result["asked"]["drawn"], result["asked"]["of"]) == (4, 4, 12)
        drawn.append(set(_verdicts(services, report.run_id)))
    assert drawn[0] == drawn[1] != drawn[2]
    result = await services.checks.run(project.id, "toy", models=[model], sample="all")
    assert result["right"] == len(entries)


async def test_runs_of_two_models_stay_beside_each_other_and_a_new_one_replaces_its_own(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make
) -> None:
    make("Question?", "good")
    provider.default = says(lambda answer: True)
    for name in ("openai/gpt-4o", "openai/gpt-4o-mini", "openai/gpt-4o-mini"):
        await services.checks.run(project.id, "toy", models=[{**model, "model": name}])
    runs = services.checks.newest_of_each(project.id, "toy")
    assert [run.series for run in runs] == ["openai/gpt-4o-mini", "openai/gpt-4o"]
    with services.db.reading() as session:
        assert len(session.exec(select(CheckRuns)).all()) == 2
        assert len(session.exec(select(EntryFindings)).all()) == 2


async def test_an_item_that_failed_and_is_retried_changes_the_numbers(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for number in range(3):
        make(f"Question {number}?", "good" if number else "odd")
    good = says(lambda answer: True)
    provider.default = lambda call: Answer(400, body=b"{}") if "odd" in str(call.texts) else good(call)
    task_id = _task(services, project, model, monkeypatch)
    runner = TaskRunner(services.db, services.kinds)
    assert (await runner.run(task_id)).failed_count == 1
    report = services.checks.newest(project.id, "toy")
    assert report is not None
    assert (report.result["right"], report.result["asked"]["not_asked"]) == (2, 1)

    provider.default = good
    assert services.tasks.retry_failed(task_id) == 1
    assert (await runner.run(task_id)).status == "completed"
    report = services.checks.newest(project.id, "toy")
    assert report is not None
    assert (report.result["right"], report.result["asked"]["not_asked"]) == (3, 0)
    assert len(_verdicts(services, task_id)) == 3


async def test_an_entry_that_was_edited_while_others_were_asked_about_is_asked_about_again(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    first, second = make("Question 1?", "bad"), make("Question 2?", "good")
    judge = says(lambda answer: answer == "good")

    def edit_first(call: Any) -> Any:
        if "Question 2?" in str(call.texts):
            services.review.decide(first.id, first.version, "edit", changes={"answer": "good"})
        return judge(call)

    provider.default = edit_first
    task_id = _task(services, project, model, monkeypatch)
    await TaskRunner(services.db, services.kinds).run(task_id)
    assert _verdicts(services, task_id) == {first.id: "right", second.id: "right"}
    assert len(provider.calls) == 3


async def test_calls_of_an_item_whose_process_died_are_not_paid_again(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for number in range(2):
        make(f"Question {number}?", "good")
    good = says(lambda answer: True)
    slow = asyncio.Event()

    def last_is_slow(call: Any) -> Any:
        if len(provider.calls) == 4:
            loop.call_soon_threadsafe(slow.set)
            return Answer(200, body=good(call).text.encode(), delay_s=30)
        return good(call)

    loop = asyncio.get_running_loop()
    provider.default = last_is_slow
    task_id = _task(services, project, model, monkeypatch, times=2, fresh=True)
    running = asyncio.create_task(TaskRunner(services.db, services.kinds).run(task_id))
    await slow.wait()
    await asyncio.to_thread(_wait_for_settled, services, 3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    provider.default = good
    await TaskRunner(services.db, services.kinds).run(task_id)
    assert len(provider.calls) == 5  # the one that was in flight was sent again
    report = services.checks.newest(project.id, "toy")
    assert report is not None
    assert report.result["right"] == 2
    assert len(_verdicts(services, task_id)) == 2


def _wait_for_settled(services: Services, count: int) -> None:
    settled = select(func.count()).where(LlmCalls.state == "ok")
    for _ in range(1_000):
        with services.db.reading() as session:
            if session.exec(settled).one() == count:
                return
        time.sleep(0.01)
    raise AssertionError("the replies were not stored")


async def test_what_cannot_be_asked_is_refused_with_a_sentence(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make
) -> None:
    with pytest.raises(InvalidInputError, match="There is no entry that models can be asked about"):
        await services.checks.run(project.id, "toy", models=[model])
    make("Question?", "unreadable")
    provider.default = says(lambda answer: None)
    with pytest.raises(VitrineError, match="No answer of the model could be read"):
        await services.checks.run(project.id, "toy", models=[model])
    assert services.checks.newest(project.id, "toy") is None
    with pytest.raises(InvalidInputError, match="sample"):
        await services.checks.run(project.id, "toy", models=[model], sample=0)
    with pytest.raises(InvalidInputError, match="models cannot be used"):
        await services.checks.run(project.id, "toy")


async def test_the_cost_cap_counts_all_calls_of_an_entry(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make
) -> None:
    for number in range(4):
        make(f"Question {number}?", "good")
    provider.default = says(lambda answer: True)  # 1,000 and 20 tokens of gpt-4o: 0.0027 dollars
    with pytest.raises(VitrineError, match=r"The cost cap of \$0\.01 does not allow another call"):
        await services.checks.run(project.id, "toy", models=[model], times=2, cost_cap=0.012)
    assert len(provider.calls) == 4  # two entries; a third would cost more than what is left
