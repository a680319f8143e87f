"""Bars that are filters, and where one answer dominates."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.dataset import EntryFilter, parse_search
from core.dataset.stats import Balance
from core.search_line import Facet, FacetValue
from pages.components.explore import boards
from pages.components.shared import facet_bars, search_line
from pages.components.shared.facet_bars import Bar, Group
from tests.pages.components.recording import RecordedComponents
from tests.pages.reading import draw, read
from tests.pages.running import services


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


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Group]]:
    """The groups of bars by the key that they are drawn with."""
    found: dict[str, list[Group]] = {}
    monkeypatch.setattr(facet_bars, "show", lambda groups, *, key, on_toggle: found.update({key: groups}))
    return found


@pytest.mark.parametrize(("total", "is_said"), [(0, False), (1, True)])
def test_entries_that_do_not_differ_say_so(
    total: int, is_said: bool, drawn: dict[str, list[Group]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services().entries, "facets", lambda *_of: [Facet("kind", "Kind", ())])
    same = ["These entries do not differ in any of the counted fields."]
    assert read(draw(boards.facets, "p", EntryFilter(), total)) == (same if is_said else [])
    assert drawn == {"facets": []}


def test_a_facet_marks_the_values_that_are_searched_for(
    drawn: dict[str, list[Group]], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = (FacetValue("count", "count", 2), FacetValue("color", "color", 1))
    monkeypatch.setattr(services().entries, "facets", lambda *_of: [Facet("kind", "Kind", values)])
    assert read(draw(boards.facets, "p", parse_search("kind:count"), 3)) == []
    (group,) = drawn["facets"]
    assert (group.title, [(bar.terms, bar.count, bar.on) for bar in group.bars]) == (
        "Kind", [("kind:count", 2, True), ("kind:color", 1, False)],
    )  # fmt: skip


def test_a_check_is_on_while_it_is_searched_for(drawn: dict[str, list[Group]]) -> None:
    project_id = services().projects.create_project("Shelf").id
    draw(boards.quality, project_id, parse_search("check:refusal"))
    assert [bar.terms for bar in drawn["quality"][0].bars if bar.on] == ["check:refusal"]


def test_the_button_of_a_kind_leads_to_questions_with_other_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services().entries, "balance", lambda *_of: [_balance(("2", 5), ("3", 1))])
    clicked = iter([None, "count, 6"])
    monkeypatch.setattr(facet_bars, "show", lambda *_groups, **_more: next(clicked))
    assert "opened" not in draw(boards.balance, "p", EntryFilter()).session_state
    at = draw(boards.balance, "p", EntryFilter())
    assert at.session_state["opened"] == "generate?kinds=count&avoid=2"
    monkeypatch.setattr(services().entries, "balance", lambda *_of: [])
    monkeypatch.setattr(facet_bars, "show", lambda *_groups, **_more: None)
    assert read(draw(boards.balance, "p", EntryFilter()))[1:] == ["No short answers here."]


@pytest.mark.parametrize(("alpha", "said"), [(None, "none yet"), (0.456, "0.46")])
def test_agreement_is_told_with_what_is_left_to_resolve(
    alpha: float | None, said: str, drawn: dict[str, list[Group]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(reviewed=4, agreed=3, alpha=alpha, reviewers=("Ada", "Ben"))
    row = SimpleNamespace(model="m", questions=5, accuracy=0.5, reachable=0.9)
    monkeypatch.setattr(services().collaboration, "agreement", lambda _id: found)
    monkeypatch.setattr(services().collaboration, "model_accuracy", lambda _id: [row])
    project_id = services().projects.create_project("Shelf").id
    at = draw(boards.agreement, project_id, parse_search("check:readers"))
    assert [(one.label, one.value) for one in at.metric] == [
        ("Reviewed twice", "4"), ("Same decision", "75%"), ("Krippendorff's alpha", said),
    ]  # fmt: skip
    assert at.dataframe[0].value.to_dict("records") == [{"Model": "m", "Questions": 5, "Accuracy": 0.5, "Maximum": 0.9}]
    ((bar,),) = (group.bars for group in drawn["readers"])
    assert (bar.label, bar.count, bar.terms, bar.on) == ("Two reviewers disagree", 0, "check:readers", True)
    found.reviewed = 0
    monkeypatch.setattr(services().collaboration, "model_accuracy", lambda _id: [])
    at = draw(boards.agreement, project_id, EntryFilter())
    assert (len(at.metric), len(at.dataframe)) == (0, 0)
    assert len(read(at)) == 1
