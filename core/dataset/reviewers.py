"""Who may review a project: with accounts its members, but for viewers, and the admins of the server."""

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core.db import Accounts, Memberships
from core.errors import InvalidInputError


def reviewer_named(session: Session, project_id: str, name: str, *, field: str) -> str:
    """Return the name of a reviewer as their account spells it; without accounts every name as it is.

    Args:
        session: The session.
        project_id: The project.
        name: The name, in upper or lower case.
        field: The argument that an error names.

    Raises:
        InvalidInputError: with accounts, nobody of this name may review the project.
    """
    if session.exec(select(Accounts.id).limit(1)).first() is None:
        return name
    member = select(Memberships.id).where(
        Memberships.account_id == Accounts.id, Memberships.project_id == project_id, Memberships.role != "viewer"
    )
    reviewers = select(Accounts.name).where(
        col(Accounts.disabled_at).is_(None), or_(member.correlate(Accounts).exists(), col(Accounts.is_admin))
    )
    for reviewer in session.exec(reviewers):
        if reviewer.casefold() == name.casefold():
            return reviewer
    raise InvalidInputError(f"{name} does not review this project. Name one of its members.", field=field)
