"""Models asked through litellm over a real socket: what is sent, scored, compared and searched."""

from dataclasses import replace
from typing import Any

import pytest

from core import ImageDatasets, Projects
from core.checks.arena import requests
from core.checks.asking import arena
from core.checks.asking.base import NO_ANSWER, AskedEntry, AskedRun, Reply
from core.dataset import parse_search
from core.db import Exports
from core.errors import InvalidInputError, NotFoundError
from core.llm import ImagePart, ModelConfig
from core.services import Services
from tests.core.checks.arena.conftest import answering
from tests.core.checks.arena.planted import plant_arena
from tests.fakes.provider import FakeProvider


def _ids(services: Services, project: Projects, line: str) -> set[str]:
    return {entry.id for entry in services.entries.find_entries(project.id, parse_search(line)).items}


def test_an_entry_that_got_a_long_answer_after_it_was_drawn_costs_only_itself() -> None:
    entry = AskedEntry(
        id="e", question="What is it?", answer="word " * 40, answer_type="text", options=None, kind="attribute",
        language="en", model="",
    )  # fmt: skip
    run = AskedRun(arena.CHECK.options(), (ModelConfig("openai/gpt-4o"),))
    found = arena.CHECK.finding(entry, [Reply("a shelf", None, "openai/gpt-4o")], run)
    assert (found.verdict, found.score) == (NO_ANSWER, None)


async def test_two_models_are_scored_compared_and_searched(
    services: Services, project: Projects, entries: list[ImageDatasets], provider: FakeProvider
) -> None:
    base = {"api_base": f"{provider.url}/v1", "api_key": "key-of-the-tests"}
    better, worse = {"model": "openai/gpt-4o", **base}, {"model": "openai/mine", **base}
    address = provider.url.removeprefix("http://")
    a, b = f"openai/gpt-4o@{address}", f"openai/mine@{address}"
    provider.default = answering({1})
    assert services.checks.estimate(project.id, "arena", "is:confirmed", models=[better]).entries == 24
    await services.checks.run_arena(project.id, [better], sample="all")
    sent = provider.calls[0]
    assert "Answer with a number, a word or a short phrase, in English." in " ".join(sent.texts)
    assert len(sent.images) == 1
    assert "response_format" not in sent.body
    provider.default = answering({0, *range(2, 14)})
    standing = await services.checks.run_arena(project.id, [worse], sample="all")

    assert [(one.model, one.result["right"], one.result["questions"]) for one in standing] == [(a, 23, 24), (b, 11, 24)]
    assert standing[0].result["own_answers"] == 5
    assert standing[0].result["asked"]["left_out"] == 1
    assert standing[1].result["own_answers"] == standing[1].in_train == standing[1].result["not_confirmed"] == 0
    assert [(part["value"], part["questions"]) for part in standing[0].result["groups"]["kind"]] == [
        ("attribute", 12), ("color", 12),
    ]  # fmt: skip
    low, high = standing[0].result["interval"]
    assert 0.8 < low < 23 / 24 < high <= 1.0

    found = services.checks.compare_models(project.id, a, b)
    assert (found["a_better"], found["b_better"], found["questions"], found["own_answers"]) == (13, 1, 24, 5)
    assert found["difference"] == pytest.approx(0.5)
    assert found["mcnemar_p"] == pytest.approx(30 / 2**14)
    assert found["p"] == pytest.approx(found["mcnemar_p"], abs=0.002)
    assert _ids(services, project, f"arena:{a}>{b}") == {entries[0].id, *(entries[n].id for n in range(2, 14))}
    assert _ids(services, project, f"arena:{b}>{a}") == _ids(services, project, f"arena:{a}=wrong") == {entries[1].id}
    assert len(_ids(services, project, f"arena:{b}=right kind:color")) == 5
    assert _ids(services, project, "arena:openai/gpt-4o=right") == set()
    with pytest.raises(InvalidInputError, match="arena: takes two models"):
        _ids(services, project, "arena:best")
    with pytest.raises(NotFoundError, match="openai/other was not run in the arena"):
        services.checks.compare_models(project.id, a, "openai/other")
    with pytest.raises(InvalidInputError, match="one model in a run"):
        await services.checks.run(project.id, "arena", models=[better, worse])

    await services.checks.run_arena(project.id, [worse], "kind:color", sample=10)
    with pytest.raises(InvalidInputError, match=r"At least 20 entries .* there are 10"):
        services.checks.compare_models(project.id, a, b)


def test_only_an_export_has_a_train_split_that_a_model_can_have_seen(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    plant_arena(services.db, project.id, "openai/mine", {entry.id: 1.0 for entry in entries})
    services.splits.put(project.id, [entries[0].image_id], "test")
    assert [one.in_train for one in services.checks.arena_models(project.id)] == [0]
    with services.db.transaction() as session:
        recipe = {"splits": {"train": 50, "test": 50}}
        session.add(Exports(project_id=project.id, format="llava", recipe=recipe))
    (standing,) = services.checks.arena_models(project.id)
    assert 0 < standing.in_train < len(entries)


async def test_an_offline_model_takes_part_at_no_cost_and_answers_of_people_are_scored_together(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    for answer in ("24", "24", "24", "23", "24", "25"):
        services.dataset.create_dataset_entry(project.id, entries[0].image_id, "How wide is the image?", answer)
    result: Any = await services.checks.run(
        project.id, "arena", '"How wide"', models=[{"provider": "offline", "model": "measure"}]
    )
    assert result["questions"] == 1
    assert result["groups"]["measure"][0]["value"] == "vqa"
    assert not result["asked"]["cost"]


def test_offline_see_gets_what_was_found_and_others_the_question_with_its_form() -> None:
    image = ImagePart(b"jpeg", seen={"objects": []})
    entry = AskedEntry(
        id="e", question="Which?", answer='["a"]', answer_type="label", options=["a", "b"], kind="", language="tr",
        model="", turns=(("Is it red?", "yes"),), image_names=("a.jpg",), images=((image,),),
    )  # fmt: skip
    see = requests.call(entry, ModelConfig("see", "offline"), "").request
    assert see.purpose.details["seen"] == {"objects": []}
    assert see.purpose.details["questions"][0]["options"] == ["a", "b"]
    asked = requests.call(entry, ModelConfig("gpt-4o", "openai"), "").request
    assert asked.schema is None
    assert asked.prompt == (
        "Asked before about the image:\nQuestion: Is it red?\nAnswer: yes\n\nWhich?\n"
        'Options: ["a", "b"]. Answer with the labels that are right, as a JSON array of texts.'
    )
    text = replace(entry, answer_type="text", turns=())
    assert requests.call(text, ModelConfig("gpt-4o", "openai"), "").request.prompt.endswith("phrase, in Turkish.")
    assert requests.call(text, ModelConfig("gpt-4o", "openai"), "One word.").request.prompt == "Which?\nOne word."
