"""Team: the members of a project and their roles, and invitations. Only with accounts."""

import streamlit as st

from core.accounts.permissions import Act
from core.pluralize import pluralize
from core.runtime import runtime
from pages.components.shared import page, visitor
from pages.components.team import invitations, members


def main() -> None:
    if not visitor.has_accounts():
        page.header("Team", "People have no accounts here: whoever gets in may do everything.")
        st.caption("With VITRINE_SIGN_IN=accounts each person has an account and a role in each project.")
        return
    project = page.project()
    count = len(runtime.services.memberships.members(project.id))
    page.header("Team", f"{pluralize(count, 'member')} of {page.escape(project.name)}")
    members.show(project)
    if visitor.may(Act.MANAGE_MEMBERS, project.id):
        st.subheader("Invitations", anchor=False)
        st.caption("A link lets one person choose a name and a password, and makes them a member.")
        invitations.show(project.id)


main()
