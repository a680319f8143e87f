"""Who is at the page: everyone at this machine, or, once a password is set, whoever signed in."""

import streamlit as st

from core import app
from core.api import guard, login
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
_IN_HTML = """
<form>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <label>Your name, for the history <input name="name" autocomplete="nickname" maxlength="60"></label>
  <button>Sign in</button>
  <p role="alert"></p>
</form>
"""
_IN_JS = """
export default function ({ parentElement, data }) {
  const form = parentElement.querySelector("form");
  form.onsubmit = async event => {
    event.preventDefault();
    const body = JSON.stringify(Object.fromEntries(new FormData(form)));
    const answer = await fetch(data.url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (answer.ok) location.reload();
    else form.querySelector("p").textContent = (await answer.json()).detail;
  };
}
"""
_OUT_JS = """
export default function ({ parentElement, data }) {
  parentElement.querySelector("button").onclick = async () => {
    await fetch(data.url, { method: "DELETE" });
    location.reload();
  };
}
"""


def page_access() -> guard.Actor:
    """Return who looks at the page; anyone who may not is shown the way in, and the page ends there."""
    settings = app.database().settings
    actor = guard.visitor(settings, st.context.ip_address, st.context.cookies.get(guard.COOKIE))
    if actor is None:
        _way_in(asks_password=settings.access_password is not None)
        st.stop()
    if actor.name != "local":
        st.session_state.setdefault("person", actor.name)
    return actor


def who() -> None:
    """Say in one line how the door stands; whoever signed in finds the way out there."""
    if app.database().settings.access_password is None:
        st.caption("Local mode: one person, no login.")
        return
    _component("vitrine_sign_out", '<button class="quiet">Sign out</button>', _OUT_JS, "sign-out")


def _way_in(*, asks_password: bool) -> None:
    st.title("Vitrine", anchor=False)
    if not asks_password:
        st.text("This Vitrine answers only the machine it runs on. Set VITRINE_ACCESS_PASSWORD to let others in.")
        return
    st.text("This Vitrine asks for a password.")
    _component("vitrine_sign_in", _IN_HTML, _IN_JS, "sign-in")


def _component(name: str, html: str, js: str, key: str) -> None:
    show = st.components.v2.component(name, html=html, css=_CSS, js=js)
    show(data={"url": media.base_path() + login.PATH}, key=key)
