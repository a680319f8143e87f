"""The members of a project: their roles, adding by name, removing."""

import streamlit as st

from core import Projects
from core.accounts.memberships import Member
from core.accounts.permissions import Act
from core.accounts.roles import Role
from core.runtime import runtime
from pages.components.curate import team_menu
from pages.components.shared import page, people, undo, visitor

_REMOVED = "team-removed"


def show(project: Projects) -> None:
    """Draw the list of members; who manages them can change roles, add and remove."""
    manages = visitor.may(Act.MANAGE_MEMBERS, project.id)
    _offer_undo(project.id)
    if sentence := team_menu.missing(page.services().collaboration.review_plan(project.id)):
        st.warning(sentence)
    for member in runtime.services.memberships.members(project.id):
        with st.container(horizontal=True, vertical_alignment="center", key=f"member-{member.account.id}"):
            st.text(_name(member), width="stretch")
            if manages:
                with st.container(horizontal=True, vertical_alignment="center", width=430):
                    _controls(project.id, member)
            else:
                st.text(member.role.capitalize())
    if manages:
        _add(project.id)


def _controls(project_id: str, member: Member) -> None:
    key = f"member-role-{member.account.id}"
    if st.session_state.get(key) != member.role:
        st.session_state[key] = member.role  # another person may have changed it
    st.selectbox(
        f"Role of {page.escape(member.account.name)}", list(Role), format_func=people.ROLE_WORDS.__getitem__, key=key,
        label_visibility="collapsed", on_change=_set_role, args=(project_id, member.account.id, key),
    )  # fmt: skip
    st.button(
        "Remove", icon=":material/person_remove:", key=f"member-remove-{member.account.id}", on_click=_remove,
        args=(project_id, member.account.id, member.account.name),
    )  # fmt: skip


def _add(project_id: str) -> None:
    with st.form("member-add", border=False, clear_on_submit=True):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        name = row.text_input("Name of a person who has an account", key="member-name")
        role = row.selectbox(
            "Role", list(Role), index=list(Role).index(Role.ANNOTATOR), format_func=people.ROLE_WORDS.__getitem__,
            key="member-role", width=320,
        )  # fmt: skip
        wanted = row.form_submit_button("Add", icon=":material/person_add:", key="member-add-submit")
    if wanted:
        with page.show_errors():
            services = people.services(Act.MANAGE_MEMBERS, project_id)
            account = services.accounts.named(name)
            services.memberships.set_role(
                project_id, account.id, role or Role.VIEWER, by_admin=visitor.actor().is_admin
            )
            st.rerun()


def _set_role(project_id: str, account_id: str, key: str) -> None:
    with page.show_errors():
        services = people.services(Act.MANAGE_MEMBERS, project_id)
        role = Role(st.session_state[key])
        services.memberships.set_role(project_id, account_id, role, by_admin=visitor.actor().is_admin)


def _remove(project_id: str, account_id: str, name: str) -> None:
    with page.show_errors():
        services = people.services(Act.MANAGE_MEMBERS, project_id)
        role = services.memberships.remove_member(project_id, account_id, by_admin=visitor.actor().is_admin)
        st.session_state[_REMOVED] = [project_id, account_id, str(role), name]


def _offer_undo(project_id: str) -> None:
    removed = st.session_state.get(_REMOVED)
    if removed is None or removed[0] != project_id:
        return
    _, account_id, role, name = removed
    if undo.offer(f"{name} is no longer a member of the project.", "team"):
        with page.show_errors():
            people.services(Act.MANAGE_MEMBERS, project_id).memberships.set_role(project_id, account_id, Role(role))
            del st.session_state[_REMOVED]
            st.rerun()


def _name(member: Member) -> str:
    account = member.account
    full_name = f" ({account.display_name})" if account.display_name else ""
    return f"{account.name}{full_name}{', disabled' if account.disabled_at else ''}"
