"""What an accepted answer costs: the two numbers of the card and its table."""

from types import SimpleNamespace
from typing import Any

import pytest

from pages.components.check import effort
from tests.pages.components.check.test_cards import tables
from tests.pages.reading import draw, read
from tests.pages.running import services


def counted(**changed: Any) -> Any:
    given = {
        "value": "", "accepted": 2, "entries": 4, "timed": 3, "review_s_each": 12.4, "cost_each": 0.5, "cost": 1.0,
        "unpriced_calls": 0, **changed,
    }  # fmt: skip
    return SimpleNamespace(**given)


def card(monkeypatch: pytest.MonkeyPatch, **total: Any) -> Any:
    found = SimpleNamespace(
        total=counted(**total), models=[counted()], kinds=[counted(value="count", unpriced_calls=1)],
        people=[counted(value="local")],
    )  # fmt: skip
    monkeypatch.setattr(services().checks.people, "effort", lambda _id: found)
    return draw(effort.show, "p", "")


def test_before_the_first_accepted_entry_there_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    at = card(monkeypatch, accepted=0)
    assert not at.metric
    assert "Counted from calls and decisions, as soon as the first entry is confirmed." in read(at)


@pytest.mark.parametrize(
    ("total", "metrics", "is_unpriced"),
    [
        ({}, [("12 s", "Of 3 timed decisions."), ("$0.5000", "$1.0000 in all.")], False),
        ({"accepted": 1, "review_s_each": None, "timed": 0, "cost_each": None, "cost": None, "unpriced_calls": 1},
         [("not timed", "Of 0 timed decisions."), ("not known", "not known in all.")], True),
    ],
)  # fmt: skip
def test_time_and_money_are_those_of_each_accepted_entry(
    total: dict[str, Any], metrics: list[tuple[str, str]], is_unpriced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = card(monkeypatch, **total)
    assert [(one.value, one.help) for one in at.metric] == metrics
    said = "The price of 1 call is not known, so the true cost is higher."
    assert (said in read(at)) is is_unpriced
    assert "A gap of more than 2 minutes is a pause" in read(at)[-1]


def test_the_table_is_by_model_first_and_has_no_costs_by_person(monkeypatch: pytest.MonkeyPatch) -> None:
    at = card(monkeypatch)
    money = {"US$ each": [0.5], "US$": [1.0]}
    same = {"Accepted": [2], "Of": [4], "Seconds each": [12.4]}
    assert tables(at) == [{"": ["A person"], **same, **money, "Calls without a price": [0]}]
    at.segmented_control[0].set_value("kinds").run()
    assert tables(at) == [{"": ["count"], **same, **money, "Calls without a price": [1]}]
    at.segmented_control[0].set_value("people").run()
    assert tables(at) == [{"": ["Local user"], **same}]
