"""What a model knows without the image and with it, where both are planted."""

import json
import re
from collections.abc import Callable

import pytest

from core import ImageDatasets, Projects
from core.checks.asking.base import AskedEntry, AskedRun, Reply
from core.checks.asking.second_opinion import CHECK, Options
from core.dataset import parse_search
from core.llm import ModelConfig
from core.llm.schemas import AnswerList
from core.services import Services
from tests.core.checks.planted import checked
from tests.fakes.provider import Call, FakeProvider
from tests.fakes.provider import Reply as Sent

Make = Callable[..., ImageDatasets]


def _found(services: Services, project: Projects, line: str) -> set[str]:
    page = services.entries.find_entries(project.id, parse_search(line), limit=100)
    return {re.findall(r"\d+", entry.question)[0] for entry in page.items}


async def test_the_shares_are_those_that_a_model_knows_with_and_without_the_image(
    services: Services, project: Projects, provider: FakeProvider, model: dict[str, str], make: Make
) -> None:
    for number in range(40):
        make(f"How many cups are on shelf {number}?", "three", kind="count" if number % 2 else "color")
    make("Describe shelf 99.", "A shelf of old dark wood with three cups and a plate on it.")

    def reply(call: Call) -> Sent:
        (number,) = map(int, re.findall(r"on shelf (\d+)\?", json.dumps(call.body)))
        if not call.images and number == 39:
            return Sent("I'm sorry, I cannot see any image.")
        knows = number < 28 if call.images else number < 10 or number == 30
        return Sent(json.dumps({"answers": [{"number": 1, "answer": "3 cups" if knows else "five"}]}))

    provider.default = reply
    result = await services.checks.run(project.id, "second-opinion", models=[model], sample="all")
    assert (result["blind"]["right"], result["seen"]["right"], result["entries"]) == (11, 28, 40)
    assert result["worth"]["share"] == pytest.approx(17 / 40)
    low, high = result["worth"]["interval"]
    assert 0.2 < low < 17 / 40 < high < 0.6
    assert result["silent"] == 1
    assert (result["asked"]["left_out"], result["asked"]["no_answer"]) == (1, 0)
    kinds = {row["value"]: row for row in result["kinds"]}
    assert (kinds["count"]["blind"]["right"], kinds["color"]["blind"]["right"]) == (5, 6)
    assert (kinds["count"]["seen"]["right"], kinds["color"]["seen"]["right"]) == (14, 14)
    known_blind = {str(number) for number in (*range(10), 30)}
    assert _found(services, project, "blind:yes") == known_blind
    assert _found(services, project, "blind:no") == {str(number) for number in range(40)} - known_blind
    assert _found(services, project, "seen:yes") == {str(number) for number in range(28)}
    assert _found(services, project, "seen:no blind:yes") == {"30"}

    sent = len(provider.calls)
    blind_only = await services.checks.run(project.id, "second-opinion", models=[model], with_image=False)
    assert blind_only["blind"]["right"] == 11
    assert "seen" not in blind_only
    assert _found(services, project, "blind:yes") == known_blind
    assert len(provider.calls) <= sent + 2  # what was said without the image is known; the refusal is asked for again


async def test_a_built_in_model_is_asked_at_no_cost(services: Services, project: Projects, make: Make) -> None:
    make("How wide is the image in pixels?", "64")
    model = {"model": "offline/measure"}
    estimate = services.checks.estimate(project.id, "second-opinion", models=[model])
    assert (estimate.calls, estimate.cost_low, estimate.cost_high, estimate.tokens_high) == (2, 0, 0, 0)
    result = await services.checks.run(project.id, "second-opinion", models=[model])
    assert (result["blind"]["right"], result["asked"]["cost"]) == (0, 0)


def test_the_question_is_asked_in_its_form_and_the_image_is_left_out_of_the_guess() -> None:
    run = AskedRun(Options(), (ModelConfig("openai/gpt-4o"),))
    entry = AskedEntry(
        "1", "Which?", '["cup"]', "label", ["cup", "plate"], "", "tr", "", turns=(("What is it?", "A shelf."),),
        images=((),),
    )  # fmt: skip
    blind, seen = CHECK.calls(entry, run)
    assert "You are not shown the image" in blind.request.prompt
    assert blind.request.images == ()
    for part in (
        "Question: What is it?\nAnswer: A shelf.",
        "1. Which?",
        'exactly as written: ["cup", "plate"]',
        "Answer in Turkish",
    ):
        assert part in seen.request.prompt


def test_a_reply_about_the_image_that_cannot_be_read_is_no_answer() -> None:
    run = AskedRun(Options(), (ModelConfig("openai/gpt-4o"),))
    entry = AskedEntry("1", "Which?", "cup", "text", None, "", "en", "")
    read = Reply("", AnswerList.model_validate({"answers": [{"number": 1, "answer": "cup"}]}), "openai/gpt-4o")
    unread = Reply("", None, "openai/gpt-4o", "The reply contains no readable JSON.")
    assert CHECK.finding(entry, [read, unread], run).verdict == "no answer"
    assert CHECK.finding(entry, [unread, read], run).verdict == "seen"
    assert CHECK.finding(entry, [read, read], run).verdict == "both"


def test_boxes_and_long_answers_are_not_asked_about() -> None:
    assert CHECK.fits(checked("1", "Which?", "cup", family=0))
    assert not CHECK.fits(checked("1", "Where?", "On the left", family=0, kind="grounding"))
    assert not CHECK.fits(checked("1", "Which?", "one two three four five six seven eight nine", family=0))
