"""Doubt from answers that disagree, where errors of the dataset and disagreement are planted."""

import json
import re
from collections.abc import Callable

from sqlmodel import select

from core import ImageDatasets, Projects
from core.dataset import parse_search
from core.db import EntryFindings
from core.services import Services
from tests.fakes.provider import Call, FakeProvider, Reply

Make = Callable[..., ImageDatasets]


def _found(services: Services, project: Projects, line: str) -> set[int]:
    page = services.entries.find_entries(project.id, parse_search(line), limit=100)
    return {int(re.findall(r"\d+", entry.question)[0]) for entry in page.items}


def _area(wrong: dict[int, float], right: dict[int, float]) -> float:
    pairs = [(bad > good) + (bad == good) / 2 for bad in wrong.values() for good in right.values()]
    return sum(pairs) / len(pairs)


async def test_planted_errors_have_more_doubt_and_less_support(
    services: Services, project: Projects, provider: FakeProvider, model: dict[str, str], make: Make
) -> None:
    entries = {number: make(f"How many cups are on shelf {number}?", "3") for number in range(24)}
    wrong = set(range(8))  # the truth there is 5, and they are hard: the model wavers more often
    asked: dict[int, int] = {}

    def reply(call: Call) -> Reply:
        (number,) = map(int, re.findall(r"on shelf (\d+)\?", json.dumps(call.body)))
        time = asked[number] = asked.get(number, 0) + 1
        wavers = time > 3 if number in wrong and number != 7 else time > 4 and number % 3 == 0
        answer = f"{time + 6}" if wavers else "5 cups" if number in wrong else "three"
        return Reply(json.dumps({"answers": [{"number": 1, "answer": answer}]}))

    provider.default = reply
    estimate = services.checks.estimate(project.id, "consensus", models=[model])
    assert estimate.calls == 24 * 5
    result = await services.checks.run(project.id, "consensus", models=[model])

    assert set(asked.values()) == {5}
    assert (result["entries"], result["agreed"], result["sure_of_another"]) == (24, 16, 1)
    assert _found(services, project, "consensus:no") == wrong
    assert _found(services, project, "consensus:yes") == set(range(8, 24))
    assert _found(services, project, "doubt:>50") == wrong - {7}
    assert 7 in _found(services, project, "doubt:0")
    with services.db.reading() as session:
        doubts = dict(session.exec(select(EntryFindings.entry_id, EntryFindings.score)).all())
    scores = {number: doubts[entry.id] or 0.0 for number, entry in entries.items()}
    area = _area({n: scores[n] for n in wrong}, {n: scores[n] for n in entries if n not in wrong})
    assert 0.85 < area < 1  # one error is made with certainty


async def test_several_models_are_asked_once_each(
    services: Services, project: Projects, provider: FakeProvider, model: dict[str, str], make: Make
) -> None:
    make("How many cups are on shelf 1?", "3")

    def reply(call: Call) -> Reply:
        answer = {"gpt-4o": "3", "gpt-4o-mini": "three", "gpt-4.1": "4"}[call.body["model"]]
        return Reply(json.dumps({"answers": [{"number": 1, "answer": answer}]}))

    provider.default = reply
    models = [{**model, "model": f"openai/{name}"} for name in ("gpt-4o", "gpt-4o-mini", "gpt-4.1")]
    result = await services.checks.run(project.id, "consensus", models=models)
    assert (len(provider.calls), result["agreed"]) == (3, 1)
    assert _found(services, project, "doubt:>50 consensus:yes") == {1}
