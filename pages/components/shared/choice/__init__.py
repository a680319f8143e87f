"""One of a few options that stand side by side, for what a page draws at first.

Streamlit's segmented control takes the browser longer, and a page that draws two of them misses the bound of
``bench/start.py``.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

from pages.components.shared import controls


def show(
    label: str,
    options: Mapping[str, str] | Iterable[str],
    *,
    key: str,
    default: str = "",
    in_url: bool = False,
    help_text: str = "",
    shows_label: bool = True,
    width: Literal["stretch", "content"] = "stretch",
) -> str:
    """Draw *options*, or those of a mapping by their names, and return the chosen one, "" for none.

    The choice is stored in the session under *key*. With *in_url* the query parameter of that name is its label
    instead, while it is not *default*.
    """
    names = dict(options) if isinstance(options, Mapping) else {option: option for option in options}
    chosen = _in_url(names, key, default) if in_url else st.session_state.get(key)
    if chosen not in names:
        chosen = default
    component = st.components.v2.component(
        "vitrine_choice", css=controls.styled(_part("choice.css")), js=controls.arrows_script() + _part("choice.js")
    )
    component(
        key=_id(key),
        data={
            "label": label, "shows_label": shows_label, "help": help_text, "options": tuple(names.items()),
            "chosen": chosen, "key": key,
        },
        on_chosen_change=lambda: _keep(key, names if in_url else None),
        width=width,
    )  # fmt: skip
    return str(chosen)


def _id(key: str) -> str:
    return f"choice-{key}"


def _in_url(names: Mapping[str, str], key: str, default: str) -> str | None:
    """Return the option that the URL names; a label that is unknown, or the usual one, is removed from the URL."""
    label = st.query_params.get(key)
    chosen = next((option for option, name in names.items() if name == label), None)
    if label is not None and chosen in (None, default):
        st.query_params.pop(key, None)
    return chosen


def _keep(key: str, names: Mapping[str, str] | None) -> None:
    chosen = str(st.session_state[_id(key)]["chosen"])
    if names is not None:
        st.query_params[key] = names[chosen]
    else:
        st.session_state[key] = chosen


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
