"""Questions of the kind grounding: the boxes of replies become boxes of entries, in px of the original."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from core import ImageAnswerGenerationTask, ImageDatasets, ImageQuestionGenerationTask, Images, Projects, TaskService
from core.dataset.edits import UserAction
from core.dataset.regenerate import AnswerRegenerator
from core.errors import InvalidInputError
from core.export.recipe import EntryChoice, ExportRecipe
from core.export.service import ExportService
from core.llm import replies
from core.llm.schemas import PlacedQuestionList
from core.questions import grounding
from core.questions.recipe import KINDS, describe_kinds, question_recipe
from core.services import Services
from tests.fakes.model import FakeModel

GEMINI = {"provider": "gemini", "model": "gemini-3.8-flash"}
CUP = {"label": "red cup", "xyxy": [2000.0, 0.0, 4000.0, 1500.0], "image": 0}


@pytest.fixture
def large(services: Services, project: Projects) -> Images:
    """An image that is sent smaller than it is: 1024 x 768 of 4000 x 3000 px."""
    data = io.BytesIO()
    Image.new("RGB", (4000, 3000), "navy").save(data, "PNG")
    (outcome,) = services.intake.add_images(project.id, [("large.png", data.getvalue())])
    assert outcome.image is not None
    return outcome.image


async def ask(
    services: Services, asking: ImageQuestionGenerationTask, project: Projects, **config: Any
) -> list[ImageDatasets]:
    recipe = {"num_questions": 1, "kinds": {"grounding": 1}, "with_answers": True, "llm_config": GEMINI} | config
    task = TaskService(services.db).create_task(project.id, asking.task_type, recipe)
    await asking.process_task(task, recipe)
    return services.dataset.list_dataset_entries(project.id)


def item(**values: Any) -> dict[str, Any]:
    return {"question": "Where is the red cup?", "kind": "grounding", "answer": "At the top right."} | values


@pytest.mark.parametrize(
    ("language", "phrase"),
    [("en", "top left corner"), ("tr", "sol üst köşe"), ("zh-CN", "左上角")],
)
async def test_boxes_are_asked_for_in_the_form_of_the_model_and_stored_in_px_of_the_original(
    language: str, phrase: str, services: Services, asking: ImageQuestionGenerationTask, model: FakeModel,
    project: Projects, large: Images,
) -> None:  # fmt: skip
    model.enqueue({"items": [item(boxes=[{"label": "red cup", "box": [0, 500, 500, 1000]}])]})

    (entry,) = await ask(services, asking, project, language=language)

    (request,) = model.history
    assert "1 x grounding" in request.prompt
    assert '"box": [y1, x1, y2, x2]' in request.prompt
    assert phrase in request.prompt
    assert (entry.kind, entry.answer, entry.boxes) == ("grounding", "At the top right.", [CUP])


async def test_what_the_boxes_of_a_reply_lack_is_left_for_the_reviewer(
    services: Services, asking: ImageQuestionGenerationTask, model: FakeModel, project: Projects, large: Images
) -> None:
    wrong = [{"label": "cup", "box": [0, 0, 5000, 5000]}]
    model.enqueue({"items": [item(), item(question="Where is the plate?", boxes=wrong), item(question="A?", kind="x")]})

    entries = await ask(services, asking, project, num_questions=3)

    assert [(entry.question, entry.boxes) for entry in entries] == [
        ("Where is the red cup?", None), ("Where is the plate?", None), ("A?", None)
    ]  # fmt: skip
    reasons = [entry.needs_review for entry in entries]
    assert reasons[0] == "The model gave no box. Draw it, or ask again."
    assert reasons[1].startswith("The boxes of the reply could not be placed")
    assert reasons[2] == ""

    drawn = services.dataset.update_dataset_entry(entries[0].id, boxes=[CUP])
    assert drawn.needs_review == ""


async def test_questions_and_answers_can_be_asked_for_one_after_the_other(
    services: Services, asking: ImageQuestionGenerationTask, answering: ImageAnswerGenerationTask, model: FakeModel,
    project: Projects, large: Images,
) -> None:  # fmt: skip
    model.enqueue({"questions": [{"question": "Where is the red cup?", "kind": "grounding"}]})
    assert await ask(services, asking, project, with_answers=False) == []
    assert '"box"' not in model.history[0].prompt
    assert "Where are the two dogs?" in model.history[0].prompt
    boxes = [{"label": "red cup", "box": [0, 500, 500, 1000]}]
    model.enqueue({"answers": [{"number": 1, "answer": "At the top right.", "boxes": boxes}]})

    recipe = {"llm_config": GEMINI}
    task = TaskService(services.db).create_task(project.id, answering.task_type, recipe)
    await answering.process_task(task, recipe)

    assert "1. Where is the red cup? (grounding)" in model.history[1].prompt
    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert (entry.answer, entry.boxes, entry.needs_review) == ("At the top right.", [CUP], "")


async def test_asking_again_replaces_the_boxes_and_an_undo_brings_them_back(
    services: Services, asking: ImageQuestionGenerationTask, model: FakeModel, project: Projects, large: Images
) -> None:
    model.enqueue({"items": [item(boxes=[{"label": "red cup", "box": [0, 500, 500, 1000]}])]})
    (entry,) = await ask(services, asking, project)
    model.enqueue({"answers": [{"answer": "Left.", "boxes": [{"label": "red cup", "box": [0, 0, 1000, 500]}]}]})

    regenerator = AnswerRegenerator(services.db, model, services.images)
    again = await regenerator.regenerate_answer(entry.id, entry.version, UserAction("regenerate", "me"))

    assert again.boxes == [{"label": "red cup", "xyxy": [0.0, 0.0, 2000.0, 3000.0], "image": 0}]
    services.review.undo(project.id, actor="me")
    assert services.dataset.get_dataset_entry(entry.id).boxes == [CUP]


def test_grounding_is_asked_for_only_when_it_is_chosen_and_about_one_image() -> None:
    assert KINDS[-1] == "grounding"
    assert "grounding" not in describe_kinds({}, 3, 0)
    with pytest.raises(InvalidInputError, match="Questions about sets of images have no boxes"):
        question_recipe({"kinds": {"grounding": 1}, "sets": "name"})


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("qwen-grounding-1000", '[\n\t{"bbox_2d":[500,0,1000,500],"label":"red cup"}\n]'),
        ("qwen-grounding-px", '[\n\t{"bbox_2d":[2000,0,4000,1500],"label":"red cup"}\n]'),
    ],
)
async def test_entries_with_the_boxes_of_a_model_are_exported_for_grounding(
    name: str, written: str, services: Services, asking: ImageQuestionGenerationTask, model: FakeModel,
    project: Projects, large: Images,
) -> None:  # fmt: skip
    model.enqueue({"items": [item(boxes=[{"label": "red cup", "box": [0, 500, 500, 1000]}])]})
    await ask(services, asking, project)

    (shown,) = ExportService(services.db, services.images).preview(
        project.id, ExportRecipe(format=name, entries=EntryChoice(confirmed_only=False))
    )

    assert shown.row["conversations"][1]["value"] == written


@pytest.mark.parametrize(
    ("written", "boxes"),
    [
        ('[{"label": "cup", "box": [1, 2, 3, 4]}]', [{"label": "cup", "box": [1, 2, 3, 4]}]),
        ('{"label": "cup", "box_2d": [1, 2, 3, 4]}', [{"label": "cup", "box_2d": [1, 2, 3, 4]}]),
        ('"[[1, 2, 3, 4]]"', ["[[1, 2, 3, 4]]"]), ("null", []), ("7", [7]),
    ],
)  # fmt: skip
def test_whatever_the_boxes_of_a_reply_are_its_answer_is_kept(written: str, boxes: list[Any]) -> None:
    reply = f'Here: {{"items": [{{"question": "Where?", "kind": "grounding", "answer": "Left.", "boxes": {written}}}]}}'
    parsed = replies.parse(reply, PlacedQuestionList, 1)
    assert isinstance(parsed, PlacedQuestionList)
    assert [(item.answer, item.boxes) for item in parsed.items] == [("Left.", boxes)]


@pytest.mark.parametrize(
    ("size_wh", "known"), [((40, 30), (40, 30)), ((0, 30), None), ((40, 0), None), ((None, None), None)]
)
def test_boxes_are_in_px_of_an_original_whose_size_is_known(size_wh: Any, known: tuple[int, int] | None) -> None:
    sent: Any = SimpleNamespace(data=b"image", mime_type="image/png", size_wh=(20, 15))
    original: Any = SimpleNamespace(width=size_wh[0], height=size_wh[1])

    part = grounding.image_part(sent, original)

    assert (part.size_wh, part.original_wh) == ((20, 15), known)
