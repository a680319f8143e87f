import json
from typing import Any

import pytest

from core import (
    ImageAnswerGenerationTask,
    ImageQuestionGenerationTask,
    Images,
    Projects,
    TaskService,
)
from core.errors import InvalidInputError, NotFoundError, QuotaExceededError
from core.services import Services
from tests.fakes.model import FakeModel
from tests.pictures import png

MODEL = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-typed-for-this-session"}
SCHEMA = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}


async def test_a_fixed_question_is_answered_for_every_image_also_for_later_ones(
    answering: ImageAnswerGenerationTask,
    asking: ImageQuestionGenerationTask,
    model: FakeModel,
    images: list[Images],
    project: Projects,
    services: Services,
) -> None:
    asking.templates.add_template(project.id, "Is the label damaged?")
    assert await _answers(answering, model, project, "No.", "No.", "No.") == 3

    services.intake.add_images(project.id, [("later.png", png("white"))])
    assert len(asking.image_ids_to_answer(project.id)) == 1
    assert await _answers(answering, model, project, "Yes.") == 1

    answers = [entry.answer for entry in services.dataset.list_dataset_entries(project.id)]
    assert sorted(answers) == ["No.", "No.", "No.", "Yes."]
    assert len(model.history) == 4


async def test_a_label_question_takes_exactly_one_label_when_it_says_so(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, services: Services
) -> None:
    services.questions.templates.add_template(
        project.id, "Which color?", answer_type="label", options=["red", "blue"], one_label=True
    )
    assert await _answers(answering, model, project, '["red", "blue"]', '["blue"]', image=images[0]) == 1

    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert 'Options (exactly one): ["red", "blue"]' in model.history[0].prompt
    assert "2 labels were given. Give exactly one." in model.history[1].prompt
    assert (entry.answer, entry.answer_type, entry.needs_review) == ('["blue"]', "label", "")


async def test_a_changed_fixed_question_replaces_the_unanswered_ones_only(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, services: Services
) -> None:
    templates = services.questions.templates
    template = templates.add_template(project.id, "Is it damaged?")
    assert await _answers(answering, model, project, "No.", image=images[0]) == 1
    templates.add_to_images(project.id)

    templates.change_template(template.id, "Which damage?", answer_type="label", options=["none", "scratch"])
    templates.add_to_images(project.id)

    asked = [[question.question for question in services.library.questions_of(image.id)] for image in images]
    assert asked == [["Is it damaged?", "Which damage?"], ["Which damage?"], ["Which damage?"]]
    (changed,) = templates.list_templates(project.id)
    assert (changed.id, changed.answer_type, changed.options) == (template.id, "label", ["none", "scratch"])


def test_a_fixed_question_cannot_be_changed_into_an_existing_one(project: Projects, services: Services) -> None:
    templates = services.questions.templates
    templates.add_template(project.id, "Is it damaged?")
    other = templates.add_template(project.id, "Is it new?")

    with pytest.raises(InvalidInputError, match="exists already"):
        templates.change_template(other.id, "is it damaged")

    assert templates.change_template(other.id, "Is it new?", answer_type="label", options=["yes", "no"]).options
    assert [template.question for template in templates.list_templates(project.id)] == ["Is it damaged?", "Is it new?"]


async def test_a_document_question_is_checked_against_its_schema(
    answering: ImageAnswerGenerationTask, model: FakeModel, images: list[Images], project: Projects, services: Services
) -> None:
    services.questions.templates.add_template(
        project.id, "How many?", answer_type="custom_format", options=SCHEMA
    )  # fmt: skip
    assert await _answers(answering, model, project, '{"count": "2"}', '{"count": 2}', image=images[0]) == 1

    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert (json.loads(entry.answer), entry.needs_review) == ({"count": 2}, "")


async def test_with_answers_the_fixed_questions_are_answered_in_a_second_call(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, services: Services
) -> None:
    asking.templates.add_template(project.id, "Is the label damaged?")
    model.enqueue({"items": [{"question": "What color is it?", "answer": "Red."}]})
    model.enqueue_answers("No.")

    await _ask(asking, project, images[0])

    entries = services.dataset.list_dataset_entries(project.id)
    assert {(entry.question, entry.answer) for entry in entries} == {
        ("What color is it?", "Red."),
        ("Is the label damaged?", "No."),
    }


