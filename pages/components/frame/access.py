"""Sign-in of the pages: without a password only this machine has access, with one only who has signed in."""

import streamlit as st

from core.api import guard, login
from core.runtime import runtime
from pages.components.shared import media

_CSS = """
form { display: grid; gap: .75rem; max-width: 20rem; font-family: var(--st-font); color: var(--st-text-color) }
label { display: grid; gap: .25rem; font-size: .9rem }
input, button { font: inherit; padding: .45rem .6rem; border-radius: var(--st-base-radius); color: inherit;
  border: 1px solid var(--st-border-color); background: var(--st-background-color) }
button { background: var(--st-primary-color); border-color: var(--st-primary-color); color: var(--st-background-color);
  cursor: pointer; font-weight: 600 }
.quiet { background: none; border: none; padding: 0; color: var(--st-link-color); font-weight: 400; font-size: .9rem }
p { margin: 0; min-height: 1.4em; color: var(--st-red-text-color) }
"""
_SIGN_IN_HTML = """
<form>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <label>Your name, shown in the history <input name="name" autocomplete="nickname" maxlength="60"></label>
  <button>Sign in</button>
  <p role="alert"></p>
</form>
"""
_SIGN_IN_JS = """
export default function ({ parentElement, data }) {
  const form = parentElement.querySelector("form");
  form.onsubmit = async event => {
    event.preventDefault();
    const body = JSON.stringify(Object.fromEntries(new FormData(form)));
    const response = await fetch(data.url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (response.ok) location.reload();
    else form.querySelector("p").textContent = (await response.json()).detail;
  };
}
"""
_SIGN_OUT_JS = """
export default function ({ parentElement, data }) {
  parentElement.querySelector("button").onclick = async () => {
    await fetch(data.url, { method: "DELETE" });
    location.reload();
  };
}
"""


def require_access() -> guard.Actor:
    """Return the visitor of the page; without access, draw the sign-in form and stop the page."""
    settings = runtime.database.settings
    actor = guard.visitor(settings, st.context.ip_address, st.context.cookies.get(guard.COOKIE))
    if actor is None:
        _sign_in(asks_password=settings.access_password is not None)
        st.stop()
    if actor.name != "local":
        st.session_state.setdefault("reviewer-name", actor.name)
    return actor


def sign_in_status() -> None:
    """Show the sign-in status: that no sign-in is needed, or the button that signs out."""
    if runtime.database.settings.access_password is None:
        st.caption("Local mode: one person, no sign-in.")
        return
    _component("vitrine_sign_out", '<button class="quiet">Sign out</button>', _SIGN_OUT_JS, "sign-out")


def _sign_in(*, asks_password: bool) -> None:
    st.title("Vitrine", anchor=False)
    if not asks_password:
        st.text("This Vitrine can only be used on its own machine. Set VITRINE_ACCESS_PASSWORD to let others sign in.")
        return
    st.text("Sign in to use this Vitrine.")
    _component("vitrine_sign_in", _SIGN_IN_HTML, _SIGN_IN_JS, "sign-in")


def _component(name: str, html: str, js: str, key: str) -> None:
    show = st.components.v2.component(name, html=html, css=_CSS, js=js)
    show(data={"url": media.base_path() + login.PATH}, key=key)
