"""Answers by models: one call per image, and which entries a rerun may replace."""

import json
from typing import Any

import pytest
from sqlmodel import select

from core import (
    ImageAnswerGenerationTask,
    ImageDatasets,
    ImageQuestionGenerationTask,
    Images,
    Projects,
    Questions,
    TaskService,
)
from core.dataset import parse_search
from core.db import Database, LlmCalls, question_key
from core.errors import ConflictError
from core.services import Services
from tests.fakes.model import FakeModel
from tests.fakes.provider import FakeProvider, Reply

MODEL = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-typed-for-this-session"}


async def test_the_questions_of_one_image_are_answered_in_one_call_and_matched_by_number(
    answering: ImageAnswerGenerationTask,
    asking: ImageQuestionGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    db: Database,
) -> None:
    model.enqueue_questions("What color is it?", "Is it plain?")
    await asking.generate_questions_for_image(images[0], MODEL, num_questions=2)
    model.enqueue({"answers": [{"number": 2, "answer": "Yes."}, {"number": 1, "answer": "Red."}]})
    config = {"llm_config": MODEL}
    task = TaskService(db).create_task(project.id, "image-answer-generation", config)

    result = await answering.process_task(task, config)

    with db.reading() as session:
        entries = session.exec(select(ImageDatasets)).all()
    assert result["total_answers"] == 2
    assert {(entry.question, entry.answer) for entry in entries} == {
        ("What color is it?", "Red."),
        ("Is it plain?", "Yes."),
    }


