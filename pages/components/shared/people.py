"""What the pages of people share: how they are named, the services behind a check of the act, links of invitations."""

from urllib.parse import urlsplit

import streamlit as st

from core import caller
from core.accounts.permissions import Act
from core.accounts.roles import Role
from core.runtime import runtime
from core.services import Services
from pages.components.shared import media, page, visitor

ROLE_WORDS = {
    Role.VIEWER: "Viewer: looks",
    Role.ANNOTATOR: "Annotator: reviews at the desk",
    Role.EDITOR: "Editor: adds, asks models, exports",
    Role.OWNER: "Owner: manages members, deletes the project",
}


def shown(name: str) -> str:
    """Return the name of a person; of somebody on this machine who gave none, "Local user"."""
    return "Local user" if name == caller.LOCAL else name


def by(name: str) -> str:
    """Return who did something, at the end of a clause: "by Ada"."""
    return f"by {'the local user' if name == caller.LOCAL else name}"


def services(act: Act, project_id: str | None = None) -> Services:
    """Return the services for somebody who may do *act*.

    Raises:
        ForbiddenError: the visitor may not.
        NotFoundError: the visitor has no role in the project.
    """
    page.act_as_visitor()
    runtime.services.access.require(visitor.actor(), act, project_id)
    return runtime.services


def invitation_link(secret: str) -> str:
    """Return the address of an invitation on the server as the visitor sees it."""
    seen = urlsplit(st.context.url or "")
    return f"{seen.scheme}://{seen.netloc}{media.base_path()}/access/invitation/{secret}"
