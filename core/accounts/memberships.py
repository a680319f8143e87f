"""Who has which role in a project."""

from dataclasses import dataclass

from sqlalchemy import case
from sqlmodel import Session, col, select

from core import audit
from core.accounts.roles import Role
from core.db import Accounts, Database, Memberships, Projects, utc_now
from core.errors import ConflictError, NotFoundError


@dataclass(frozen=True)
class Member:
    """An account with its role in a project."""

    account: Accounts
    role: Role


class MembershipService:
    """The roles of accounts in projects."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def members(self, project_id: str) -> list[Member]:
        """Return the members of a project, owners first, then by name; disabled accounts included."""
        rank = case({role.value: -role.rank for role in Role}, value=col(Memberships.role))
        query = (
            select(Accounts, Memberships.role)
            .join(Memberships, col(Memberships.account_id) == Accounts.id)
            .where(Memberships.project_id == project_id)
            .order_by(rank, col(Accounts.name_key))
        )
        with self._db.reading() as session:
            return [Member(account, Role(role)) for account, role in session.exec(query)]

    def roles_of(self, account_id: str) -> dict[str, Role]:
        """Return the role of an account in each of its projects, by project id."""
        with self._db.reading() as session:
            rows = session.exec(select(Memberships).where(Memberships.account_id == account_id))
            return {row.project_id: Role(row.role) for row in rows}

    def set_role(self, project_id: str, account_id: str, role: Role, *, by_admin: bool = False) -> Member:
        """Add an account to a project, or change its role in it.

        Args:
            project_id: The project.
            account_id: The account.
            role: Its new role.
            by_admin: Whether an admin of the server does it, who may leave a project without an owner.

        Raises:
            NotFoundError: there is no such project or account.
            ConflictError: it is the last owner of the project.
        """
        with self._db.transaction() as session:
            row = _membership(session, project_id, account_id)
            was_owner = row is not None and row.role == Role.OWNER
            account = put_member(session, project_id, account_id, role)
            if was_owner and not by_admin:
                _check_owner_remains(session, project_id)
            audit.record(session, "member.set", account, project_id=project_id, role=role.value)
        return Member(account, role)

    def remove_member(self, project_id: str, account_id: str, *, by_admin: bool = False) -> Role:
        """Take an account out of a project and return the role it had.

        Raises:
            NotFoundError: the account has no role in the project.
            ConflictError: it is the last owner of the project.
        """
        with self._db.transaction() as session:
            row = _membership(session, project_id, account_id)
            if row is None:
                raise NotFoundError("This person is not a member of the project any more.")
            role = Role(row.role)
            session.delete(row)
            if not by_admin and role is Role.OWNER:
                _check_owner_remains(session, project_id)
            account = session.get(Accounts, account_id)
            audit.record(session, "member.remove", account, project_id=project_id, role=role.value)
        return role


def put_member(session: Session, project_id: str, account_id: str, role: Role, *, by_groups: bool = False) -> Accounts:
    """Add or change a membership in the transaction of *session*; *by_groups*: until the groups say otherwise.

    Raises:
        NotFoundError: there is no such project or account.
    """
    project, account = session.get(Projects, project_id), session.get(Accounts, account_id)
    if project is None:
        raise NotFoundError("This project does not exist any more. Choose another one.")
    if account is None:
        raise NotFoundError("There is no such account. Choose another one.")
    row = _membership(session, project_id, account_id)
    if row is None:
        row = Memberships(account_id=account_id, project_id=project_id, role=role.value, create_at=utc_now())
        session.add(row)
    row.role, row.by_groups = role.value, by_groups
    return account


def _membership(session: Session, project_id: str, account_id: str) -> Memberships | None:
    query = select(Memberships).where(Memberships.project_id == project_id, Memberships.account_id == account_id)
    return session.exec(query).first()


def _check_owner_remains(session: Session, project_id: str) -> None:
    session.flush()
    owners = (
        select(Memberships.id)
        .join(Accounts, col(Memberships.account_id) == Accounts.id)
        .where(Memberships.project_id == project_id, Memberships.role == Role.OWNER.value)
        .where(col(Accounts.disabled_at).is_(None))
    )
    if session.exec(owners).first() is None:
        raise ConflictError(
            "This is the last owner of the project. Make another member an owner first, or ask an admin."
        )
