import io
from typing import Any

import pytest
from PIL import Image
from sqlmodel import select

from core import (
    ImageDatasets,
    ImageQuestionGenerationTask,
    Images,
    ImageService,
    Projects,
    TaskService,
)
from core.db import Database, LlmCalls
from core.errors import BadReplyError, InvalidInputError, NoVisionError, QuotaExceededError
from core.services import Services
from tests.fakes.model import FakeModel

MODEL = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-typed-for-this-session"}


async def test_questions_for_one_image_are_returned_and_stored(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    model.enqueue_questions("What color is it?", "Is it plain?", "How wide is it?")

    questions = await asking.generate_questions_for_image(images[0], MODEL, num_questions=3)

    assert questions == ["What color is it?", "Is it plain?", "How wide is it?"]
    stored = asking.list_questions(images[0].project_id, images[0].id)
    assert [(row.question, row.model, row.answered) for row in stored] == [
        ("What color is it?", "openai/gpt-4o", False),
        ("Is it plain?", "openai/gpt-4o", False),
        ("How wide is it?", "openai/gpt-4o", False),
    ]
    with db.reading() as session:
        assert [(call.state, call.cost) for call in session.exec(select(LlmCalls))] == [("ok", 0.001)]


async def test_missing_questions_are_requested_once_with_the_existing_ones_named(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    model.enqueue_questions("What color is it?", "what COLOR is it")
    model.enqueue_questions("Is it plain?")

    questions = await asking.generate_questions_for_image(images[0], MODEL, num_questions=3)

    assert questions == ["What color is it?", "Is it plain?"]
    assert len(model.history) == 2
    assert "write exactly 2 questions" in model.history[1].prompt
    assert "What color is it?" in model.history[1].prompt


async def test_the_questions_of_the_first_call_are_stored_when_the_second_fails(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    model.enqueue_questions("What color is it?")
    model.enqueue(QuotaExceededError("Nothing left to spend."))

    assert await asking.generate_questions_for_image(images[0], MODEL, num_questions=2) == ["What color is it?"]
    with db.reading() as session:
        assert [call.state for call in session.exec(select(LlmCalls))] == ["ok"]


async def test_a_reply_without_a_new_question_fails_and_its_cost_is_recorded(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    model.enqueue({"questions": []}, {"questions": []})

    with pytest.raises(BadReplyError, match="wrote no new question"):
        await asking.generate_questions_for_image(images[0], MODEL)

    with db.reading() as session:
        assert [(call.state, call.cost) for call in session.exec(select(LlmCalls))] == [("failed", 0.001)] * 2


async def test_a_model_that_only_repeats_gives_no_questions_and_its_cost_is_recorded(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    model.enqueue_questions("What color is it?")
    await asking.generate_questions_for_image(images[0], MODEL, num_questions=1)
    for _ in range(4):
        model.enqueue_questions("what COLOR is it", "What colour is it?")

    assert await asking.generate_questions_for_image(images[0], MODEL, num_questions=2) == []
    assert await asking.generate_single_question(images[0].id, MODEL) is None

    with db.reading() as session:
        calls = [(call.state, call.cost) for call in session.exec(select(LlmCalls))]
    assert calls == [("ok", 0.001), *[("failed", 0.001)] * 4], "the same request is not answered from the ledger"


async def test_a_task_whose_model_only_repeats_is_short_and_has_not_failed(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    model.enqueue_questions("What color is it?")
    await asking.generate_questions_for_image(images[0], MODEL, num_questions=1)
    model.enqueue_questions("What color is it?")
    model.enqueue_questions("What color is it?")
    config: dict[str, Any] = {"image_ids": [images[0].id], "num_questions": 2, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    result = await asking.process_task(task, config)

    assert (result["status"], result["failed"], result["short_by"]) == ("completed", 0, 2)
    (item,) = TaskService(db).items(task.id)
    assert item.result == {"questions": 0, "short_by": 2}


async def test_a_single_question_is_generated(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    model.enqueue_questions("Is it plain?")

    assert await asking.generate_single_question(images[0].id, MODEL) == "Is it plain?"


async def test_no_question_is_asked_about_an_image_that_does_not_exist(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    ImageService(db).delete_image(images[0].id)
    assert await asking.generate_single_question("nowhere", MODEL) is None
    assert await asking.generate_single_question(images[0].id, MODEL) is None
    assert model.history == []


async def test_a_task_covers_every_image_and_returns_its_results(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    for _ in images:
        model.enqueue_questions("What color is it?")
    config: dict[str, Any] = {"num_questions": 1, "concurrency": 1, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    result = await asking.process_task(task, config)

    assert {name: result[name] for name in ("status", "processed", "failed", "total_questions")} == {
        "status": "completed",
        "processed": 3,
        "failed": 0,
        "total_questions": 3,
    }
    assert {question["image_id"] for question in result["questions"]} == {image.id for image in images}


async def test_the_key_of_a_task_is_used_and_never_stored(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    model.enqueue_questions("What color is it?")
    config: dict[str, Any] = {"image_ids": [images[0].id], "num_questions": 1, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    await asking.process_task(task, config)

    db.close()
    for path in db.data_dir.rglob("*"):
        assert path.is_dir() or b"sk-typed-for-this-session" not in path.read_bytes()


async def test_a_task_returns_the_failed_items_and_their_causes(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    model.enqueue_questions("What color is it?")
    model.enqueue(BadReplyError("The reply was not a list of questions."))
    model.enqueue_questions("What color is it?")
    config: dict[str, Any] = {"num_questions": 1, "concurrency": 1, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    result = await asking.process_task(task, config)

    summary = TaskService(db).summary(task.id)
    assert (result["status"], result["failed"]) == ("completed with failures", 1)
    assert summary.status_text == "completed with 1 failure"
    assert [(f.error_code, f.count, f.example) for f in summary.failures] == [
        ("bad_reply", 1, "The reply was not a list of questions.")
    ]


async def test_an_image_of_another_project_is_refused_before_anything_is_sent(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], services: Services
) -> None:
    other = services.projects.create_project("Other")
    config = {"image_ids": [images[0].id], "llm_config": MODEL}
    task = TaskService(services.db).create_task(other.id, config=config)

    with pytest.raises(InvalidInputError, match="not in the project any more"):
        await asking.process_task(task, config)

    assert model.history == []


async def test_a_named_image_that_is_gone_costs_its_item_and_not_the_task(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], services: Services
) -> None:
    project_id = images[0].project_id
    services.images.delete_image(images[0].id)
    model.enqueue_questions("What color is it?")
    config: dict[str, Any] = {"image_ids": [images[0].id, "never-there", images[1].id], "num_questions": 1}
    tasks = TaskService(services.db, lambda: {asking.task_type: asking})
    task = tasks.create_task(project_id, config=config | {"llm_config": MODEL, "concurrency": 1})

    result = await asking.process_task(task, task.config)

    assert (result["failed"], result["total_questions"]) == (2, 1)
    assert [(item.subject_id, item.state, item.error) for item in tasks.items(task.id)] == [
        (images[0].id, "failed", "This image does not exist any more."),
        ("never-there", "failed", "This image does not exist any more."),
        (images[1].id, "done", ""),
    ]


async def test_a_task_of_images_that_are_all_gone_is_refused(
    asking: ImageQuestionGenerationTask, images: list[Images], services: Services
) -> None:
    tasks = TaskService(services.db, lambda: {asking.task_type: asking})
    with pytest.raises(InvalidInputError, match="not in the project any more"):
        tasks.create_task(images[0].project_id, config={"image_ids": ["never-there"], "llm_config": MODEL})


async def test_questions_and_answers_in_one_call_become_entries(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    model.enqueue({"items": [{"question": "What color is it?", "answer": "Red.", "kind": "attribute"}]})
    config: dict[str, Any] = {
        "image_ids": [images[0].id],
        "num_questions": 1,
        "with_answers": True,
        "llm_config": MODEL,
    }
    task = TaskService(db).create_task(project.id, config=config)

    await asking.process_task(task, config)

    with db.reading() as session:
        entry = session.exec(select(ImageDatasets)).one()
    assert (entry.question, entry.answer, entry.kind, entry.model, entry.confirmed, entry.edited) == (
        "What color is it?",
        "Red.",
        "attribute",
        "openai/gpt-4o",
        False,
        False,
    )
    assert asking.list_questions(project.id)[0].answered


async def test_a_model_without_vision_is_refused_before_a_task_is_created(
    asking: ImageQuestionGenerationTask, images: list[Images], project: Projects, services: Services
) -> None:
    tasks = TaskService(services.db, lambda: {asking.task_type: asking})

    with pytest.raises(NoVisionError, match="Use one that can, for example"):
        tasks.create_task(project.id, config={"llm_config": {"model": "openai/gpt-3.5-turbo"}})

    assert tasks.list_tasks(project.id) == []


async def test_images_are_sent_in_the_size_of_the_model_config(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    model.enqueue_questions("What color is it?")

    await asking.generate_questions_for_image(images[0], {**MODEL, "max_side_px": 8}, num_questions=1)

    with Image.open(io.BytesIO(model.history[0].images[0].data)) as sent:
        assert max(sent.size) == 8


async def test_missing_questions_are_counted_for_the_whole_task(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    for _ in images:
        model.enqueue_questions("What color is it?")
        model.enqueue_questions("What color is it?")
    config: dict[str, Any] = {"num_questions": 3, "concurrency": 1, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    await asking.process_task(task, config)

    assert asking.shortfall(task.id) == 6
    newest = asking.newest_results(task.id)
    assert [result.missing_questions for result in newest] == [2, 2, 2]
    assert [result.image.id for result in newest] == [image.id for image in reversed(images)]
    assert [result.image.id for result in asking.newest_results(task.id, limit=1)] == [images[2].id]
