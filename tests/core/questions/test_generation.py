"""What both kinds of generation share: items without prepared input, and items of several questions and models."""

from typing import Any

from sqlalchemy import update

from core import ImageAnswerGenerationTask, Images, Projects, Questions
from core.db import Tasks, question_key
from core.llm import session_keys
from core.questions.calibration import _range
from core.services import Services
from core.tasks import ItemContext
from tests.fakes.model import FakeModel

MODEL = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-typed-for-this-session"}


def _add_questions(services: Services, image: Images, count: int, **more: Any) -> list[str]:
    texts = [f"What is number {number}?" for number in range(count)]
    with services.db.transaction() as session:
        rows = [
            Questions(
                project_id=image.project_id, image_id=image.id, question=text, question_key=question_key(text),
                language="en", **more,
            )
            for text in texts
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


async def test_an_item_that_was_not_prepared_is_prepared_when_it_runs(
    services: Services, answering: ImageAnswerGenerationTask, model: FakeModel, project: Projects, images: list[Images]
) -> None:
    (question_id,) = _add_questions(services, images[0], 1)
    task = services.tasks.create_task(project.id, "image-answer-generation", {"llm_config": MODEL})
    item = ItemContext(
        task.id, 1, project.id, 0, images[0].id, {"question_ids": [question_id], "model": 0}, task.config, 1,
        lambda share, step: None, lambda: False,
    )  # fmt: skip
    with services.db.transaction() as session:
        session.exec(update(Tasks).values(status="running"))
    model.enqueue_answers("Red.")

    result = await answering.run_item(item)

    with services.db.transaction() as session:
        assert result.write(session) == {"answers": 1, "unchanged": 0, "short_by": 0}


async def test_items_that_failed_count_as_no_answers(
    services: Services, answering: ImageAnswerGenerationTask, model: FakeModel, project: Projects, images: list[Images]
) -> None:
    (question_id,) = _add_questions(services, images[0], 1)
    config = {"llm_config": MODEL, "question_ids": [question_id, "gone"]}
    task = services.tasks.create_task(project.id, "image-answer-generation", config)
    model.enqueue_answers("Red.")

    result = await answering.process_task(task, config)

    assert (result["total_answers"], result["failed"]) == (1, 1)


def test_a_model_has_the_key_that_was_typed_for_its_place_in_the_task(answering: ImageAnswerGenerationTask) -> None:
    session_keys.register("task", "key-of-the-first", 0)
    session_keys.register("task", "key-of-the-second", 1)

    assert answering._model({"model": "openai/x"}, "task").api_key == "key-of-the-first"
    assert answering._model({"model": "openai/x"}, "task", 1).api_key == "key-of-the-second"
    assert answering._model({"model": "openai/x"}, "other").api_key is None
    assert answering._model({"model": "openai/x"}).api_key is None


def test_answers_are_planned_ten_to_a_call_for_each_model_and_for_what_is_gone(
    services: Services, answering: ImageAnswerGenerationTask, project: Projects, images: list[Images]
) -> None:
    one, of_both = _add_questions(services, images[0], 11), _add_questions(
        services, images[1], 1, more_image_ids=images[2].id
    )  # fmt: skip
    config = {"models": [MODEL, MODEL | {"model": "gpt-5"}], "question_ids": [*one, *of_both, "gone"]}

    plans = [(plan.subject_id, plan.payload) for plan in answering.plan(project.id, config)]

    both = [images[1].id, images[2].id]
    assert plans[:-1] == [
        *((images[0].id, {"question_ids": ids, "model": 0}) for ids in (one[:10], one[10:])),
        (images[1].id, {"question_ids": of_both, "model": 0, "image_ids": both}),
        *((images[0].id, {"question_ids": ids, "model": 1}) for ids in (one[:10], one[10:])),
        (images[1].id, {"question_ids": of_both, "model": 1, "image_ids": both}),
    ]
    assert plans[-1][1] == {"question_ids": ["gone"], "model": 0}


def test_the_range_of_an_estimate_is_two_standard_errors_and_at_least_the_margin() -> None:
    assert _range([100.0] * 4) == (85.0, 115.0)
    assert _range([0.0, 200.0, 0.0, 200.0]) == (0.0, 200.0)
    assert _range([60.0, 140.0, 60.0, 140.0]) == (60.0, 140.0)
    assert _range([10.0, 0.0, 0.0, 0.0])[0] == 0.0
