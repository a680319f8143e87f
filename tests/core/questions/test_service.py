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
from core.app import Services
from core.db import Database, LlmCalls
from core.errors import BadReplyError, ConflictError, InvalidInputError, QuotaExceededError
from tests.fakes.model import FakeModel

MODEL = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-typed-for-this-session"}


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def asking(services: Services, model: FakeModel) -> ImageQuestionGenerationTask:
    return ImageQuestionGenerationTask(services.db, model, services.images)


@pytest.fixture
def answering(services: Services, model: FakeModel) -> ImageAnswerGenerationTask:
    return ImageAnswerGenerationTask(services.db, model, services.images)


@pytest.fixture
def images(services: Services, project: Projects) -> list[Images]:
    from tests.pictures import png

    added = services.images.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "green", "blue")])
    return [outcome.image for outcome in added if outcome.image is not None]


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
