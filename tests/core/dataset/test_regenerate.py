"""A regenerated answer is stored with its call, can be undone, and never replaces a decided one."""

from typing import Any

import pytest
from sqlmodel import select

from core import ImageDatasets, Projects
from core.dataset.edits import UserAction
from core.dataset.regenerate import AnswerRegenerator
from core.db import LlmCalls, Tasks
from core.errors import BadReplyError, ConflictError, InvalidInputError, LLMError
from core.services import Services
from tests.fakes.model import FakeModel
from tests.pictures import png

MODEL = "openai/gpt-4o"


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def regenerator(services: Services, model: FakeModel) -> AnswerRegenerator:
    return AnswerRegenerator(services.db, model, services.images)


def make(services: Services, project: Projects, **more: Any) -> ImageDatasets:
    image = services.intake.add_images(project.id, [("shelf.png", png("red"))])[0].image
    assert image is not None
    given = {"question": "Which color?", "answer": "green", "model": MODEL} | more
    return services.dataset.create_dataset_entry(project.id, image.id, **given)


def calls(services: Services) -> list[tuple[str, str]]:
    with services.db.reading() as session:
        return [(call.purpose, call.state) for call in session.exec(select(LlmCalls))]


async def test_a_regenerated_answer_replaces_the_old_one_until_undo(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project)
    model.enqueue_answers("red")
    made = await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate", "Anna"))
    assert (made.answer, made.generated_answer, made.version, made.edited) == ("red", "red", 2, False)
    assert (model.history[0].fresh, "Which color?" in model.history[0].prompt) == (True, True)
    assert calls(services) == [("answer again", "ok")]
    assert made.call_id is not None
    event = services.entries.history(entry.id)[-1]
    assert (event.action, event.actor, event.old["answer"], event.new["answer"]) == (
        "regenerate", "Anna", "green", "red",
    )  # fmt: skip
    assert services.review.undo(project.id, actor="Anna") is not None
    assert services.dataset.get_dataset_entry(entry.id).answer == "green"


async def test_the_answer_of_a_decided_entry_is_not_regenerated(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project, confirmed=True)
    with pytest.raises(InvalidInputError, match="decided, so its answer stays"):
        await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"))
    assert (model.history, calls(services)) == ([], [])


async def test_an_entry_confirmed_during_the_call_is_unchanged_and_the_call_is_in_the_ledger(
    model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project)
    model.enqueue_answers("red")

    class SlowModel(FakeModel):
        async def chat(self, *args: Any, **more: Any) -> Any:
            reply = await model.chat(*args, **more)
            services.review.decide(entry.id, 1, "confirm", actor="Ben")
            return reply

    regenerator = AnswerRegenerator(services.db, SlowModel(), services.images)
    with pytest.raises(InvalidInputError, match="decided"):
        await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate", "Anna"))
    stays = services.dataset.get_dataset_entry(entry.id)
    assert (stays.answer, stays.decision) == ("green", "confirmed")
    assert calls(services) == [("answer again", "ok")]


async def test_an_outdated_version_is_refused_before_the_model_is_called(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project)
    services.dataset.update_dataset_entry(entry.id, note="look")
    with pytest.raises(ConflictError):
        await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"))
    assert model.history == []


async def test_an_answer_outside_the_labels_is_stored_with_a_reason_for_review(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project, answer='["red"]', answer_type="label", options=["red", "blue"])
    model.enqueue_answers("scarlet")
    made = await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"))
    assert (made.answer, made.needs_review) == (
        "scarlet", "scarlet is not one of the labels. Choose from red, blue.",
    )  # fmt: skip
    mended = services.dataset.update_dataset_entry(entry.id, answer='["red"]')
    assert mended.needs_review == ""


async def test_the_answer_of_a_person_is_not_regenerated(
    regenerator: AnswerRegenerator, services: Services, project: Projects
) -> None:
    entry = make(services, project, model="")
    with pytest.raises(InvalidInputError, match="not answered by a known model"):
        await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"))


async def test_the_answer_of_a_person_is_regenerated_by_a_chosen_model(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project, model="")
    model.enqueue_answers("red")
    chosen = {"model": "anthropic/claude-haiku-4-5"}
    made = await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"), chosen)
    assert (made.answer, made.model) == ("red", "anthropic/claude-haiku-4-5")


async def test_a_failed_call_changes_nothing(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project)
    model.enqueue(LLMError("The provider is busy."), {"answers": []})
    with pytest.raises(LLMError, match="busy"):
        await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"))
    with pytest.raises(BadReplyError, match="0 answers"):
        await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"))
    assert services.dataset.get_dataset_entry(entry.id).version == 1


async def test_the_task_of_an_entry_may_want_only_answers_that_a_program_can_verify(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project)
    config = {"models": [{"model": MODEL}], "verifiable": True}
    with services.db.transaction() as session:
        task = Tasks(project_id=project.id, task_type="generate-questions", config=config)
        session.add(task)
        session.get_one(ImageDatasets, entry.id).task_id = task.id
    long = "It has a color that nobody could ever tell in fewer than eleven words, I fear."
    model.enqueue_answers(long)
    model.enqueue_answers("red")
    made = await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate"))
    assert made.answer == "red"
    assert [long in request.prompt for request in model.history] == [False, True]
    model.enqueue_answers(long)
    model.enqueue_answers(long)
    with pytest.raises(InvalidInputError, match="no answer that a program can verify"):
        await regenerator.regenerate_answer(entry.id, 2, UserAction("regenerate"))
    assert services.dataset.get_dataset_entry(entry.id).answer == "red"
    assert [state for _, state in calls(services)] == ["ok"] * 4


async def test_an_answer_that_should_have_boxes_and_has_none_is_to_be_looked_at(
    regenerator: AnswerRegenerator, model: FakeModel, services: Services, project: Projects
) -> None:
    entry = make(services, project, question="Where is the cup?", kind="grounding")
    model.enqueue({"answers": [{"number": 1, "answer": "on the shelf", "boxes": []}]})

    made = await regenerator.regenerate_answer(entry.id, 1, UserAction("regenerate", "Anna"))

    assert (made.answer, made.boxes) == ("on the shelf", None)
    assert made.needs_review == "The model gave no box. Draw it, or ask again."
