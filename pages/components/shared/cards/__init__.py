"""Cards of images with text, bars and buttons: one component for any number of cards."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from pages.components.shared import controls, page


@dataclass(frozen=True)
class Action:
    """A button on a card; *name* is returned to the page, *label* is shown."""

    name: str
    label: str
    pressed: bool = False
    help: str = ""
    corner: bool = False
    """Drawn as a small cross in the corner of the image."""
    frame: bool = False
    """The image itself is the button."""


@dataclass(frozen=True)
class Bar:
    """One dimension of a match: *ratio* is drawn from 0 to 3; 1 is the spread of the references among themselves."""

    name: str
    word: str
    ratio: float


@dataclass(frozen=True)
class Card:
    id: str
    url: str | None
    """URL of the image, with the base path; None draws an empty box."""
    name: str
    aspect: float = 4 / 3
    """Width divided by height; the space is reserved before the image loads."""
    number: int | None = None
    title: str = ""
    lines: tuple[str, ...] = ()
    swatches: tuple[tuple[str, str, float], ...] = ()
    """Hex code, name and share (0 to 1) of each color."""
    bars: tuple[Bar, ...] = ()
    verdicts: tuple[tuple[str, str, str], ...] = ()
    """Question, answer (yes, partly or no) and evidence of each verdict."""
    judged_by: str = ""
    alarm: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Act:
    """A clicked button: the name of the action and the id of the card."""

    action: str
    id: str


def show(cards: Sequence[Card], *, key: str, label: str, min_width_px: int = 150, fit: str = "contain") -> Act | None:
    """Draw *cards* and return the action clicked since the last run, if any."""
    component = st.components.v2.component(
        "vitrine_cards",
        html='<div class="cards" role="list"></div>',
        css=controls.styled(_part("cards.css")),
        js=_part("cards.js"),
    )
    result = component(
        key=page.component_key(key),
        data={"cards": [asdict(card) for card in cards], "label": label, "min_width_px": min_width_px, "fit": fit},
        on_acted_change=lambda: None,
    )
    acted = result.acted
    return Act(str(acted["action"]), str(acted["id"])) if acted else None


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
