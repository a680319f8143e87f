"""Team: members with their roles, guidelines, and how far each person is. Without accounts there are no members."""

from collections.abc import Callable

import streamlit as st

from core.accounts.permissions import Act
from core.runtime import runtime
from pages.components.shared import page, tabs, visitor
from pages.components.shared.numbers import pluralize
from pages.components.team import guidelines, invitations, members, progress


def main() -> None:
    project = page.project()
    parts: dict[str, Callable[[], None]] = {"Guidelines": lambda: guidelines.show(project.id)}
    if page.may(Act.MANAGE_REVIEW, project.id):
        parts["Progress"] = lambda: progress.show(project.id)
    if visitor.has_accounts():
        count = len(runtime.services.memberships.members(project.id))
        page.header("Team", f"{pluralize(count, 'member')} of {page.escape(project.name)}")
        parts = {"Members": lambda: _members(project.id), **parts}
    else:
        page.header("Team", "People have no accounts here: whoever gets in may do everything.")
        st.caption("With VITRINE_SIGN_IN=accounts each person has an account and a role in each project.")
    tabs.show(parts)


def _members(project_id: str) -> None:
    members.show(runtime.services.projects.get_project(project_id))
    if visitor.may(Act.MANAGE_MEMBERS, project_id):
        st.header("Invitations", anchor=False)
        st.caption("A link lets one person choose a name and a password, and makes them a member.")
        invitations.show(project_id)


main()
