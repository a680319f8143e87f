"""API tokens for programs: created, shown once, and revoked here; a person has those of the own account."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

import streamlit as st

from core.access import ApiTokens, Scope
from core.accounts.permissions import Act
from core.accounts.roles import Role
from core.errors import NotFoundError
from core.runtime import runtime
from core.services import Services
from pages.components.shared import confirm, moment, page, shown_once, visitor

_UNLIMITED = "Not limited"
_PLACE = "settings/tokens"
_SCOPES: dict[Scope, str] = {"read": "Read only", "write": "Read and write"}


def show() -> None:
    """Draw the form for a new API token and the list of those that the visitor may see."""
    if visitor.has_accounts():
        st.caption("A token lets a program act with your rights, in every project or in one, and at most in one role.")
    with st.form("token-new", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        name = row.text_input("Name of the program", key="token-name", placeholder="Night import")
        scope = row.selectbox("Access", list(_SCOPES), format_func=_SCOPES.__getitem__, key="token-scope", width=180)
        limits = st.container(horizontal=True, vertical_alignment="bottom")
        project_id, role = _limits(limits)
        wanted = limits.form_submit_button("Create token", icon=":material/key:")
    if wanted:
        with page.show_errors():
            _make(name, scope, project_id, role)
    shown_once.show(_PLACE)
    known = _known()
    if not known:
        st.caption("No tokens yet. Where nobody signs in, programs on this machine need none.")
    for token in known:
        with st.container(horizontal=True, vertical_alignment="center", key=f"token-{token.id}"):
            st.text(f"{token.name}: {', '.join(_facts(token))}")
            if st.button("Revoke", icon=":material/key_off:", key=f"token-revoke-{token.id}"):
                _revoke(token)


def _services() -> Services:
    """Return the services: that a person has only the own tokens is held here, as in the REST API."""
    page.act_as_visitor()
    return runtime.services


def _known() -> list[ApiTokens]:
    """Return the tokens of the visitor's account, and all of them for an admin."""
    actor, tokens = visitor.actor(), _services().tokens.list_tokens()
    return [one for one in tokens if actor.is_admin or (one.account_id and one.account_id == actor.account_id)]


def _make(name: str, scope: Scope, project_id: str | None, role: str | None) -> None:
    actor = visitor.actor()
    if project_id is not None:
        visitor.require(Act.READ, project_id)
    tokens = _services().tokens
    made = tokens.make_token(name, scope, account_id=actor.account_id, project_id=project_id, role=role)
    shown_once.keep(_PLACE, made.row.id, f"Copy the token {made.row.name} now.", made.secret)


def _limits(row: "st.delta_generator.DeltaGenerator") -> tuple[str | None, str | None]:
    """Draw the choice of the only project that a token opens, and of the highest role that it acts in."""
    names = page.unique_labels(_projects())
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


def _projects() -> dict[str, str]:
    """Return the names of the projects that the visitor sees, by id."""
    return {project.id: project.name for project in _services().projects.list_projects(visitor.visible_projects())}


def _facts(token: ApiTokens) -> Iterator[str]:
    """Yield what a token may do, where, with whose rights, and when it was used."""
    yield _SCOPES[cast(Scope, token.scope)].lower()
    if token.role is not None:
        yield f"at most as {token.role}"
    if token.project_id is not None:
        yield f"only in {_projects().get(token.project_id, 'a project that is not there any more')}"
    if visitor.has_accounts() and token.account_id != visitor.actor().account_id:
        yield f"of {_owner(token.account_id)}"
    yield _use(token.last_used_at)


def _owner(account_id: str | None) -> str:
    return "the server" if account_id is None else runtime.services.accounts.get_account(account_id).name


def _use(last_used_at: datetime | None) -> str:
    return f"last used {moment.ago(last_used_at)}" if last_used_at else "never used"


@st.dialog("Revoke token")
def _revoke(token: ApiTokens) -> None:
    st.text(f"Requests with the token {token.name} are refused from now on. It cannot be undone.")
    if confirm.confirmed("Revoke token", key="token-revoke-confirm"):
        with page.show_errors():
            if all(one.id != token.id for one in _known()):
                raise NotFoundError("This token does not exist any more. Choose another one.")
            _services().tokens.revoke_token(token.id)
            shown_once.close(_PLACE, token.id)
            st.rerun()
