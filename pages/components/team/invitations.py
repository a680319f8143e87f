"""Invitations to a project, or to the server: make a link, copy it, take it back."""

import streamlit as st

from core.accounts.permissions import Act
from core.accounts.roles import Role
from pages.components.shared import moment, page, people, shown_once, visitor


def show(project_id: str | None) -> None:
    """Draw the form for a new invitation and the open ones; without a project those of the whole server."""
    act = Act.MANAGE_MEMBERS if project_id is not None else Act.MANAGE_SERVER
    place = project_id or "server"
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"invite-{place}"):
        role = _role(project_id)
        days = st.number_input("Valid for days", 1, 90, 7, key=f"invite-days-{place}", width=140)
        wanted = st.button("Make a link", icon=":material/link:", key=f"invite-make-{place}")
    if wanted:
        with page.show_errors():
            made = people.services(act, project_id).invitations.invite(
                project_id=project_id, role=role, created_by=visitor.actor().name, days=int(days)
            )
            sentence = "Copy the link now and send it to one person. It works once."
            shown_once.keep(_place(project_id), made.row.id, sentence, people.invitation_link(made.secret))
    shown_once.show(_place(project_id))
    with page.show_errors():
        for row in people.services(act, project_id).invitations.list_open(project_id):
            with st.container(horizontal=True, vertical_alignment="center", key=f"invitation-{row.id}"):
                what = "Admin" if row.makes_admin else (row.role or "account").capitalize()
                if project_id is None and row.project_id is not None:
                    what += f" of {_name(row.project_id)}"
                by = f", made {people.by(row.created_by)}" if row.created_by else ""
                st.text(f"{what}{by}, valid until {moment.text(row.expires_at)}", width="stretch")
                st.button(
                    "Take back", icon=":material/link_off:", key=f"invitation-revoke-{row.id}", on_click=_revoke,
                    args=(act, project_id, row.id),
                )  # fmt: skip


def _place(project_id: str | None) -> str:
    return "settings/invitations" if project_id is None else f"team/{project_id}"


def _name(project_id: str) -> str:
    names = {project.id: project.name for project in page.services().projects.list_projects()}
    return names.get(project_id, "a deleted project")


def _role(project_id: str | None) -> Role | None:
    if project_id is None:
        return None
    return st.selectbox(
        "Role", list(Role), index=list(Role).index(Role.ANNOTATOR), format_func=people.ROLE_WORDS.__getitem__,
        key=f"invite-role-{project_id}", width=320,
    )  # fmt: skip


def _revoke(act: Act, project_id: str | None, invitation_id: str) -> None:
    with page.show_errors():
        people.services(act, project_id).invitations.revoke(invitation_id)
        shown_once.close(_place(project_id), invitation_id)
