"""The name under which a person reviews: entered once and stored in the browser's localStorage."""

import streamlit as st

from core.dataset.collaboration import MAX_NAME_CHARS
from pages.components.shared import page

_KEY = "reviewer-name"
_KNOWN = "reviewer-name-known"
_JS = """
const STORAGE_KEY = "vitrine-name";

export default function ({ data, setStateValue }) {
  try {
    const stored = localStorage.getItem(STORAGE_KEY) ?? "";
    if (!data.known) setStateValue("name", stored);
    else if (data.name !== stored) localStorage.setItem(STORAGE_KEY, data.name);
  } catch { /* without localStorage the name is asked for again */ }
}
"""


def name() -> str:
    """Return the reviewer's name, "local" without one."""
    return (st.session_state.get(_KEY) or "").strip() or "local"


def is_known() -> bool:
    """Return whether the name is final: until the browser has sent its stored name, entries cannot be assigned."""
    settings = page.services().db.settings
    return settings.has_sign_in or bool(st.session_state.get(_KNOWN)) or name() != "local"


def choose() -> str:
    """Draw the field for the name and return it; a person who has signed in has a name already."""
    if page.services().db.settings.has_sign_in:
        return name()
    _sync_with_browser()
    given = name()
    with st.popover(
        "Your name" if given == "local" else page.escape(given), icon=":material/person:", key="reviewer-name-popover"
    ):
        st.text_input(
            "Your name, shown in the history of each entry", key=_KEY, persist_state="session",
            max_chars=MAX_NAME_CHARS,
        )  # fmt: skip
    return given


def _sync_with_browser() -> None:
    """Read the stored name from the browser once a session, and store every later name there."""
    name = (st.session_state.get(_KEY) or "").strip()
    known = bool(st.session_state.get(_KNOWN)) or bool(name)
    component = st.components.v2.component("vitrine_reviewer_name", js=_JS)
    stored = component(
        key="reviewer-name-stored", data={"known": known, "name": name}, on_name_change=lambda: None
    ).name
    if not known and stored is not None:
        st.session_state[_KNOWN] = True
        if stored:
            st.session_state[_KEY] = str(stored)[:MAX_NAME_CHARS]
