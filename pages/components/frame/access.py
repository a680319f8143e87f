"""Who has opened the page; the gate has let nobody in without access."""

import streamlit as st

from core.accounts.actor import Actor
from core.api import login
from core.runtime import runtime
from pages.components.shared import controls, media, visitor

_SIGN_OUT_CSS = """
button { font: inherit; font-family: var(--st-font); font-size: .9rem; padding: 0; background: none; border: none;
  color: var(--st-link-color); cursor: pointer }
"""
# A session also ends in another tab, by another password or with time. The server then closes the websocket, and
# Streamlit asks for its health, which is refused: the page is loaded again, and the server answers with the sign-in
# page. Typed text stays: Streamlit shows the refusal over it.
_SIGN_OUT_JS = """
let typed = null; // not the focused field: Streamlit's message takes the focus
document.addEventListener("input", (event) => (typed = event.composedPath()[0]));
const hasTypedText = () => typed?.isConnected && typed.value && typed.matches("textarea, input");
const isRefused = (request) => request.responseStatus === 401 && request.name.endsWith("/_stcore/health");

export default function ({ parentElement, data }) {
  const button = parentElement.querySelector("button");
  button.onclick = async () => {
    await fetch(data.url, { method: "DELETE" });
    location.reload();
  };
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isRefused) && !hasTypedText()) location.reload();
  });
  observer.observe({ type: "resource" });
  return () => observer.disconnect();
}
"""


def require_access() -> Actor:
    """Return the visitor of the page; stop the page when the session has ended since the page was opened."""
    actor = visitor.actor()
    if actor.account_id is not None:
        st.session_state["reviewer-name"] = actor.name
    elif actor.name != "local":
        st.session_state.setdefault("reviewer-name", actor.name)
    return actor


def sign_in_status() -> None:
    """Show the sign-in status: that no sign-in is needed, or the button that signs out."""
    if not runtime.database.settings.has_sign_in:
        st.caption("Local mode: one person, no sign-in.")
        return
    show = st.components.v2.component(
        "vitrine_sign_out", html="<button>Sign out</button>", css=controls.styled(_SIGN_OUT_CSS), js=_SIGN_OUT_JS
    )
    show(data={"url": media.base_path() + login.PATH}, key="sign-out")
