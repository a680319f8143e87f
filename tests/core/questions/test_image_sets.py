"""Questions about sets of images: which are a set, what is sent, what is stored."""

import dataclasses
import json

import pytest

from core import ImageAnswerGenerationTask, ImageQuestionGenerationTask, Images, Projects
from core.errors import InvalidInputError
from core.llm import LLMService
from core.questions import store
from core.questions.image_sets import name_prefix, sets_of
from core.questions.recipe import question_recipe
from core.services import Services
from tests.fakes.model import FakeModel
from tests.fakes.provider import WIRE_FORMATS, FakeProvider, Reply, WireFormat


def _image(name: str, *, source: str = "upload", source_ref: str = "", variant_of: str | None = None) -> Images:
    return Images(
        id=name, project_id="p", image_name=name, path="", size=1, sha256=name, format="PNG", source=source,
        source_ref=source_ref, variant_of=variant_of,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("scan_001.jpg", "scan"), ("scan001.jpg", "scan"), ("room-left.png", "room"), ("Room right.JPG", "room"),
        ("IMG_2024_01.jpg", "img_2024"), ("front.jpg", "front"), ("7.jpg", "7"), ("a.b.jpg", "a"),
    ],
)  # fmt: skip
def test_the_prefix_of_a_name_ends_before_its_last_part_or_number(name: str, prefix: str) -> None:
    assert name_prefix(name) == prefix


def test_the_pages_of_a_document_are_in_their_order_each_before_the_images_in_it() -> None:
    refs = ["a.pdf#page=10", "a.pdf, page 2, image 1", "a.pdf#page=2", "b.pdf#1", "a.pdf#page=2, image 2", "b.pdf#2"]
    images = [_image(ref, source="pdf", source_ref=ref) for ref in refs]
    images += [_image("c", source="upload", source_ref="a.pdf#page=1"), _image("d", source="pdf", source_ref="a.pdf")]

    assert sets_of(images, "pdf", 8) == [(refs[2], refs[1], refs[4], refs[0]), (refs[3], refs[5])]


def test_sets_by_name_are_in_the_order_of_their_numbers_and_leave_single_images_out() -> None:
    images = [_image(name) for name in ("b10.jpg", "a-left.jpg", "b2.jpg", "alone.jpg", "a-right.jpg")]
    assert sets_of(images, "name", 8) == [("b2.jpg", "b10.jpg"), ("a-left.jpg", "a-right.jpg")]


def test_a_selection_is_cut_into_sets_of_nearly_the_same_size() -> None:
    images = [_image(f"{number}") for number in range(7)]
    assert sets_of(images, "selection", 3) == [("0", "1", "2"), ("3", "4"), ("5", "6")]
    assert sets_of(images[:3], "selection", 2) == [("0", "1")]
    assert sets_of(images, "selection", 8) == [tuple("0123456")]
    assert sets_of(images[:1], "selection", 8) == []


def test_pages_of_one_pdf_are_a_set_in_their_order() -> None:
    images = [
        _image("x", source="pdf", source_ref="one.pdf, page 10"),
        _image("w", source="pdf", source_ref="one.pdf, page 9, image 2"),
        _image("y", source="pdf", source_ref="one.pdf, page 9, image 1"),
        _image("z", source="pdf", source_ref="two.pdf, page 1"), _image("u", source_ref="one.pdf, page 8"),
    ]  # fmt: skip
    assert sets_of(images, "pdf", 8) == [("y", "w", "x")]


