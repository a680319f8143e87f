"""Twins: which images are candidates, what is kept of the answers, and that one undo takes back a pair."""

import pytest

from core import ImageDatasets, Projects
from core.checks.twins.candidates import differs
from core.dataset import parse_search
from core.db import Tasks
from core.errors import InvalidInputError, LLMError
from core.services import Services
from core.tasks import TaskStatus
from tests.core.checks.twins.conftest import found_objects
from tests.fakes.model import FakeModel
from tests.pictures import png

CONFIG = {"llm_config": {"model": "openai/gpt-4o"}}


def tagged(services: Services, project: Projects) -> set[tuple[str, str]]:
    found = services.entries.find_entries(project.id, parse_search("tag:twin")).items
    return {(entry.image_name, entry.answer) for entry in found}


def test_candidates_are_similar_images_of_other_families_that_were_not_asked(
    services: Services, images: list[str], entries: list[ImageDatasets]
) -> None:
    # The first 21 images were asked the same question, so only the last three are left.
    names = [one.image.image_name for one in services.twins.candidates(entries[20].id)]
    assert names == ["21.png", "22.png", "23.png"]
    other = services.dataset.create_dataset_entry(entries[0].project_id, images[0], "Is it day?", "Yes")
    names = [one.image.image_name for one in services.twins.candidates(other.id, 6)]
    assert names == ["02.png", "03.png", "04.png", "05.png", "06.png", "07.png"]


def test_candidates_in_which_nothing_of_the_answer_was_found_come_first(
    services: Services, project: Projects, images: list[str], entries: list[ImageDatasets]
) -> None:
    found_objects(services, project, images[21], "dog")
    found_objects(services, project, images[23], "cat")
    found = services.twins.candidates(entries[20].id)
    assert [(one.image.image_name, one.speaks, one.seen) for one in found] == [
        ("23.png", "against", "No"), ("22.png", "", ""), ("21.png", "for", "Yes"),
    ]  # fmt: skip


def test_answers_differ_when_they_say_something_different() -> None:
    assert differs("Yes", "No")
    assert differs("two dogs", "three dogs")
    assert differs('["cat"]', '["dog"]', "label")
    assert not differs("Yes", "yes.")
    assert not differs("yes", "Yes, there is a dog on the sofa.")
    assert not differs("Yes", "")


async def test_the_first_candidate_with_another_answer_becomes_the_twin(
    services: Services, model: FakeModel, project: Projects, images: list[str], entries: list[ImageDatasets]
) -> None:
    found_objects(services, project, images[21], "dog")
    model.enqueue_answers("Yes, a dog.")
    model.enqueue_answers("No")
    done = await services.twins.draft(project.id, CONFIG | {"max_twins": 1})
    assert (done["twins"], done["asked"], done["status"]) == (1, 2, TaskStatus.COMPLETED)
    assert (done["before"]["share"], done["share_with_twin"]) == (1.0, 1 / 21)
    assert done["after"]["share"] < 1.0
    assert len(model.history) == 2  # the dog that was found was not asked about
    (twin,) = services.entries.find_entries(project.id, parse_search("answer:no")).items
    assert (twin.question, twin.model, twin.confirmed) == ("Is there a dog?", "openai/gpt-4o", False)
    ((of_twin, _),) = services.twins.twins_of([twin.id]).values()
    assert (of_twin.answer, tagged(services, project)) == (
        "Yes", {(twin.image_name, "No"), (of_twin.image_name, "Yes")},
    )  # fmt: skip
    undone = services.review.undo(project.id, actor="task")
    assert undone is not None
    assert (undone.undone, undone.conflicts) == (2, 0)
    assert tagged(services, project) == set()
    assert services.entries.count_entries(project.id, parse_search("answer:no")) == 0
    assert services.twins.twins_of([entry.id for entry in entries]) == {}


async def test_without_another_answer_no_entry_is_added_and_the_calls_are_paid_once(
    services: Services, model: FakeModel, project: Projects, entries: list[ImageDatasets]
) -> None:
    for _ in range(2):
        model.enqueue_answers("Yes")
    done = await services.twins.draft(project.id, CONFIG | {"max_twins": 1, "tries": 2})
    assert (done["twins"], done["asked"], tagged(services, project)) == (0, 2, set())
    assert done["after"] == done["before"]


