"""Invitations: links that let one person make an account, or join a project; each works once and expires."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from core import audit
from core.accounts.memberships import put_member
from core.accounts.roles import Role
from core.accounts.service import add_account, check_may_sign_in, new_hash
from core.db import Accounts, Database, Invitations, Memberships, Projects, utc_now
from core.errors import InvalidInputError, NotFoundError

DEFAULT_DAYS = 7
MAX_DAYS = 90
# The same sentence for whatever is wrong: a guess learns nothing.
NOT_VALID = "This invitation is not valid: it was used, has expired or was taken back. Ask for a new one."


@dataclass(frozen=True)
class NewInvitation:
    """A new invitation; *secret* is shown once, because the database stores only its hash."""

    row: Invitations
    secret: str


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that can be accepted, and the name of its project, if it has one."""

    row: Invitations
    project_name: str | None


class InvitationService:
    """Makes, lists, revokes and accepts invitations."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def invite(
        self,
        *,
        project_id: str | None = None,
        role: Role | None = None,
        makes_admin: bool = False,
        created_by: str = "",
        days: int = DEFAULT_DAYS,
    ) -> NewInvitation:
        """Make an invitation.

        Args:
            project_id: The project that the person joins; None for an account without a project.
            role: The role in the project.
            makes_admin: Whether the account becomes an admin of the server.
            created_by: Name of who invites.
            days: How many days it is valid, up to MAX_DAYS.

        Raises:
            InvalidInputError: a project without a role, a role without a project, or too many days.
            NotFoundError: there is no such project.
        """
        if (project_id is None) != (role is None):
            raise InvalidInputError(
                "An invitation has a project and a role in it, or neither. Choose both.", field="role"
            )
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInputError(f"An invitation is valid for 1 to {MAX_DAYS} days. Choose so.", field="days")
        secret = secrets.token_urlsafe()
        now = utc_now()
        with self._db.transaction() as session:
            if project_id is not None:
                _project_name(session, project_id)
            row = Invitations(
                token_hash=_hash(secret), project_id=project_id, role=role.value if role else None,
                makes_admin=makes_admin, created_by=created_by, create_at=now, expires_at=now + timedelta(days=days),
            )  # fmt: skip
            session.add(row)
            audit.record(session, "invitation.make", row, role=row.role, makes_admin=makes_admin, days=days)
        return NewInvitation(row, secret)

    def list_open(self, project_id: str | None = None) -> list[Invitations]:
        """Return the invitations that can still be accepted, of a project or all, newest first."""
        query = select(Invitations).where(*_is_open())
        if project_id is not None:
            query = query.where(Invitations.project_id == project_id)
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(Invitations.create_at).desc(), col(Invitations.id))))

    def get_invitation(self, invitation_id: str) -> Invitations:
        """Return an invitation.

        Raises:
            NotFoundError: there is none with this id.
        """
        with self._db.reading() as session:
            row = session.get(Invitations, invitation_id)
        if row is None:
            raise NotFoundError("There is no such invitation. Choose another one.")
        return row

    def revoke(self, invitation_id: str) -> Invitations:
        """Take an invitation back: its link does not work any more.

        Raises:
            NotFoundError: it is not open: it was used, has expired or was taken back.
        """
        with self._db.transaction() as session:
            row = session.exec(select(Invitations).where(Invitations.id == invitation_id, *_is_open())).first()
            if row is None:
                raise NotFoundError("This invitation is not open any more. Choose another one.")
            row.revoked_at = utc_now()
            audit.record(session, "invitation.revoke", row, role=row.role)
        return row

    def find_open(self, secret: str) -> OpenInvitation:
        """Return the invitation with this secret.

        Raises:
            NotFoundError: it is not valid, for whatever reason; the message is always the same.
        """
        with self._db.reading() as session:
            row = open_row(session, secret)
            return OpenInvitation(row, _project_name(session, row.project_id) if row.project_id else None)

    def accept(self, secret: str, name: str, password: str, display_name: str = "") -> Accounts:
        """Make an account by an invitation, which is used up.

        Raises:
            NotFoundError: the invitation is not valid.
            InvalidInputError: the name or the password cannot be used; the invitation stays open.
            ConflictError: another account has the name; the invitation stays open.
        """
        self.find_open(secret)  # strangers with a wrong secret cost no password hash
        hash_ = new_hash(password, name)
        with self._db.transaction() as session:
            row = open_row(session, secret)
            account = add_account(session, name, hash_, display_name=display_name, is_admin=row.makes_admin)
            use_invitation(session, row, account)
            audit.record(session, "invitation.accept", row, label=account.name, actor=account.name, role=row.role)
        return account

    def join(self, secret: str, account_id: str) -> Accounts:
        """Let an account that exists accept an invitation; a role it has already is never lowered.

        Raises:
            NotFoundError: the invitation is not valid, or there is no such account.
            ForbiddenError: the account is disabled.
        """
        with self._db.transaction() as session:
            row = open_row(session, secret)
            account = session.get(Accounts, account_id)
            if account is None:
                raise NotFoundError("There is no such account. Choose another one.")
            check_may_sign_in(account)
            account.is_admin = account.is_admin or row.makes_admin
            use_invitation(session, row, account)
            audit.record(session, "invitation.accept", row, label=account.name, actor=account.name, role=row.role)
        return account


def use_invitation(session: Session, row: Invitations, account: Accounts) -> None:
    """Use an invitation up and give *account* its role, in the transaction of *session*."""
    row.used_at, row.used_by = utc_now(), account.id
    if row.project_id is None:
        return
    role = Role(str(row.role))  # whoever is invited to a project is invited to a role in it
    held = session.exec(
        select(Memberships.role).where(Memberships.project_id == row.project_id, Memberships.account_id == account.id)
    ).first()
    if held is None or role.includes(Role(held)):
        put_member(session, row.project_id, account.id, role)


def _is_open() -> tuple[ColumnElement[bool], ...]:
    now = utc_now()
    return (
        col(Invitations.used_at).is_(None), col(Invitations.revoked_at).is_(None), col(Invitations.expires_at) > now,
        ~_is_by_somebody_who_may_not_invite(),
    )  # fmt: skip


def _is_by_somebody_who_may_not_invite() -> ColumnElement[bool]:
    """Return the condition that who made the invitation is disabled, or no owner any more: else the link gives it back.

    An invitation of the command line names nobody.
    """
    owner = select(Memberships.id).where(
        Memberships.account_id == Accounts.id, Memberships.project_id == Invitations.project_id,
        Memberships.role == Role.OWNER.value,
    )  # fmt: skip
    is_owner = and_(col(Invitations.makes_admin).is_(False), owner.correlate(Accounts, Invitations).exists())
    may_not = or_(col(Accounts.disabled_at).is_not(None), and_(col(Accounts.is_admin).is_(False), ~is_owner))
    return select(Accounts.id).where(Accounts.name == Invitations.created_by, may_not).correlate(Invitations).exists()


def open_row(session: Session, secret: str) -> Invitations:
    """Return the invitation with this secret, in the transaction of *session*.

    Raises:
        NotFoundError: it is not valid, for whatever reason.
    """
    query = select(Invitations).where(Invitations.token_hash == _hash(secret), *_is_open())
    row = session.exec(query).first()
    project = session.get(Projects, row.project_id) if row is not None and row.project_id else None
    if row is None or (project is not None and project.deleted_at is not None):
        raise NotFoundError(NOT_VALID)
    return row


def _project_name(session: Session, project_id: str) -> str:
    project = session.get(Projects, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFoundError("This project does not exist any more. Choose another one.")
    return project.name


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
