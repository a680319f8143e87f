"""Parts of a page that wait: below what is painted first, and in an expander until it is opened."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components.shared import folded, later
from tests.pages.reading import draw, read


def test_parts_wait_where_there_is_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the tests of pages have none
    assert (later.WAITS, folded.WAITS) == (True, True)


def below() -> AppTest:
    return draw(lambda: later.show("part", lambda: st.text("drawn")))


def test_a_part_is_drawn_once_the_browser_has_painted_what_is_above(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(below()) == ["drawn"]
    monkeypatch.setattr(later, "WAITS", True)
    assert read(below()) == []
    monkeypatch.setattr(later, "_is_painted", lambda key: key == "part")
    assert read(below()) == ["drawn"]


@pytest.mark.parametrize(
    ("painted", "known"), [(None, False), ({"is_painted": False}, False), ({"is_painted": True}, True)]
)
def test_the_browser_is_told_whether_it_has_painted_before(
    painted: dict[str, bool] | None, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []

    def component(*, key: str, data: object, default: object, **_callbacks: object) -> dict[str, bool]:
        told.extend([key, data, default])
        return {"is_painted": known}

    monkeypatch.setattr(st, "session_state", {} if painted is None else {"later-part": painted})
    monkeypatch.setattr(st.components.v2, "component", lambda _name, **_parts: component)
    assert later._is_painted("part") is known
    assert told == ["later-part", {"is_painted": known}, {"is_painted": False}]


def test_an_expander_is_filled_from_its_first_opening_on_or_while_the_address_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folded, "WAITS", True)

    def part() -> None:
        with folded.expander("More", key="more", parameter="score") as is_drawn:
            if is_drawn:
                st.text("drawn")

    at = draw(part)
    assert read(at) == ["expander: More"]
    at.query_params["score"] = "2"
    assert "drawn" in read(at.run())
    del at.query_params["score"]
    assert "drawn" in read(at.run())
    at = draw(part)
    at.session_state["more"] = True
    assert "drawn" in read(at.run())
    at.session_state["more"] = False
    assert "drawn" in read(at.run())
