"""API tokens for programs: created, shown once, and revoked here."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

import streamlit as st

from core.access import ApiTokens, Scope
from core.accounts.roles import Role
from core.runtime import runtime
from pages.components.shared import moment, page, visitor

_UNLIMITED = "Not limited"
_SCOPES: dict[Scope, str] = {"read": "Read only", "write": "Read and write"}


def show() -> None:
    """Draw the form for a new API token and the list of the existing ones."""
    tokens = page.services().tokens
    with st.form("token-new", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        name = row.text_input("Name of the program", key="token-name", placeholder="Night import")
        scope = row.selectbox("Access", list(_SCOPES), format_func=_SCOPES.__getitem__, key="token-scope", width=180)
        limits = st.container(horizontal=True, vertical_alignment="bottom")
        project_id, role = _limits(limits)
        wanted = limits.form_submit_button("Create token", icon=":material/key:")
    if wanted:
        with page.show_errors():
            made = tokens.make_token(
                name, scope, account_id=visitor.actor().account_id, project_id=project_id, role=role
            )
            st.text("Copy the token now. It is not shown again.")
            st.code(made.secret, language=None)
    actor = visitor.actor()
    known = [token for token in tokens.list_tokens() if actor.is_admin or token.account_id == actor.account_id]
    if not known:
        st.caption("No tokens yet. Where nobody signs in, programs on this machine need none.")
    for token in known:
        with st.container(horizontal=True, vertical_alignment="center", key=f"token-{token.id}"):
            st.text(f"{token.name}: {', '.join(_facts(token))}")
            st.button("Revoke", key=f"token-revoke-{token.id}", on_click=_revoke, args=(token.id,))


def _limits(row: "st.delta_generator.DeltaGenerator") -> tuple[str | None, str | None]:
    """Draw the choice of the only project that a token opens, and of the highest role that it acts in."""
    names = page.unique_labels({project.id: project.name for project in page.services().projects.list_projects()})
    project_id = row.selectbox(
        "Project", [None, *names], format_func=lambda id_: names[id_] if id_ else "Every project", key="token-project"
    )
    role = row.selectbox(
        "At most as",
        [None, *Role],
        format_func=lambda role: role.capitalize() if role else _UNLIMITED,
        key="token-role",
        width=240,
        help="A token of no account that opens one project is an editor, or a viewer if it may only read.",
    )
    return project_id, role


def _facts(token: ApiTokens) -> Iterator[str]:
    """Yield what a token may do, where, with whose rights, and when it was used."""
    yield _SCOPES[cast(Scope, token.scope)].lower()
    if token.role is not None:
        yield f"at most as {token.role}"
    if token.project_id is not None:
        names = {project.id: project.name for project in page.services().projects.list_projects()}
        yield f"only in {names.get(token.project_id, 'a project that was deleted')}"
    if visitor.has_accounts():
        yield f"of {_owner(token.account_id)}"
    yield _use(token.last_used_at)


def _owner(account_id: str | None) -> str:
    return "the server" if account_id is None else runtime.services.accounts.get_account(account_id).name


def _use(last_used_at: datetime | None) -> str:
    return f"last used {moment.ago(last_used_at)}" if last_used_at else "never used"


def _revoke(token_id: str) -> None:
    with page.show_errors():
        page.services().tokens.revoke_token(token_id)
