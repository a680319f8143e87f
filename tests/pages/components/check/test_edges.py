"""What cards show at their edges: no part of a bar, one kind of reply only, nothing looked at, nothing left to do."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.checks.tool_opinions.tester import NOT_LOOKED_AT
from core.llm import session_keys
from pages.components.check import asking, card, heldout, running, second_opinion, tools, twins, worth
from pages.components.shared.model_picker import ModelChoice
from tests.pages.components.check.planted import REPORTS
from tests.pages.components.check.test_cards import tables
from tests.pages.reading import draw, read
from tests.pages.running import services


@pytest.fixture(autouse=True)
def _no_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "of_when", lambda _report: "Of today.")
    monkeypatch.setattr(heldout.moment, "text", lambda _at: "today")


def report(check: str, **changed: Any) -> Any:
    return SimpleNamespace(result=REPORTS[check] | changed, query="", check=check, ended_at=None)


def test_parts_of_a_bar_have_four_shades_in_the_color_of_the_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(st, "html", drawn.append)
    monkeypatch.setattr(st, "get_option", {"theme.light.primaryColor": "#123456"}.get)
    draw(card.bar, [(name, 1) for name in "abcdef"])
    assert re.findall(r"opacity:([\d.]+)", drawn[0]) == ["0.85", "0.45", "0.25", "0.15", "0.15", "0.15"]
    assert "color:#123456" in drawn[0]


def test_a_model_that_saw_no_image_has_a_share_and_no_difference() -> None:
    blind = REPORTS["second-opinion"]["blind"]
    found = {"entries": 80, "blind": blind, "asked": REPORTS["second-opinion"]["asked"]}
    at = draw(second_opinion._numbers, SimpleNamespace(result=found, query=""))
    assert [(one.label, one.value, one.delta) for one in at.metric] == [
        ("Answers known without the image", "20 of 100", "between 10 and 30")
    ]
    assert "Known 20% · Not known 80%" in read(at)
    assert second_opinion._wrong(found) is False
    at = draw(second_opinion._kinds, {"kinds": [{"value": "count", "entries": 80, "blind": blind}]})
    assert tables(at) == [{"Kind": ["count"], "Entries": [80], "Without": ["20 (10 to 30)"]}]


@pytest.mark.parametrize(("reason", "links"), [(NOT_LOOKED_AT, ["[Analyze images -> images]"]), ("Too vague", [])])
def test_images_are_analyzed_when_tools_had_nothing_to_look_at(reason: str, links: list[str]) -> None:
    at = draw(tools._numbers, report("tools", tested=0, reasons=[{"entries": 1, "reason": reason}]))
    assert [line for line in read(at) if line.startswith("[")] == links
    assert not at.metric


@pytest.mark.parametrize(("both", "image", "is_said"), [(0, 0, False), (1, 1, True), (0, 1, True), (1, 0, True)])
def test_exports_leave_out_what_shows_an_image_of_the_test_set(
    both: int, image: int, is_said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services().entries, "count_entries", lambda _id, search: 0 if "heldout" in str(search) else 10)
    shown = read(draw(heldout._numbers, "p", report("heldout", both=both, image=image, question=2, entries=6)))
    assert ("Exports leave out what is in the test set." in shown) is is_said
    assert "[Show them -> explore?q=heldout%3Ayes]" in shown
    assert any("Not there" in line for line in shown)


def test_the_key_of_a_model_that_drafts_twins_is_kept_for_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[str, str, int]] = []
    estimate = SimpleNamespace(questions=2, calls_low=2, calls_high=2, cost_low=0.0, cost_high=0.0)
    monkeypatch.setattr(session_keys, "register", lambda *of: kept.append(of))
    monkeypatch.setattr(running, "follow", lambda *_task: None)
    monkeypatch.setattr(twins.model_picker, "show", lambda _key: ModelChoice({"model": "m/x"}, "secret"))
    monkeypatch.setattr(services().twins, "estimate", lambda *_of: estimate)
    monkeypatch.setattr(services().tasks, "create_task", lambda *_of, cost_cap: SimpleNamespace(id="t"))
    monkeypatch.setattr(services().engine, "submit", lambda _id: None)
    draw(twins._dialog, "p", "").button(key="twins-start").click().run()
    assert kept == [("t", "secret", 0)]


@pytest.mark.parametrize("cost", [(0.5, 1.0), (0.0, 1.0)])
def test_a_cost_of_one_dollar_is_not_free(cost: tuple[float, float]) -> None:
    low, high = cost
    found = SimpleNamespace(
        calls=1, tokens_low=1, tokens_high=1, left_out=0, compared=0, cost_low=low, cost_high=high,
        calls_low=1, calls_high=1,
    )  # fmt: skip
    assert "about" in read(draw(asking._show, found))[0]
    assert "about" in twins._cost(found)  # type: ignore[arg-type]


def test_eight_images_show_what_is_worth_reviewing_and_one_outside_the_library_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def find(_id: str, _search: object, *, limit: int) -> Any:
        asked.append(limit)
        return SimpleNamespace(items=[SimpleNamespace(image_id=id_) for id_ in ("a", "b", "a")])

    images = {
        id_: SimpleNamespace(id=id_, sha256=id_ * 64, image_name=f"{id_}.png", is_in_library=id_ == "a") for id_ in "ab"
    }
    monkeypatch.setattr(services().entries, "find_entries", find)
    monkeypatch.setattr(services().entries, "images_of", lambda _found: images)
    pictures = read(draw(worth._thumbnails, "p"))
    assert asked == [8]
    assert [picture.partition("]")[0] for picture in pictures] == ["![a.png"]


def test_a_choice_of_entries_takes_tenths_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, Any]] = []
    monkeypatch.setattr(services().checks, "newest", lambda *_of: None)
    monkeypatch.setattr(running, "start", lambda *_of, **options: started.append(options))
    at = draw(worth.show, "p", "")
    at.slider(key="worth-doubt").set_value(7)
    at.number_input(key="worth-count").set_value(20)
    at.button(key="run-worth").click().run()
    assert started == [{"count": 20, "doubt": 0.7, "diversity": 1.0, "balance": 0.5}]
