"""API tokens for programs: created, shown once, and revoked here."""

from datetime import datetime
from typing import cast

import streamlit as st

from core.access import Scope
from pages.components.shared import page

_SCOPES: dict[Scope, str] = {"read": "Read only", "write": "Read and write"}


def show() -> None:
    """Draw the form for a new API token and the list of the existing ones."""
    tokens = page.services().tokens
    with st.form("token-new", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        name = row.text_input("Name of the program", key="token-name", placeholder="Night import")
        scope = row.selectbox("Access", list(_SCOPES), format_func=_SCOPES.__getitem__, key="token-scope", width=180)
        wanted = row.form_submit_button("Create token", icon=":material/key:")
    if wanted:
        with page.show_errors():
            made = tokens.make_token(name, scope)
            st.text("Copy the token now. It is not shown again.")
            st.code(made.secret, language=None)
    known = tokens.list_tokens()
    if not known:
        st.caption("No tokens yet. Without a password, programs on this machine need none.")
    for token in known:
        with st.container(horizontal=True, vertical_alignment="center", key=f"token-{token.id}"):
            st.text(f"{token.name}: {_SCOPES[cast(Scope, token.scope)].lower()}, {_use(token.last_used_at)}")
            st.button("Revoke", key=f"token-revoke-{token.id}", on_click=_revoke, args=(token.id,))


def _use(last_used_at: datetime | None) -> str:
    return f"last used {last_used_at:%Y-%m-%d %H:%M} UTC" if last_used_at else "never used"


def _revoke(token_id: str) -> None:
    with page.show_errors():
        page.services().tokens.revoke_token(token_id)
