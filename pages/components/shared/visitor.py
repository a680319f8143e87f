"""Who has opened the page, and what they may do."""

import streamlit as st

from core.accounts.actor import Actor
from core.accounts.permissions import Act
from core.addresses import is_loopback
from core.api import credentials
from core.runtime import runtime


def find() -> Actor | None:
    """Return the visitor; None when the session has ended, or when another machine asks where nobody signs in."""
    database = runtime.database
    if database.settings.has_sign_in:
        return credentials.session_actor(database, st.context.cookies.get(credentials.COOKIE))
    address = st.context.ip_address
    return Actor() if address is None or is_loopback(address) else None


def actor() -> Actor:
    """Return the visitor of the page; stop the page when the session has ended."""
    found = find()
    if found is None:
        st.text("You are signed out. Reload the page to sign in.")
        st.stop()
    return found


def may(act: Act, project_id: str | None = None) -> bool:
    """Return whether the visitor may do *act*; acts of the server need no *project_id*."""
    return runtime.services.access.may(actor(), act, project_id)


def require(act: Act, project_id: str | None = None) -> None:
    """Check that the visitor may do *act*.

    Raises:
        NotFoundError: they have no role in the project.
        ForbiddenError: their role is too low.
    """
    runtime.services.access.require(actor(), act, project_id)


def visible_projects() -> frozenset[str] | None:
    """Return the ids of the projects that the visitor has a role in, None for every project."""
    return runtime.services.access.visible_projects(actor())


def has_accounts() -> bool:
    """Return whether people have accounts here."""
    return runtime.database.settings.has_accounts
