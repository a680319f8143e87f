"""A row of the table of models: what it says of a model, and its place."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.llm import OFFLINE_MODEL
from pages.components.generate import model_table
from pages.components.generate.model_table import _Row
from pages.components.shared import model_picker
from tests.pages.reading import draw
from tests.pages.running import services

RECIPE: Any = SimpleNamespace(config={"batch": True, "concurrency": 4}, unit="image", answers=True)
PREVIEW: Any = SimpleNamespace()


def row(**changed: Any) -> _Row:
    given = {
        "option": "m", "is_favorite": False, "sees": "yes", "low": 0.5, "high": 1.5, "seconds": 2.0, "key": "ready",
    }  # fmt: skip
    return _Row(**given | changed)


def test_favorites_come_first_then_what_has_its_key_then_what_costs_less() -> None:
    rows = [
        row(option="unknown", high=None), row(option="dear"), row(option="free", high=0.0),
        row(option="no key", key="missing", high=0.0), row(option="favorite without a key", key="missing",
        is_favorite=True), row(option="favorite", is_favorite=True, high=9.0),
    ]  # fmt: skip
    assert [one.option for one in sorted(rows, key=lambda one: one.order)] == [
        "favorite", "favorite without a key", "free", "dear", "unknown", "no key",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "cost", "speed"),
    [
        ({}, "$0.50 to $1.50", "2.0 s"),
        ({"low": 0.0, "high": 0.0}, "free", "2.0 s"),
        ({"low": 0.0, "high": 0.5}, "$0.00 to $0.50", "2.0 s"),
        ({"low": None}, "unknown", "2.0 s"),
        ({"high": None, "seconds": None}, "unknown", "unknown"),
    ],
)
def test_price_and_time_are_said_or_called_unknown(changed: dict[str, Any], cost: str, speed: str) -> None:
    cells = model_table._cells(row(**changed))
    assert (cells["Cost"], cells["Speed"]) == (cost, speed)


@pytest.mark.parametrize(
    ("option", "info", "made", "config", "expected"),
    [
        ("openai/a", {}, {}, {"concurrency": 8}, ("yes", False, 4.0, "ready")),
        ("openai/a", {"key_source": None, "vision": None}, {"seconds": None}, {}, ("unknown", False, None, "missing")),
        ("openai/a", {"vision": False}, {"observed_calls": 1}, {}, ("no", True, 2.0, "ready")),
        ("Profile: Kitchen", {}, {}, {}, ("yes", True, 2.0, "ready")),
        (OFFLINE_MODEL, {"model": OFFLINE_MODEL}, {}, {}, ("yes", True, 2.0, "ready")),
    ],
    ids=["a model", "nothing known", "it answered here", "a profile", "built in"],
)
def test_a_row_says_what_is_known_and_profiles_and_models_that_answered_are_favorites(
    option: str, info: dict[str, Any], made: dict[str, Any], config: dict[str, Any], expected: tuple[Any, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    known = {"model": "openai/a", "key_source": "OPENAI_API_KEY", "vision": True, **info}
    estimate = {"seconds": 5.0, "calls": 10, "observed_calls": 0, "cost_low": 0.5, "cost_high": 1.5, **made}
    monkeypatch.setattr(model_picker, "config_of", lambda option: {"model": option})
    monkeypatch.setattr(model_picker, "info_of", lambda _config: SimpleNamespace(**known))
    monkeypatch.setattr(model_table, "_estimate", lambda *_of: SimpleNamespace(**estimate))
    found = model_table._row(option, SimpleNamespace(config=config), PREVIEW)  # type: ignore[arg-type]
    assert (found.sees, found.is_favorite, found.seconds, found.key) == expected
    assert (found.option, found.low, found.high) == (option, 0.5, 1.5)


def test_each_model_is_estimated_alone_for_a_thousand_images_and_never_as_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(services().preview, "estimate", lambda *of, answers: asked.append((*of, answers)))
    model_table._estimate({"model": "m"}, RECIPE, PREVIEW)
    config = {"batch": False, "concurrency": 4, "models": [{"model": "m"}]}
    assert asked == [(config, 1_000, PREVIEW, True)]


def test_a_click_on_a_row_chooses_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for rows, chosen in (([], None), ([1], "b")):
        state: dict[str, Any] = {"generate-models": {"selection": {"rows": rows}}}
        monkeypatch.setattr(st, "session_state", state)
        model_table._choose(["a", "b"])
        assert state.get("generate-model") == chosen


def test_the_table_is_made_when_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_picker, "options", lambda: ["a", "b"])
    rows = {"a": row(option="a", high=9.0), "b": row(option="b")}
    monkeypatch.setattr(model_table, "_row", lambda option, *_of: rows[option])
    at = draw(model_table.show, RECIPE, PREVIEW)
    assert not at.dataframe
    at.session_state["generate-compare"] = True
    assert at.run().dataframe[0].value["Model"].tolist() == ["b", "a"]
