from typing import Any

from core import ImageQuestionGenerationTask, Images, Projects, Questions, TaskService
from core.errors import BadReplyError
from core.questions import store, targets
from core.questions.store import Origin
from core.services import Services
from tests.fakes.model import FakeModel

MODEL = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-typed-for-this-session"}


async def test_failed_images_are_a_choice_until_their_item_succeeds(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects
) -> None:
    model.enqueue_questions("What color is it?")
    model.enqueue(BadReplyError("Not a list."), BadReplyError("Not a list."))
    await _run(asking, project)
    assert asking.target_counts(project.id).failed == 2

    model.enqueue_questions("What color is it?")
    model.enqueue(BadReplyError("Not a list."))
    await _run(asking, project, only_failed=True)

    assert asking.target_counts(project.id).failed == 1


async def test_topping_up_requests_only_the_missing_questions(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, services: Services
) -> None:
    for text in ("What color is it?", "Is it plain?", "How wide is it?"):
        services.questions.add_manual_question(images[0].id, text)
    services.questions.add_manual_question(images[1].id, "What color is it?")
    assert asking.target_counts(project.id, "en", 3).below == 2
    model.enqueue_questions("Is it plain?", "How wide is it?")
    model.enqueue_questions("What color is it?", "Is it plain?", "How wide is it?")

    await _run(asking, project, num_questions=3, top_up=True)

    assert ["exactly 2" in request.prompt for request in model.history] == [True, False]
    assert [len(asking.list_questions(project.id, image.id)) for image in images] == [3, 3, 3]


def test_selected_images_that_a_filter_leaves_out_are_no_error(
    asking: ImageQuestionGenerationTask, images: list[Images], project: Projects, services: Services
) -> None:
    services.questions.add_manual_question(images[0].id, "What color is it?")
    config = {"image_ids": [image.id for image in images], "only_without_questions": True}

    assert [item.subject_id for item in asking.plan(project.id, config)] == [images[1].id, images[2].id]


async def test_images_with_questions_in_another_language_are_without_questions_in_this_one(
    asking: ImageQuestionGenerationTask, images: list[Images], project: Projects, services: Services
) -> None:
    services.questions.add_manual_question(images[0].id, "Ne renk?", language="tr")

    assert asking.target_counts(project.id, "tr").without_questions == 2
    assert asking.target_counts(project.id, "en").without_questions == 3


def test_images_with_open_questions_or_with_any_are_chosen_to_be_answered(
    images: list[Images], project: Projects, services: Services
) -> None:
    answered = services.questions.add_manual_question(images[0].id, "What color is it?")
    services.questions.add_manual_question(images[1].id, "What color is it?")
    with services.db.transaction() as session:
        image = session.get(Images, images[0].id)
        question = session.get(Questions, answered.id)
        assert image is not None
        assert question is not None
        store.store_answer(session, image, question, "Red", Origin("openai/small", "en"))

    with services.db.reading() as session:
        assert targets.image_ids_to_answer(session, project.id, "unanswered") == [images[1].id]
        assert targets.image_ids_to_answer(session, project.id, "all") == [images[0].id, images[1].id]


async def _run(asking: ImageQuestionGenerationTask, project: Projects, **more: Any) -> None:
    config = {"num_questions": 1, "concurrency": 1, "llm_config": MODEL} | more
    task = TaskService(asking._db).create_task(project.id, config=config)
    await asking.process_task(task, config)