async def test_a_question_gets_one_twin_and_a_refused_call_costs_only_its_own_item(
    services: Services, model: FakeModel, project: Projects, entries: list[ImageDatasets]
) -> None:
    model.enqueue_answers("No")
    model.enqueue(LLMError("The model did not answer. Try again."))
    model.enqueue_answers("No")
    done = await services.twins.draft(project.id, CONFIG | {"max_twins": 3, "concurrency": 1})
    assert (done["twins"], done["failed"], done["status"]) == (2, 1, TaskStatus.COMPLETED_WITH_FAILURES)
    # Three images were not asked; two of them have a twin now.
    assert services.twins.estimate(project.id, CONFIG).questions == 19


def test_the_estimate_says_how_many_questions_and_calls(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    free = services.twins.estimate(project.id, {"llm_config": {"model": "offline/measure"}, "max_twins": 5})
    assert (free.questions, free.calls_low, free.calls_high, free.cost_low, free.cost_high) == (5, 5, 15, 0.0, 0.0)
    priced = services.twins.estimate(project.id, CONFIG)
    assert priced.questions == 21
    assert priced.cost_low is not None
    assert priced.cost_high is not None
    assert 0 < priced.cost_low < priced.cost_high
    with pytest.raises(InvalidInputError, match="tries cannot be used"):
        services.twins.estimate(project.id, CONFIG | {"tries": 0})


def test_twins_need_the_check_and_vectors(services: Services, project: Projects, images: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="First check how many answers can be guessed"):
        services.twins.estimate(project.id, CONFIG)
    lonely = services.intake.add_images(project.id, [("new.png", png("red"))])[0].image
    assert lonely is not None
    entry = services.dataset.create_dataset_entry(project.id, lonely.id, "Is there a dog?", "Yes")
    with pytest.raises(InvalidInputError, match=r"new\.png has no vector yet"):
        services.twins.candidates(entry.id)


async def test_a_person_types_the_answer_of_a_twin_or_asks_a_model(
    services: Services, model: FakeModel, project: Projects, images: list[str], entries: list[ImageDatasets]
) -> None:
    typed = services.twins.add(entries[0].id, images[22], "No", actor="Anna", batch_id="a-batch-of-anna")
    assert (typed.answer, typed.model, typed.tags, typed.question) == ("No", "", "twin", "Is there a dog?")
    with pytest.raises(InvalidInputError, match=r"22\.png was asked this question already"):
        services.twins.add(entries[1].id, images[22], "No")
    with pytest.raises(InvalidInputError, match="The answer is Yes here too, so it makes no twin"):
        services.twins.add(entries[1].id, images[23], "Yes")
    model.enqueue_answers("yes")
    with pytest.raises(InvalidInputError, match="The answer is yes here too"):
        await services.twins.ask(entries[1].id, images[23], {"model": "openai/gpt-4o"})
    model.enqueue_answers("no")
    asked = await services.twins.ask(entries[1].id, images[23], {"model": "openai/gpt-4o"}, actor="Anna")
    assert (asked.answer, asked.model, len(tagged(services, project))) == ("no", "openai/gpt-4o", 4)
    services.review.undo(project.id, batch_id="a-batch-of-anna")
    assert len(tagged(services, project)) == 2


async def test_a_twin_can_be_verified_when_the_task_of_its_entry_asks_for_that(
    services: Services, model: FakeModel, project: Projects, images: list[str], entries: list[ImageDatasets]
) -> None:
    with services.db.transaction() as session:
        task = Tasks(project_id=project.id, task_type="generate-questions", config={"verifiable": True})
        session.add(task)
        session.get_one(ImageDatasets, entries[1].id).task_id = task.id
    for _ in range(2):
        model.enqueue_answers("There is one, as far as anybody can tell from so far away in the fog.")
    with pytest.raises(InvalidInputError, match="no answer that a program can verify"):
        await services.twins.ask(entries[1].id, images[23], {"model": "openai/gpt-4o"})
    assert tagged(services, project) == set()