async def test_generated_questions_are_stored_when_the_call_for_the_fixed_ones_fails(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], project: Projects, services: Services
) -> None:
    asking.templates.add_template(project.id, "Is the label damaged?")
    model.enqueue({"items": [{"question": "What color is it?", "answer": "Red."}]})
    model.enqueue(QuotaExceededError("Nothing left to spend."))

    await _ask(asking, project, images[0])

    assert [entry.answer for entry in services.dataset.list_dataset_entries(project.id)] == ["Red."]
    assert images[0].id in asking.image_ids_to_answer(project.id)


async def test_an_image_with_fixed_questions_only_counts_as_without_questions(
    asking: ImageQuestionGenerationTask, images: list[Images], project: Projects
) -> None:
    asking.templates.add_template(project.id, "Is the label damaged?")
    assert asking.templates.add_to_images(project.id) == 3
    assert asking.templates.add_to_images(project.id) == 0

    assert asking.target_counts(project.id).without_questions == 3


def test_the_same_question_in_another_language_does_not_replace_a_fixed_one(
    services: Services, images: list[Images], project: Projects
) -> None:
    services.questions.add_manual_question(images[0].id, "Logo?", language="en")
    services.questions.templates.add_template(project.id, "Logo?", language="tr")

    assert services.questions.templates.add_to_images(project.id) == 3


def test_a_removed_fixed_question_is_deleted_from_the_images_where_it_is_unanswered(
    services: Services, images: list[Images], project: Projects
) -> None:
    templates = services.questions.templates
    template = templates.add_template(project.id, "Is the label damaged?")
    templates.add_to_images(project.id)
    first = services.questions.list_questions(project.id, images[0].id)[0]
    services.dataset.create_from_question(first.id, "No.")

    assert templates.remove_template(template.id) == 2

    assert [question.image_id for question in services.questions.list_questions(project.id)] == [images[0].id]
    assert templates.list_templates(project.id) == []
    with pytest.raises(NotFoundError):
        templates.remove_template(template.id)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"question": "  "}, "question"),
        ({"question": "is the LABEL damaged"}, "question"),
        ({"question": "Which?", "answer_type": "label", "options": ["one"]}, "options"),
        ({"question": "Which?", "answer_type": "custom_format", "options": {"type": "color"}}, "options"),
        ({"question": "Which?", "answer_type": "custom_format"}, "options"),
        ({"question": "Which?", "answer_type": "number"}, "answer_type"),
    ],
)
def test_an_invalid_fixed_question_is_refused(
    services: Services, project: Projects, given: dict[str, Any], field: str
) -> None:
    services.questions.templates.add_template(project.id, "Is the label damaged?")

    with pytest.raises(InvalidInputError) as caught:
        services.questions.templates.add_template(project.id, **given)

    assert caught.value.field == field


def test_a_question_written_by_a_person_is_stored_once(services: Services, images: list[Images]) -> None:
    first = services.questions.add_manual_question(images[0].id, "Who painted it?")
    again = services.questions.add_manual_question(images[0].id, "who painted it")

    assert (again.id, first.model) == (first.id, "")


async def _answers(
    answering: ImageAnswerGenerationTask,
    model: FakeModel,
    project: Projects,
    *answers: str,
    image: Images | None = None,
) -> int:
    for answer in answers:
        model.enqueue_answers(answer)
    config = {"concurrency": 1, "llm_config": MODEL} | ({"image_ids": [image.id]} if image else {})
    task = TaskService(answering._db).create_task(project.id, "image-answer-generation", config)
    result = await answering.process_task(task, config)
    return int(result["total_answers"])


async def _ask(asking: ImageQuestionGenerationTask, project: Projects, image: Images) -> None:
    config = {"image_ids": [image.id], "num_questions": 1, "with_answers": True, "llm_config": MODEL}
    task = TaskService(asking._db).create_task(project.id, config=config)
    assert (await asking.process_task(task, config))["failed"] == 0