async def test_a_question_without_an_answer_is_asked_once_more_and_then_left_open(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    _add_question(db, images[0], "What color is it?")
    _add_question(db, images[0], "Is it plain?")
    for _ in range(2):
        model.enqueue({"answers": [{"number": 1, "answer": "Red."}]})
        model.enqueue({"answers": [{"number": 7, "answer": "Yes."}, {"number": 0, "answer": "No."}]})
    task = TaskService(db).create_task(project.id, "image-answer-generation", {"llm_config": MODEL})

    await answering.process_task(task, {"llm_config": MODEL})

    with db.reading() as session:
        assert [(entry.question, entry.answer) for entry in session.exec(select(ImageDatasets))] == [
            ("What color is it?", "Red.")
        ]
        assert [call.state for call in session.exec(select(LlmCalls))] == ["ok", "ok"]
    assert len(model.history) == 2
    assert "What color" not in model.history[1].prompt
    (item,) = TaskService(db).items(task.id)
    assert item.result == {"answers": 1, "unchanged": 0, "short_by": 1}


async def test_a_named_question_that_is_gone_costs_its_item_and_not_the_task(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    _add_question(db, images[0])
    with db.reading() as session:
        known = session.exec(select(Questions.id)).one()
    model.enqueue_answers("Red.")
    config = {"question_ids": ["never-there", known], "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, "image-answer-generation", config)

    result = await answering.process_task(task, config)

    assert (result["total_answers"], result["failed"]) == (1, 1)
    assert [(item.state, item.error) for item in TaskService(db).items(task.id)] == [
        ("done", ""), ("failed", "This question does not exist any more."),
    ]  # fmt: skip


async def test_answers_without_clear_questions_are_not_stored(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    _add_question(db, images[0], "What color is it?")
    _add_question(db, images[0], "Is it plain?")
    model.enqueue({"answers": [{"answer": "Red."}]})
    task = TaskService(db).create_task(project.id, "image-answer-generation", {"llm_config": MODEL})

    await answering.process_task(task, {"llm_config": MODEL})

    (item,) = TaskService(db).items(task.id)
    assert (item.state, item.error_code) == ("failed", "bad_reply")
    assert item.error.startswith("The model gave 1 answer to 2 questions.")


async def test_an_invalid_label_is_requested_once_more_and_then_marked_for_review(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    _add_question(db, images[0], answer_type="label", options=["red", "blue"])
    model.enqueue_answers("crimson")
    model.enqueue_answers("scarlet")
    config = {"llm_config": MODEL}
    task = TaskService(db).create_task(project.id, "image-answer-generation", config)

    await answering.process_task(task, config)

    with db.reading() as session:
        entry = session.exec(select(ImageDatasets)).one()
    assert "crimson is not one of the labels" in model.history[1].prompt
    assert entry.answer == "scarlet"
    assert entry.needs_review == "scarlet is not one of the labels. Choose from red, blue."


@pytest.mark.parametrize("touched", [{"confirmed": True}, {"rejected": True}])
async def test_a_decided_entry_is_never_replaced_by_a_rerun(
    answering: ImageAnswerGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    db: Database,
    touched: dict[str, Any],
) -> None:
    _add_question(db, images[0])
    await _answer_all(answering, model, project, db, "Red.")
    with db.transaction() as session:
        entry = session.exec(select(ImageDatasets)).one()
        for name, value in touched.items():
            setattr(entry, name, value)

    await _answer_all(answering, model, project, db, "Blue.")

    with db.reading() as session:
        assert [entry.answer for entry in session.exec(select(ImageDatasets))] == ["Red."]


async def test_an_entry_changed_by_a_person_is_never_replaced_by_a_rerun(
    answering: ImageAnswerGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    services: Services,
) -> None:
    _add_question(services.db, images[0])
    await _answer_all(answering, model, project, services.db, "Red.")
    (entry,) = services.dataset.list_dataset_entries(project.id)
    services.dataset.rate_entry(entry.id, 2)

    await _answer_all(answering, model, project, services.db, "Blue.")

    assert services.dataset.get_dataset_entry(entry.id).answer == "Red."


async def test_confirming_an_answer_that_a_rerun_replaced_is_a_conflict(
    answering: ImageAnswerGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    services: Services,
) -> None:
    _add_question(services.db, images[0])
    await _answer_all(answering, model, project, services.db, "Red.")
    (seen,) = services.dataset.list_dataset_entries(project.id)

    await _answer_all(answering, model, project, services.db, "Blue.")

    with pytest.raises(ConflictError):
        services.review.decide(seen.id, seen.version, "confirm")


async def test_an_unreviewed_answer_of_the_same_model_is_replaced_by_a_rerun(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    _add_question(db, images[0])
    await _answer_all(answering, model, project, db, "Red.")

    await _answer_all(answering, model, project, db, "Blue.")

    with db.reading() as session:
        assert [entry.answer for entry in session.exec(select(ImageDatasets))] == ["Blue."]


async def test_each_of_several_models_answers_and_disagreement_is_found(
    answering: ImageAnswerGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    services: Services,
) -> None:
    _add_question(services.db, images[0])
    model.enqueue_answers("Red.")
    model.enqueue_answers("Orange.")
    config = {"concurrency": 1, "llm_config": MODEL, "more_models": [{"model": "anthropic/claude-haiku-4-5"}]}
    task = TaskService(services.db).create_task(project.id, "image-answer-generation", config)

    await answering.process_task(task, config)

    entries = services.dataset.list_dataset_entries(project.id)
    assert {(entry.model, entry.answer) for entry in entries} == {
        ("openai/gpt-4o", "Red."),
        ("anthropic/claude-haiku-4-5", "Orange."),
    }
    assert services.entries.check_counts(project.id, parse_search(""))["disputed"] == 2


async def test_few_shot_examples_are_sent_before_the_image(
    answering: ImageAnswerGenerationTask,
    asking: ImageQuestionGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    services: Services,
) -> None:
    services.dataset.create_dataset_entry(project.id, images[1].id, "Is it plain?", "Quite.", confirmed=True)
    services.dataset.create_dataset_entry(project.id, images[2].id, "Is it plain?", "Not confirmed.")
    _add_question(services.db, images[0])
    model.enqueue_answers("Red.")
    chosen = asking.suggest_examples(project.id, "en", 3)
    config = {"llm_config": MODEL, "example_ids": chosen}
    task = TaskService(services.db).create_task(project.id, "image-answer-generation", config)

    await answering.process_task(task, config)

    (request,) = model.history
    shown = [services.images.model_image(images[place]).data for place in (1, 0)]
    assert [part.data for part in request.images] == shown
    assert "1. Is it plain? Quite." in request.prompt
    assert "about the last image only" in request.prompt
    assert "Not confirmed." not in request.prompt


@pytest.mark.parametrize(("fresh", "calls"), [(False, 1), (True, 2)])
async def test_a_paid_reply_is_reused_unless_a_fresh_one_is_wanted(
    fresh: bool, calls: int, images: list[Images], project: Projects, services: Services
) -> None:
    _add_question(services.db, images[0])
    with FakeProvider(Reply(json.dumps({"answers": [{"number": 1, "answer": "Red."}]}))) as provider:
        model = provider.config()
        llm_config = {"model": model.model, "api_base": model.api_base, "api_key": model.api_key}
        config = {"which": "all", "llm_config": llm_config, "fresh": fresh}
        for _ in range(2):
            task = services.tasks.create_task(project.id, "image-answer-generation", config)
            result = await services.answers.process_task(task, config)
            assert result["total_answers"] == 1

    assert len(provider.calls) == calls


async def test_an_entry_is_no_example_for_its_own_image(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, services: Services
) -> None:
    example = services.dataset.create_dataset_entry(project.id, images[0].id, "Is it plain?", "Quite.", confirmed=True)
    _add_question(services.db, images[0])
    model.enqueue_answers("Red.")
    config = {"llm_config": MODEL, "example_ids": [example.id], "image_ids": [images[0].id]}
    task = TaskService(services.db).create_task(project.id, "image-answer-generation", config)

    await answering.process_task(task, config)

    assert len(model.history[0].images) == 1
    assert "Quite." not in model.history[0].prompt


def test_more_than_ten_questions_of_an_image_are_answered_in_several_calls(
    answering: ImageAnswerGenerationTask, images: list[Images], project: Projects, services: Services
) -> None:
    for number in range(12):
        services.questions.add_manual_question(images[0].id, f"What is object number {number}?")

    plan = list(answering.plan(project.id, {"llm_config": MODEL}))

    assert [len(item.payload["question_ids"]) for item in plan] == [10, 2]


def _add_question(db: Database, image: Images, question: str = "What color is it?", **values: Any) -> None:
    with db.transaction() as session:
        session.add(
            Questions(
                project_id=image.project_id,
                image_id=image.id,
                question=question,
                question_key=question_key(question),
                **values,
            )
        )


async def _answer_all(
    answering: ImageAnswerGenerationTask, model: FakeModel, project: Projects, db: Database, answer: str
) -> None:
    model.enqueue_answers(answer)
    config = {"which": "all", "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, "image-answer-generation", config)
    await answering.process_task(task, config)
