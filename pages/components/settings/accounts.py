"""The accounts of the server, for admins."""

import streamlit as st

from core.accounts.permissions import Act
from core.api import credentials
from core.runtime import runtime
from pages.components.shared import moment, page, people
from pages.components.team import invitations


def show() -> None:
    """Draw each account with what an admin can do to it, and the form for an invitation."""
    for account in runtime.services.accounts.list_accounts():
        full_name = f" ({account.display_name})" if account.display_name else ""
        facts = (
            ("admin", account.is_admin),
            ("disabled", account.disabled_at),
            ("signs in by the provider", account.oidc_subject),
        )
        marks = [word for word, holds in facts if holds]
        seen = f"last signed in {moment.ago(account.last_sign_in_at)}" if account.last_sign_in_at else "never signed in"
        with st.container(horizontal=True, vertical_alignment="center", key=f"account-{account.id}"):
            st.text(f"{account.name}{full_name}: {', '.join([*marks, seen])}", width="stretch")
            _password(account.id, account.name)
            label, act = ("No longer admin", "no-admin") if account.is_admin else ("Make admin", "admin")
            st.button(label, key=f"account-{act}-{account.id}", on_click=_change, args=(act, account.id))
            label, act = ("Enable", "enable") if account.disabled_at else ("Disable", "disable")
            st.button(label, key=f"account-{act}-{account.id}", on_click=_change, args=(act, account.id))
    st.header("Invite to the server", anchor=False)
    st.caption("The person gets an account without a project. To invite to a project, open its page Team.")
    invitations.show(None)


def _password(account_id: str, name: str) -> None:
    with (
        st.popover("New password", key=f"account-password-{account_id}"),
        st.form(f"password-{account_id}", border=False),
    ):
        new = st.text_input(f"New password of {page.escape(name)}", type="password", key=f"account-new-{account_id}")
        st.caption("The person is signed out everywhere; API tokens stay valid. Send the password in a way you trust.")
        if st.form_submit_button("Set password", key=f"account-set-{account_id}"):
            with page.show_errors():
                people.services(Act.MANAGE_SERVER).accounts.set_password(account_id, new)
                credentials.sessions_ended()
                st.text("The new password is set.")


def _change(what: str, account_id: str) -> None:
    with page.show_errors():
        accounts = people.services(Act.MANAGE_SERVER).accounts
        if what in ("admin", "no-admin"):
            accounts.set_admin(account_id, what == "admin")
        elif what == "disable":
            accounts.disable_account(account_id)
        else:
            accounts.enable_account(account_id)
        credentials.sessions_ended()
