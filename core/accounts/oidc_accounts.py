"""Accounts of people who sign in by an OpenID provider: who gets one, and what their groups give them.

An account is found by the provider's id of the person and by nothing else: a name or an email address that equals that
of an account proves nothing.
"""

import shlex

from sqlmodel import Session, col, select

from core import audit
from core.accounts.invitations import open_row, use_invitation
from core.accounts.memberships import put_member
from core.accounts.oidc_identity import Identity
from core.accounts.roles import Role
from core.accounts.service import add_account, check_may_sign_in, find_connected, name_key
from core.config import Settings
from core.db import Accounts, Database, Memberships, Projects
from core.errors import ConflictError, ForbiddenError


class OidcAccounts:
    """Finds and makes the accounts of people of the provider, and follows their groups."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def sign_in(self, identity: Identity, invitation: str | None = None) -> Accounts:
        """Return the account of a person who has signed in at the provider; make one for who may have one.

        Args:
            identity: Who signed in.
            invitation: The secret of the invitation that they followed.

        Raises:
            ForbiddenError: nothing lets this person in, or the account is disabled.
            ConflictError: another account has the name.
            NotFoundError: the invitation is not valid.
        """
        with self._db.transaction() as session:
            account = find_connected(session, identity.issuer, identity.subject)
            row = open_row(session, invitation) if invitation is not None else None
            if account is None:
                account = self._make(session, identity, is_invited=row is not None)
            check_may_sign_in(account)
            if row is not None:
                account.is_admin = account.is_admin or row.makes_admin
                use_invitation(session, row, account)
                audit.record(session, "invitation.accept", row, label=account.name, actor=account.name, role=row.role)
            follow_groups(session, account, identity.groups or frozenset(), self._db.settings)
        return account

    def renew(self, account_id: str, identity: Identity) -> Accounts:
        """Give an account what its groups give now, where the provider said which; it has to be this person's.

        Raises:
            ForbiddenError: it is disabled, or somebody else's.
        """
        with self._db.transaction() as session:
            account = session.get_one(Accounts, account_id)
            check_may_sign_in(account)
            if (account.oidc_issuer, account.oidc_subject) != (identity.issuer, identity.subject):
                raise ForbiddenError("This account is not connected with this person any more. Sign in again.")
            if identity.groups is not None:
                follow_groups(session, account, identity.groups, self._db.settings)
        return account

    def _make(self, session: Session, identity: Identity, *, is_invited: bool) -> Accounts:
        if not is_invited and not _is_admitted(identity, self._db.settings):
            raise ForbiddenError(f"{identity.name} has no account here. Ask an admin of this server for an invitation.")
        taken = session.exec(select(Accounts.id).where(Accounts.name_key == name_key(identity.name))).first()
        if taken is not None:
            who = shlex.join((identity.name, identity.subject))  # an admin may paste it: both come from elsewhere
            raise ConflictError(
                f"There is an account {identity.name} already, and nothing proves that it is yours. "
                f"Ask an admin to run: vitrine user connect {who}"
            )
        account = add_account(session, identity.name, None, display_name=identity.display_name)
        account.oidc_issuer, account.oidc_subject = identity.issuer, identity.subject
        audit.record(session, "account.create", account, actor=account.name, by=self._db.settings.oidc_provider)
        return account


def follow_groups(session: Session, account: Accounts, groups: frozenset[str], settings: Settings) -> None:
    """Give an account the roles of its groups and take those that they gave before; what people gave stays."""
    granted = [what for group, what in settings.oidc_roles.items() if group in groups]
    _follow_admins(session, account, is_admin="admin" in granted)
    wanted: dict[str, Role] = {}
    for what in granted:
        for project, name in what.items() if isinstance(what, dict) else ():
            wanted[project] = max(wanted.get(project, Role.VIEWER), Role(name), key=lambda one: one.rank)
    named = col(Projects.id).in_(wanted) | col(Projects.name).in_(wanted)
    found = session.exec(select(Projects).where(named, col(Projects.deleted_at).is_(None))).all() if wanted else ()
    roles = {one.id: wanted.get(one.id) or wanted[one.name] for one in found}
    rows = session.exec(select(Memberships).where(Memberships.account_id == account.id))
    held = {row.project_id: row for row in rows}
    for project_id, row in held.items():
        if row.by_groups and project_id not in roles:
            session.delete(row)
            audit.record(session, "member.remove", account, project_id=project_id, role=row.role, by_groups=True)
    for project_id, role in roles.items():
        row_held = held.get(project_id)
        if row_held is None or (row_held.by_groups and row_held.role != role):
            put_member(session, project_id, account.id, role, by_groups=True)
            audit.record(session, "member.set", account, project_id=project_id, role=role.value, by_groups=True)


def _follow_admins(session: Session, account: Accounts, *, is_admin: bool) -> None:
    """The provider has the last word, also on the last admin: the command line makes another one."""
    if is_admin == account.is_admin or (account.is_admin and not account.admin_by_groups):
        return
    account.is_admin = account.admin_by_groups = is_admin
    audit.record(session, "account.change", account, is_admin=is_admin, by_groups=True)


def _is_admitted(identity: Identity, settings: Settings) -> bool:
    if (identity.groups or frozenset()) & settings.oidc_roles.keys():
        return True
    return identity.email.rpartition("@")[2] in settings.oidc_email_domains
