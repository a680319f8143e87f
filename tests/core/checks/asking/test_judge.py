"""A judge on the wire: its scores, its comparison with reviews, and what may be filtered by it."""

import json
import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from core import ImageDatasets, Projects
from core.dataset import parse_search
from core.db import EntryFindings
from core.errors import InvalidInputError, NotFoundError
from core.services import Services
from tests.fakes.provider import Call, FakeProvider, Reply

Make = Callable[..., ImageDatasets]
Model = dict[str, str]
RUBRIC = ["The answer is right.", "The question is clear.", "The image is needed."]
SCORES = {"right": 5, "wrong": 1, "middling": 3}


def _lines(call: Call) -> list[str]:
    prompt = next(text for text in call.texts if "Lines:" in text)
    return re.findall(r"^\d\. (.*)$", prompt.partition("Lines:")[2], re.MULTILINE)


def honest(call: Call) -> Reply:
    """Score by what the answer says, and the last line of the rubric one lower."""
    answer = re.findall(r'^Answer: "(\S+)"', "\n".join(call.texts), re.MULTILINE)[0]
    lines = _lines(call)
    scored = [
        {"number": number, "reason": f"Of {line}", "score": max(1, SCORES[answer] - (line == RUBRIC[-1]))}
        for number, line in enumerate(lines, start=1)
    ]
    return Reply(json.dumps({"lines": scored}))


def fives(call: Call) -> Reply:
    return Reply(
        json.dumps({"lines": [{"number": n, "reason": "", "score": 5} for n in range(1, len(_lines(call)) + 1)]})
    )


@pytest.fixture
def reviewed(services: Services, make: Make) -> list[ImageDatasets]:
    """40 reviewed entries, of which 15 are rejected, and 5 open ones."""
    entries = [make(f"Question {number}?", "wrong" if number % 8 < 3 else "right") for number in range(40)]
    for entry in entries:
        decision = "reject" if entry.answer == "wrong" else "confirm"
        services.review.decide(entry.id, entry.version, decision)
    return [*entries, *(make(f"Open {number}?", "middling" if number else "wrong") for number in range(5))]


def _evidence(services: Services, entry: ImageDatasets) -> tuple[float | None, dict[str, object]]:
    with services.db.reading() as session:
        row = session.exec(select(EntryFindings).where(EntryFindings.entry_id == entry.id)).one()
        return row.score, row.evidence


async def test_a_judge_that_agrees_with_people_is_trusted_and_its_scores_filter(
    services: Services, project: Projects, provider: FakeProvider, model: Model, reviewed: list[ImageDatasets]
) -> None:
    provider.default = honest
    with pytest.raises(InvalidInputError, match="judge: finds nothing before a judge has run"):
        services.entries.count_entries(project.id, parse_search("judge:<3"))
    result = await services.checks.run(
        project.id, "judge", "is:open", models=[model], rubric=RUBRIC, sample=20, compare=40
    )
    assert (result["asked"]["drawn"], result["asked"]["compared"], result["entries"]) == (45, 40, 30)
    assert 20 <= result["asked_again"] <= 45
    assert [line["text"] for line in result["lines"]] == RUBRIC
    assert result["lines"][0]["agreement"] == 1.0
    trust = result["trust"]
    assert (trust["answer"], trust["sentence"]) == ("yes", "agrees with you in 100 of 100, a coin does in 50")
    assert (trust["agreement"]["verdicts"], trust["agreement"]["same_verdicts"]) == (40, 40)
    assert {bias["name"]: bias["found"] for bias in trust["biases"]} == {
        "length": None, "position": False, "one score": False, "own answers": None,
    }  # fmt: skip
    score, evidence = _evidence(services, reviewed[-1])
    assert (score, evidence["scores"]) == (pytest.approx(8 / 3), [3, 3, 2])
    assert evidence.get("again", [3, 3, 2]) == [3, 3, 2]  # in the order of the rubric, however it was shown
    assert evidence["reasons"] == [f"Of {line}" for line in RUBRIC]
    found = services.entries.find_entries(project.id, parse_search("judge:<2 is:open")).items
    assert [entry.id for entry in found] == [reviewed[40].id]
    assert services.entries.count_entries(project.id, parse_search("judge:>=4")) == 25


