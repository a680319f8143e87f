"""The card that compares models: its table, what two of them differ in, and when a second one is chosen."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import InvalidInputError
from pages.components.check import arena
from tests.pages.components.check.test_cards import tables
from tests.pages.reading import draw, read
from tests.pages.running import services


def standing(model: str, query: str = "", *, right: int = 8) -> Any:
    result = {
        "score": right / 10, "interval": (right / 10 - 0.1, right / 10 + 0.1), "right": right, "questions": 10,
        "own_answers": 0,
    }  # fmt: skip
    return SimpleNamespace(
        model=model, query=query, result=result, in_train=0, ended_at=datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
    )


def columns(at: AppTest, place: int = 0) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(at.dataframe[place].proto.columns)
    return found


def part(value: str) -> dict[str, Any]:
    return {"value": value, "questions": 4, "score_a": 0.75, "score_b": 0.5, "p": 0.2}


@pytest.mark.parametrize(
    ("second", "more", "said"),
    [("", {}, ["Of 2026-05-01, all entries."]),
     ("kind:count", {"Of": ["2026-05-01, all entries", "2026-05-01, entries of kind:count"]}, [])],
)  # fmt: skip
def test_models_are_ranked_by_score_and_what_they_were_asked_about_is_said_once(
    second: str, more: dict[str, Any], said: list[str]
) -> None:
    at = draw(arena._models, [standing("m/a"), standing("m/b", second, right=5)])
    assert [(one.label, one.value, one.delta) for one in at.metric] == [
        ("Score of m/a", "80 of 100", "between 70 and 90, 10 questions")
    ]
    assert tables(at) == [
        {"Model": ["m/a", "m/b"], "Score": [80.0, 50.0], "Between": ["70 and 90", "40 and 60"],
         "Right": ["8 of 10", "5 of 10"], **more}
    ]  # fmt: skip
    bar = columns(at)["Score"]["type_config"]
    assert (bar["min_value"], bar["max_value"]) == (0, 100)
    assert [one.value.replace("\\", "") for one in at.caption] == said


@pytest.mark.parametrize(
    ("models", "chosen"), [([], []), (["m/a"], []), (["m/a", "m/b"], [("arena-a", "m/a"), ("arena-b", "m/b")])]
)
def test_two_models_are_compared_as_soon_as_there_are_two(
    models: list[str], chosen: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_of: object) -> None:
        raise InvalidInputError("They answered no question both.")

    checks = services().checks
    monkeypatch.setattr(checks, "arena_models", lambda _id: [standing(model) for model in models])
    monkeypatch.setattr(checks, "compare_models", refuse)
    at = draw(arena.show, "p", "")
    assert [(box.key, box.value) for box in at.selectbox] == chosen
    assert ("They answered no question both." in read(at)) is bool(chosen)
    assert at.button(key="run-arena").label == ("Ask a model again" if models else "Ask a model")
    assert bool(at.expander) is bool(models)


def test_two_models_are_compared_by_group_and_lead_to_the_entries_of_either(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "a": "m/a", "b": "m/b@host/v1", "difference": 0.25, "interval": (0.1, 0.4), "p": 0.2, "questions": 4,
        "a_better": 2, "b_better": 0, "not_confirmed": 1,
        "groups": {"kind": [part("")], "language": [part("en")], "answer_type": [part("text")],
                   "measure": [part("vqa"), part("own")]},
    }  # fmt: skip
    monkeypatch.setattr(services().checks, "compare_models", lambda *_of: found)
    at = draw(arena._two, "p", ["m/a", "m/b@host/v1"])
    scores = {"Questions": [4], "a": [75.0], "b": [50.0], "p": [0.2]}
    twice = {name: 2 * values for name, values in scores.items()}
    assert tables(at) == [
        {"Kind": ["none"], **scores}, {"Language": ["en"], **scores}, {"Type of answer": ["text"], **scores},
        {"Scored by": ["VQA accuracy", "own"], **twice},
    ]  # fmt: skip
    assert [columns(at)[side]["label"] for side in ("a", "b")] == ["a", "b"]
    assert "1 entry not confirmed by a person." in read(at)
    assert [line for line in read(at) if line.startswith("[")] == [
        "[Where m/a is better (2) -> explore?q=arena%3Am%2Fa%3Em%2Fb%40host%2Fv1]"
    ]
