import io
from typing import Any

import pytest
from PIL import Image
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
from core.app import Services
from core.dataset import parse_search
from core.db import Database, LlmCalls
from core.errors import BadReplyError, ConflictError, InvalidInputError, NoVisionError, QuotaExceededError
from tests.fakes.model import FakeModel

MODEL = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-typed-for-this-session"}


async def test_questions_for_one_image_are_returned_and_stored(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    model.enqueue_questions("What colour is it?", "Is it plain?", "How wide is it?")

    questions = await asking.generate_questions_for_image(images[0], MODEL, num_questions=3)

    assert questions == ["What colour is it?", "Is it plain?", "How wide is it?"]
    stored = asking.list_questions(images[0].project_id, images[0].id)
    assert [(row.question, row.model, row.answered) for row in stored] == [
        ("What colour is it?", "openai/gpt-4o", False),
        ("Is it plain?", "openai/gpt-4o", False),
        ("How wide is it?", "openai/gpt-4o", False),
    ]
    with db.reading() as session:
        assert [(call.state, call.cost) for call in session.exec(select(LlmCalls))] == [("ok", 0.001)]


async def test_the_missing_questions_are_asked_for_once_with_those_there_are(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    model.enqueue_questions("What colour is it?", "what COLOUR is it")
    model.enqueue_questions("Is it plain?")

    questions = await asking.generate_questions_for_image(images[0], MODEL, num_questions=3)

    assert questions == ["What colour is it?", "Is it plain?"]
    assert len(model.history) == 2
    assert "write exactly 2 questions" in model.history[1].prompt
    assert "What colour is it?" in model.history[1].prompt


async def test_what_the_first_call_brought_is_kept_when_the_second_fails(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    model.enqueue_questions("What colour is it?")
    model.enqueue(QuotaExceededError("Nothing left to spend."))

    assert await asking.generate_questions_for_image(images[0], MODEL, num_questions=2) == ["What colour is it?"]
    with db.reading() as session:
        assert [call.state for call in session.exec(select(LlmCalls))] == ["ok"]


async def test_a_model_with_nothing_new_to_ask_fails_in_words_and_the_call_is_booked(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], db: Database
) -> None:
    model.enqueue({"questions": []}, {"questions": []})

    with pytest.raises(BadReplyError, match="asked nothing new"):
        await asking.generate_questions_for_image(images[0], MODEL)

    with db.reading() as session:
        assert [(call.state, call.cost) for call in session.exec(select(LlmCalls))] == [("failed", 0.001)] * 2


async def test_a_single_question_is_asked(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    model.enqueue_questions("Is it plain?")

    assert await asking.generate_single_question(images[0].id, MODEL) == "Is it plain?"


async def test_a_task_asks_about_every_image_and_reports_what_it_made(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    for _ in images:
        model.enqueue_questions("What colour is it?")
    config: dict[str, Any] = {"num_questions": 1, "concurrency": 1, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    result = await asking.process_task(task, config)

    assert {name: result[name] for name in ("status", "processed", "failed", "total_questions")} == {
        "status": "completed",
        "processed": 3,
        "failed": 0,
        "total_questions": 3,
    }
    assert {one["image_id"] for one in result["questions"]} == {image.id for image in images}


async def test_the_key_of_a_task_is_used_and_never_stored(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    model.enqueue_questions("What colour is it?")
    config: dict[str, Any] = {"image_ids": [images[0].id], "num_questions": 1, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    await asking.process_task(task, config)

    db.close()
    for path in db.data_dir.rglob("*"):
        assert path.is_dir() or b"sk-typed-for-this-session" not in path.read_bytes()


async def test_a_task_names_what_failed_and_why(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    model.enqueue_questions("What colour is it?")
    model.enqueue(BadReplyError("The reply was not a list of questions."))
    model.enqueue_questions("What colour is it?")
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


async def test_questions_and_answers_in_one_call_become_entries(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    model.enqueue({"items": [{"question": "What colour is it?", "answer": "Red.", "kind": "attribute"}]})
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
        "What colour is it?",
        "Red.",
        "attribute",
        "openai/gpt-4o",
        False,
        False,
    )
    assert asking.list_questions(project.id)[0].answered


async def test_answers_of_one_image_come_in_one_call_and_by_their_numbers(
    answering: ImageAnswerGenerationTask,
    asking: ImageQuestionGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    db: Database,
) -> None:
    model.enqueue_questions("What colour is it?", "Is it plain?")
    await asking.generate_questions_for_image(images[0], MODEL, num_questions=2)
    model.enqueue({"answers": [{"number": 2, "answer": "Yes."}, {"number": 1, "answer": "Red."}]})
    config = {"llm_config": MODEL}
    task = TaskService(db).create_task(project.id, "image-answer-generation", config)

    result = await answering.process_task(task, config)

    with db.reading() as session:
        entries = session.exec(select(ImageDatasets)).all()
    assert result["total_answers"] == 2
    assert {(entry.question, entry.answer) for entry in entries} == {
        ("What colour is it?", "Red."),
        ("Is it plain?", "Yes."),
    }


async def test_an_invalid_label_is_asked_about_once_more_and_then_marked_for_review(
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
async def test_what_a_person_decided_is_never_replaced_by_a_rerun(
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


async def test_a_change_by_a_person_is_never_replaced_by_a_rerun(
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


async def test_an_answer_that_a_rerun_replaced_is_not_confirmed_unseen(
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
        services.dataset.decide(seen.id, seen.version, "confirm")


async def test_an_untouched_answer_of_the_same_model_is_replaced_by_a_rerun(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    _add_question(db, images[0])
    await _answer_all(answering, model, project, db, "Red.")

    await _answer_all(answering, model, project, db, "Blue.")

    with db.reading() as session:
        assert [entry.answer for entry in session.exec(select(ImageDatasets))] == ["Blue."]


async def test_each_of_several_models_answers_and_their_answers_stand_beside_each_other(
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
    assert services.dataset.check_counts(project.id, parse_search(""))["disputed"] == 2


async def test_confirmed_entries_are_shown_first_with_their_images(
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


async def test_a_model_that_does_not_see_is_refused_before_a_task_is_made(
    asking: ImageQuestionGenerationTask, images: list[Images], project: Projects, services: Services
) -> None:
    tasks = TaskService(services.db, lambda: {asking.task_type: asking})

    with pytest.raises(NoVisionError, match="Use one that can, for example"):
        tasks.create_task(project.id, config={"llm_config": {"model": "openai/gpt-3.5-turbo"}})

    assert tasks.list_tasks(project.id) == []


async def test_images_are_sent_as_small_as_the_model_wants_them(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    model.enqueue_questions("What colour is it?")

    await asking.generate_questions_for_image(images[0], {**MODEL, "max_side_px": 8}, num_questions=1)

    with Image.open(io.BytesIO(model.history[0].images[0].data)) as sent:
        assert max(sent.size) == 8


async def test_missing_questions_are_counted_for_the_whole_task(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, db: Database
) -> None:
    for _ in images:
        model.enqueue_questions("What colour is it?")
        model.enqueue_questions("What colour is it?")
    config: dict[str, Any] = {"num_questions": 3, "concurrency": 1, "llm_config": MODEL}
    task = TaskService(db).create_task(project.id, config=config)

    await asking.process_task(task, config)

    assert asking.shortfall(task.id) == 6
    assert [result.short_by for result in asking.newest_results(task.id)] == [2, 2, 2]


def _add_question(db: Database, image: Images, **values: Any) -> None:
    with db.transaction() as session:
        session.add(
            Questions(
                project_id=image.project_id,
                image_id=image.id,
                question="What colour is it?",
                question_key="what colour is it",
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