async def test_a_judge_that_always_says_five_filters_nothing_and_the_sentence_says_why(
    services: Services, project: Projects, provider: FakeProvider, model: Model, reviewed: list[ImageDatasets]
) -> None:
    provider.default = fives
    result = await services.checks.run(project.id, "judge", models=[model], compare=40)
    trust = result["trust"]
    assert trust["answer"] == "no"
    assert trust["sentence"].startswith("agrees with you in 50 of 100, a coin does in 50; it gives 100 of 100")
    for line in ("judge:<3", "-judge:>4", "judge:5 is:open"):
        with pytest.raises(InvalidInputError, match=r"the judge is not trusted \(no: agrees with you in 50 of 100"):
            services.entries.find_entries(project.id, parse_search(line))
    with pytest.raises(InvalidInputError, match="the judge is not trusted"):
        services.review.bulk(project.id, parse_search("judge:<6"), "reject")
    with pytest.raises(InvalidInputError, match="the judge is not trusted"):
        services.dataset.list_dataset_entries(project.id, search="judge:<6")


async def test_reviews_that_come_later_are_compared_without_asking_again(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make
) -> None:
    provider.default = honest
    with pytest.raises(NotFoundError, match="The check judge was not run"):
        services.checks.compare_again(project.id, "judge")
    entries = [make(f"Question {number}?", "wrong" if number % 3 else "right") for number in range(30)]
    first = await services.checks.run(project.id, "judge", models=[model])
    assert (first["trust"]["answer"], first["trust"]["sentence"]) == ("not yet", "0 reviewed entries, needs 30")
    services.review.bulk_ids(project.id, [entry.id for entry in entries if entry.answer == "right"], "confirm")
    sent = len(provider.calls)
    again = services.checks.compare_again(project.id, "judge")
    assert again["trust"]["sentence"] == "0 reviewed entries, needs 30"  # a bulk action is no review of each
    services.review.bulk_ids(project.id, [entry.id for entry in entries], "reopen")
    for entry in entries:
        stored = services.dataset.get_dataset_entry(entry.id)
        assert stored is not None
        services.review.decide(entry.id, stored.version, "confirm" if entry.answer == "right" else "reject")
    again = services.checks.compare_again(project.id, "judge")
    assert (again["trust"]["answer"], again["asked"], again["entries"]) == ("yes", first["asked"], 10)
    assert len(provider.calls) == sent


async def test_a_line_without_a_score_is_no_answer_and_costs_only_its_entry(
    services: Services, project: Projects, provider: FakeProvider, model: Model, make: Make
) -> None:
    def forgets(call: Call) -> Reply:
        if 'Answer: "right"' in "\n".join(call.texts):
            return honest(call)
        return Reply(json.dumps({"lines": [{"number": 1, "reason": "", "score": 9}]}))

    provider.default = forgets
    make("First?", "right")
    make("Second?", "middling")
    result = await services.checks.run(project.id, "judge", models=[model])
    assert (result["entries"], result["asked"]["no_answer"]) == (1, 1)


@pytest.mark.parametrize(
    ("rubric", "message"),
    [
        (["The answer is right.", "It is clear."], "at least 3 items"),
        ([f"Line {number} is true." for number in range(6)], "at most 5 items"),
        (["The answer is right.", "The answer  is right.", "It is clear."], "two lines are the same"),
        (["The answer is right.", "No", "It is clear."], "a line has 5 to 300 characters"),
    ],
)
def test_a_rubric_has_three_to_five_different_lines(
    services: Services, project: Projects, model: Model, make: Make, rubric: list[str], message: str
) -> None:
    make("First?", "right")
    with pytest.raises(InvalidInputError, match=f"rubric cannot be used: .*{message}"):
        services.checks.estimate(project.id, "judge", models=[model], rubric=rubric)
