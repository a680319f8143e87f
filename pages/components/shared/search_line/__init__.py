"""The search line, stored in the URL as ``q`` so that a copied URL opens the same results."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

from core.api import credentials
from core.dataset.filters import FIELDS
from core.search_line import Fields
from pages.components.shared import controls, media

KEY = "search-line"
_LAST_QUERY = "search-line-last-query"
_BOX = "search-box"
_PARAMETER = "q"


@dataclass(frozen=True)
class Searched:
    """What a search line searches: its fields, an example for the empty line, and whose values complete a field."""

    fields: Fields
    placeholder: str
    of: Literal["entries", "images"]
    examples: tuple[tuple[str, str], ...]
    """Lines to try, each with what it finds."""
    takes_images: bool = False
    """Whether an image that is dropped on the line or pasted into it finds those that are similar."""


ENTRIES = Searched(
    FIELDS, "Words, or fields such as kind:count score:<3 -tag:draft edited:yes", "entries",
    (
        ("red bus", "both words, in the question, the answer or the name of the image"),
        ('"red bus"', "the words side by side"),
        ("is:open", "entries without a decision"),
        ("is:open OR is:rejected", "either: values of one field are alternatives"),
        ("answer:yes", "entries whose whole answer is yes"),
        ("-tag:draft", "entries without the tag draft"),
        ("score:<3", "rated below 3 stars; unrated ones are left out"),
        ("image:beach", "entries about images with beach in their name"),
        ("check:refusal", "answers that sound like a refusal"),
        ("model:none is:rejected", "rejected answers that no model gave"),
    ),
)  # fmt: skip


def show(label: str, project_id: str, searched: Searched = ENTRIES, *, frees_keys: bool = False) -> str:
    """Draw the search line and return its text; a new ``q`` in the URL replaces the text.

    The component completes field names, and fetches the values of a field while it is typed. With *frees_keys* Enter
    leaves the line, so that the next key is one of the page.
    """
    query = st.query_params.get(_PARAMETER, "")
    if query != st.session_state.get(_LAST_QUERY) or KEY not in st.session_state:
        st.session_state[KEY] = query
    line = str(st.session_state[KEY])
    component = st.components.v2.component(
        "vitrine_search", html=_part("search.html"), css=controls.styled(_part("search.css")), js=_part("search.js")
    )
    component(
        key=_BOX,
        data={
            "label": label,
            "line": line,
            "fields": tuple((name, meaning) for name, (meaning, _) in searched.fields.items()),
            "examples": searched.examples,
            "placeholder": searched.placeholder,
            "of": searched.of,
            "takes_images": searched.takes_images,
            "frees_keys": frees_keys,
            "project": project_id,
            "token": credentials.page_token(),
            "base": media.base_path(),
        },
        on_typed_change=_typed,
    )
    if line:
        st.query_params[_PARAMETER] = line
    else:
        st.query_params.pop(_PARAMETER, None)
    st.session_state[_LAST_QUERY] = line
    return line


def _typed() -> None:
    st.session_state[KEY] = str(st.session_state[_BOX]["typed"]["line"])


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
