"""Known answers: what is said of readers, how many answers are known, and what is saved."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from core.checks.readers import KnownAnswers, ReaderAccuracy
from pages.components.check import known_answers
from tests.pages.components.check.test_cards import tables
from tests.pages.reading import draw, read
from tests.pages.running import services

READERS = (ReaderAccuracy("local", 16, 12, (0.5, 0.875)), ReaderAccuracy("Ada", 4, 3, (0.25, 1.0)))


def given(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> list[tuple[Any, ...]]:
    """Let the service tell these known answers, and return what is saved."""
    found = KnownAnswers(**{"percent": 0.0, "query": "", "known": 0, "readers": (), **changed})
    saved: list[tuple[Any, ...]] = []
    of_people = SimpleNamespace(known_answers=lambda _id: found, set_known_answers=lambda *values: saved.append(values))
    monkeypatch.setattr(services().checks, "people", of_people)
    return saved


def test_readers_stand_with_their_share_and_its_range(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, readers=READERS)
    at = draw(known_answers.show, "p", "")
    assert [(one.value, one.help) for one in at.metric] == [("75 of 100", "15 of 20, by 2 readers.")]
    assert tables(at) == [
        {"Reader": ["Local user", "Ada"], "Known answers": [16, 4], "Right": [75.0, 75.0], "From": [50.0, 25.0],
         "To": [87.5, 100.0]}
    ]  # fmt: skip
    bar = json.loads(at.dataframe[0].proto.columns)["Right"]["type_config"]
    assert (bar["min_value"], bar["max_value"]) == (0, 100)


@pytest.mark.parametrize(
    ("percent", "known", "said"),
    [
        (0.0, 0, []),
        (0.0, 2, []),
        (3.0, 0, ["No answer is known yet: let a second person review some entries, or name entries that you know."]),
        (3.0, 1, ["1 known answer to draw from."]),
    ],
)
def test_what_there_is_to_draw_from_is_said_while_it_is_on(
    percent: float, known: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, percent=percent, known=known, readers=READERS)
    lines = read(draw(known_answers.show, "p", ""))
    assert [line for line in lines if "known answer to" in line or line.startswith("No answer")] == said


def test_a_saved_share_and_line_are_confirmed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = given(monkeypatch)
    at = draw(known_answers.show, "p", "")
    assert "Saved." not in read(at)
    at.number_input(key="known-percent").set_value(4.0)
    at.text_input(key="known-query").set_value("tag:gold")
    at = at.button(key="known-save").click().run()
    assert saved == [("p", 4.0, "tag:gold")]
    assert "Saved." in read(at)
    assert "Saved." not in read(at.run())
