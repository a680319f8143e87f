"""Under the name of the person: the own password, and signing out everywhere."""

import streamlit as st

from core.accounts.actor import Actor
from core.api import credentials
from core.runtime import runtime
from pages.components.shared import page


def show(actor: Actor) -> None:
    """Draw the name of the person, which opens what they can do with their account."""
    account_id = actor.account_id
    if account_id is None:
        return
    account = runtime.services.access.usable_account(account_id)
    with st.popover(page.escape(actor.name), icon=":material/person:", key="own-account", width="stretch"):
        if account is not None and account.password_hash is not None:
            _own_password(account_id)
        else:
            st.caption(page.escape(f"You sign in at {runtime.database.settings.oidc_provider or 'a provider'}."))
        if st.button("Sign out everywhere", icon=":material/logout:", key="own-sign-out-everywhere"):
            page.act_as_visitor()
            runtime.services.accounts.sign_out_everywhere(account_id)
            _signed_out()


def _own_password(account_id: str) -> None:
    with st.form("own-password", border=False):
        old = st.text_input("Current password", type="password", key="own-password-old")
        new = st.text_input("New password", type="password", key="own-password-new", help="At least 10 characters.")
        wanted = st.form_submit_button("Change password", key="own-password-change")
    if wanted:
        with page.show_errors():
            page.act_as_visitor()
            runtime.services.accounts.change_password(account_id, old, new)
            _signed_out()
    st.caption("Changing the password signs you out everywhere, here too.")


def _signed_out() -> None:
    credentials.sessions_ended()
    st.rerun()
