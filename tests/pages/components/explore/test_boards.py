"""Bars that are filters, and where one answer dominates."""

from typing import Any

import pytest
import streamlit as st

from core.dataset import EntryFilter, parse_search
from core.dataset.stats import Balance
from pages.components.explore import boards
from pages.components.shared import facet_bars, search_line
from pages.components.shared.facet_bars import Bar, Group
from tests.pages.components.recording import RecordedComponents


def _balance(*answers: tuple[str, int], kind: str = "count") -> Balance:
    return Balance(kind, sum(count for _, count in answers), answers)


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        ((("2", 3), ("3", 2)), "60% of count answers are 2."),
        ((("2", 59), ("3", 41)), ""),
        ((("2", 4),), ""),
        ((("2", 5),), "100% of count answers are 2."),
    ],
)
def test_an_answer_dominates_from_three_fifths_of_at_least_five(
    answers: tuple[tuple[str, int], ...], hint: str
) -> None:
    group = boards._balance_group("Count, 5", _balance(*answers), EntryFilter())

    assert (group.title, group.hint) == ("Count, 5", hint)
    assert bool(group.action) is bool(hint)
    assert [(bar.label, bar.count) for bar in group.bars] == list(answers)


def test_a_kind_that_is_never_asked_for_offers_no_questions() -> None:
    group = boards._balance_group("x", _balance(("2", 5), kind="own kind"), EntryFilter())

    assert group.hint != ""
    assert group.action == ""


def test_the_bar_of_an_answer_is_a_filter_and_marked_when_it_is_on() -> None:
    group = boards._balance_group("x", _balance(('["red", "blue"]', 5), ("", 1)), EntryFilter())
    on = boards._balance_group("x", _balance(("2", 5)), parse_search("kind:count answer:2"))

    assert [bar.label for bar in group.bars] == ["red, blue", "none"]
    assert group.bars[1].terms == "kind:count answer:none"
    assert [bar.on for bar in (*group.bars, *on.bars)] == [False, False, True]
    assert boards._balance_group("x", _balance(("2", 5), kind=""), EntryFilter()).bars[0].terms.startswith("kind:none")


@pytest.mark.parametrize(
    ("line", "toggled", "after"),
    [
        ("", "kind:count", "kind:count"),
        ("red", "kind:count", "red kind:count"),
        ("red kind:count", "kind:count", "red"),
        ("kind:count", "kind:count answer:2", "kind:count answer:2"),
        ("kind:count answer:2 red", "kind:count answer:2", "red"),
        (None, "kind:count", "kind:count"),
    ],
)
def test_a_click_adds_the_terms_of_a_bar_or_removes_them(
    line: str | None, toggled: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {search_line.KEY: line}
    monkeypatch.setattr(st, "session_state", state)

    boards.toggle(toggled)

    assert state[search_line.KEY] == after


def test_bars_are_drawn_and_a_button_reports_its_group(
    components: RecordedComponents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "session_state", {"k": {"toggled": "kind:count"}})
    toggled: list[str] = []
    groups = [Group("Kind", [Bar("count", 2, "kind:count")])]

    assert facet_bars.show(groups, key="k", on_toggle=toggled.append) is None
    assert components.data["vitrine_bars"] == {
        "groups": [
            {
                "title": "Kind", "hint": "", "action": "",
                "bars": [{"label": "count", "count": 2, "terms": "kind:count", "on": False}],
            }
        ]
    }  # fmt: skip
    components.callbacks["vitrine_bars"]["on_toggled_change"]()
    assert toggled == ["kind:count"]
    components.reports = {"acted": {"title": "Kind", "at": 1}}
    assert facet_bars.show(groups, key="k", on_toggle=toggled.append) == "Kind"