def test_an_image_and_its_variants_are_a_set_the_original_first() -> None:
    images = [
        _image("x1", variant_of="x"), _image("alone"), _image("x"), _image("y"), _image("x2", variant_of="x"),
        _image("y1", variant_of="y"), _image("z1", variant_of="gone"),
    ]  # fmt: skip
    assert sets_of(images, "variants", 8) == [("x", "x1", "x2"), ("y", "y1")]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"set_size": 1}, "set_size"), ({"set_size": 9}, "set_size"), ({"sets": "color"}, "sets"),
        ({"top_up": True}, "cannot be combined with top_up"), ({"only_failed": True}, "combined with only_failed"),
    ],
)  # fmt: skip
def test_a_recipe_of_sets_is_checked(more: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        question_recipe({"sets": "selection"} | more)


async def test_all_images_of_a_set_are_sent_in_order_and_stored_with_question_and_answer(
    services: Services, project: Projects, asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    model.enqueue({"items": [{"question": "Which is warmer?", "kind": "reasoning", "answer": "Image 1"}]})
    config = {
        "image_ids": [image.id for image in images],
        "sets": "selection",
        "num_questions": 1,
        "with_answers": True,
    }
    task = services.tasks.create_task(project.id, config=config)

    result = await asking.process_task(task, config)

    assert result["questions"][0]["image_ids"] == config["image_ids"]
    (request,) = model.history
    assert [part.data for part in request.images] == [services.images.model_image(image).data for image in images]
    assert request.prompt.startswith(
        "There are 3 images, called image 1 to image 3 in the order in which they are given."
        " Their names: 1. red.png, 2. green.png, 3. blue.png."
    )
    assert "Every question needs at least two of the images" in request.prompt
    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert (entry.image_ids, entry.image_name) == (config["image_ids"], "red.png")
    assert (entry.question, entry.answer) == ("Which is warmer?", "Image 1")


async def test_known_questions_of_a_set_are_not_asked_again_and_those_of_one_image_are_no_obstacle(
    services: Services, project: Projects, asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images]
) -> None:
    first, second, _ = images
    asking.add_manual_question(first.id, "Which is warmer?")
    config = {"image_ids": [first.id, second.id], "sets": "selection", "num_questions": 1}
    for question in ("Which is warmer?", "Which is darker?"):
        model.enqueue_questions(question)
        await asking.process_task(services.tasks.create_task(project.id, config=config), config)

    assert "already: -" in model.history[0].prompt
    assert "already: Which is warmer?" in model.history[1].prompt
    found = sorted((q.question, len(q.image_ids)) for q in asking.list_questions(project.id, second.id))
    assert found == [("Which is darker?", 2), ("Which is warmer?", 2)]


def test_the_questions_of_a_set_come_before_those_of_its_own_entries_oldest_first(
    services: Services, project: Projects, asking: ImageQuestionGenerationTask, images: list[Images]
) -> None:
    image = images[0]
    services.dataset.create_dataset_entry(project.id, image.id, "Asked by an entry alone?", "Yes.", language="en")
    asked = [asking.add_manual_question(image.id, text) for text in ("Asked first?", "Asked second?")]
    services.dataset.create_from_question(asked[0].id, "Yes.", "a model")
    services.dataset.create_dataset_entry(project.id, images[1].id, "About another?", "Yes.", language="en")
    with services.db.reading() as session:
        texts = store.question_texts(session, [image.id], "en")
        assert store.question_texts(session, [image.id], "de") == []
    assert texts == ["Asked first?", "Asked second?", "Asked by an entry alone?"]


async def test_questions_about_a_set_are_answered_with_all_its_images(
    services: Services, project: Projects, asking: ImageQuestionGenerationTask, answering: ImageAnswerGenerationTask,
    model: FakeModel, images: list[Images],
) -> None:  # fmt: skip
    first, second, _ = images
    config = {"image_ids": [second.id, first.id], "sets": "selection", "num_questions": 1}
    model.enqueue_questions("Which is warmer?")
    await asking.process_task(services.tasks.create_task(project.id, config=config), config)
    asking.add_manual_question(second.id, "What is it?")
    model.enqueue_answers("Image 2")
    model.enqueue_answers("A color")

    task = services.tasks.create_task(project.id, "image-answer-generation", config={"concurrency": 1})
    await answering.process_task(task, {"concurrency": 1})

    of_set, alone = model.history[1:]
    assert [part.data for part in of_set.images] == [services.images.model_image(i).data for i in (second, first)]
    assert of_set.prompt.startswith("There are 2 images")
    assert "Every question needs" not in of_set.prompt
    assert len(alone.images) == 1
    answers = {entry.answer: entry.image_ids for entry in services.dataset.list_dataset_entries(project.id)}
    assert answers == {"Image 2": [second.id, first.id], "A color": [second.id]}


def test_the_preview_of_a_set_shows_what_will_be_sent(
    services: Services, project: Projects, images: list[Images]
) -> None:
    config = {"image_ids": [image.id for image in images], "sets": "selection", "set_size": 3}
    shown = services.preview.request(project.id, config)
    assert [image.id for image in shown.images] == [image.id for image in images]
    assert shown.prompt.startswith("There are 3 images")


def test_images_that_make_no_set_are_named(services: Services, project: Projects, images: list[Images]) -> None:
    with pytest.raises(InvalidInputError, match="No two of these images belong to a set"):
        services.preview.request(project.id, {"sets": "name"})


@pytest.mark.parametrize("wire", WIRE_FORMATS)
async def test_every_wire_has_the_images_of_a_set_in_order_for_questions_and_for_answers(
    wire: WireFormat, services: Services, project: Projects, images: list[Images]
) -> None:
    config = {"image_ids": [image.id for image in images][::-1], "sets": "selection", "num_questions": 1}
    expected = [services.images.model_image(image).data for image in images][::-1]
    with FakeProvider() as provider:
        provider.enqueue(
            Reply(json.dumps({"questions": [{"question": "Which is warmest?", "kind": "reasoning"}]})),
            Reply(json.dumps({"answers": [{"number": 1, "answer": "Image 3"}]})),
        )
        config["llm_config"] = llm_config = dataclasses.asdict(provider.config(wire))
        asks = ImageQuestionGenerationTask(services.db, LLMService(), services.images)
        await asks.process_task(services.tasks.create_task(project.id, config=config), config)
        answers = ImageAnswerGenerationTask(services.db, LLMService(), services.images)
        task = services.tasks.create_task(project.id, "image-answer-generation", config={"llm_config": llm_config})
        await answers.process_task(task, {"llm_config": llm_config})

    assert [call.images for call in provider.calls] == [expected, expected]
    assert ["1. blue.png, 2. green.png, 3. red.png" in call.texts[-1] for call in provider.calls] == [True, True]
    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert (entry.image_ids, entry.answer) == (config["image_ids"], "Image 3")
