"""In whose name a person reviews: asked once, and remembered by the browser."""

import streamlit as st

from pages.components.shared import page

_KEY = "person"
_KNOWN = "person-known"
_JS = """
const PLACE = "vitrine-name";

export default function ({ data, setStateValue }) {
  try {
    const kept = localStorage.getItem(PLACE) ?? "";
    if (!data.known) setStateValue("name", kept);
    else if (data.name !== kept) localStorage.setItem(PLACE, data.name);
  } catch { /* a browser that keeps nothing asks again */ }
}
"""


def name() -> str:
    """Return the name that was given on this or another page."""
    return (st.session_state.get(_KEY) or "").strip() or "local"


def is_known() -> bool:
    """Whether the browser has said which name it keeps; until then nobody can be handed their own entries."""
    settings = page.services().db.settings
    return settings.access_password is not None or bool(st.session_state.get(_KNOWN)) or name() != "local"


def choose() -> str:
    """Let whoever sits here give a name, and return it; whoever signed in has one already."""
    if page.services().db.settings.access_password is not None:
        return name()
    _remember()
    given = name()
    with st.popover(
        "Your name" if given == "local" else page.escape(given), icon=":material/person:", key="person-popover"
    ):
        st.text_input("Your name, for the history of each entry", key=_KEY, persist_state="session", max_chars=60)
    return given


def _remember() -> None:
    """Take the name over from the browser once a session, and give it every later one to keep."""
    name = (st.session_state.get(_KEY) or "").strip()
    known = bool(st.session_state.get(_KNOWN)) or bool(name)
    component = st.components.v2.component("vitrine_person", js=_JS)
    told = component(key="person-kept", data={"known": known, "name": name}, on_name_change=lambda: None).name
    if not known and told is not None:
        st.session_state[_KNOWN] = True
        if told:
            st.session_state[_KEY] = str(told)[:60]
