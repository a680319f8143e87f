"""Bars with counts that are filters: a click adds the bar's terms to the search line or removes them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from pages.components.shared import controls


@dataclass(frozen=True)
class Bar:
    label: str
    count: int
    terms: str
    """The filter of the bar, as a search line."""
    on: bool = False


@dataclass(frozen=True)
class Group:
    title: str
    bars: Sequence[Bar]
    hint: str = ""
    action: str = ""
    """The label of a button below the hint; empty for no button."""


def show(groups: Sequence[Group], *, key: str, on_toggle: Callable[[str], None]) -> str | None:
    """Draw the groups and return the title of the one whose button was clicked.

    *on_toggle* is called with the terms of a clicked bar, before the page runs again.
    """
    component = st.components.v2.component("vitrine_bars", css=controls.styled(_part("bars.css")), js=_part("bars.js"))

    def toggled() -> None:
        on_toggle(st.session_state[key]["toggled"])

    acted = component(
        key=key,
        data={"groups": [asdict(group) for group in groups]},
        on_toggled_change=toggled,
        on_acted_change=lambda: None,
    ).acted
    return str(acted["title"]) if acted else None


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
