"""Who may review a project: with accounts its members, but for viewers, and the admins of the server."""

from collections.abc import Sequence

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
    names = _reviewers(session, project_id)
    if names is None:
        return name
    found = names.get(name.casefold())
    if found is None:
        raise InvalidInputError(f"{name} does not review this project. Name one of its members.", field=field)
    return found


def not_reviewing(session: Session, project_id: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of *names* who may not review the project (any more); without accounts nobody."""
    reviewers = _reviewers(session, project_id)
    return () if reviewers is None else tuple(name for name in names if name.casefold() not in reviewers)


def reviewer_names(session: Session, project_id: str) -> list[str]:
    """Return the names of those who may review; none where there are no accounts."""
    return sorted((_reviewers(session, project_id) or {}).values(), key=str.lower)


def _reviewers(session: Session, project_id: str) -> dict[str, str] | None:
    """Return the names of those who may review, by their case-folded ones; None where there are no accounts."""
    if session.exec(select(Accounts.id).limit(1)).first() is None:
        return None
    member = select(Memberships.id).where(
        Memberships.account_id == Accounts.id, Memberships.project_id == project_id, Memberships.role != "viewer"
    )
    reviewers = select(Accounts.name).where(
        col(Accounts.disabled_at).is_(None), or_(member.correlate(Accounts).exists(), col(Accounts.is_admin))
    )
    return {name.casefold(): name for name in session.exec(reviewers)}
