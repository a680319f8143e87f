"""Accounts: make, list, check passwords, disable. Whoever ends an account's access ends its sessions with it."""

import unicodedata
from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core import audit, password
from core.accounts.names import is_readable
from core.accounts.passwords import check_new_password, normalized
from core.accounts.tries import PasswordTries
from core.arguments import tidy_name
from core.db import Accounts, Database, SignIns, utc_now
from core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError

MAX_NAME_CHARS = 60
# Names that the history uses for others: whoever works without a sign-in, and signed addresses.
_TAKEN_NAMES = frozenset({"local", "link"})


@dataclass(frozen=True)
class AccountCounts:
    """How many accounts can be used, and how many of them are admins that can sign in."""

    active: int
    admins: int


class AccountService:
    """The accounts of the server. Names are compared without regard to case."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def create_account(
        self, name: str, password: str | None = None, *, display_name: str = "", is_admin: bool = False
    ) -> Accounts:
        """Make an account.

        Args:
            name: For signing in, and shown in the history; up to MAX_NAME_CHARS characters.
            password: None for an account that cannot sign in by password.
            display_name: The full name, for lists of people.
            is_admin: Whether it may do everything on every project and manage accounts.

        Raises:
            InvalidInputError: the name or the password cannot be used.
            ConflictError: another account has the name.
        """
        hash_ = new_hash(password, name) if password is not None else None
        with self._db.transaction() as session:
            account = add_account(session, name, hash_, display_name=display_name, is_admin=is_admin)
            audit.record(session, "account.create", account, is_admin=is_admin)
            return account

    def list_accounts(self) -> list[Accounts]:
        """Return all accounts by name, disabled ones included."""
        with self._db.reading() as session:
            return list(session.exec(select(Accounts).order_by(col(Accounts.name_key))))

    def get_account(self, account_id: str) -> Accounts:
        """Return an account.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._db.reading() as session:
            return _account(session, account_id)

    def find_account(self, name: str) -> Accounts | None:
        """Return the account with this name, None without one."""
        with self._db.reading() as session:
            return session.exec(select(Accounts).where(Accounts.name_key == name_key(name))).first()

    def named(self, name: str) -> Accounts:
        """Return the account with this name.

        Raises:
            NotFoundError: there is none.
        """
        account = self.find_account(name)
        if account is None:
            raise NotFoundError(f"There is no account {name}. Check the name, or make an invitation for the person.")
        return account

    def counts(self) -> AccountCounts:
        """Count the accounts that are not disabled."""
        with self._db.reading() as session:
            active = session.exec(select(Accounts.id).where(col(Accounts.disabled_at).is_(None))).all()
            return AccountCounts(len(active), len(_admins(session)))

    def verify(self, name: str, attempt: str) -> Accounts | None:
        """Return the account with this name and password, None when they do not match; always takes as long.

        A hash that was made with other parameters than today's is replaced.
        """
        account = self.find_account(name)
        if account is None or account.password_hash is None:
            password.take_as_long(normalized(attempt))
            return None
        if not password.matches(account.password_hash, normalized(attempt)):
            return None
        if not password.needs_rehash(account.password_hash):
            return account
        old, new = account.password_hash, password.hash_new(normalized(attempt))
        with self._db.transaction() as session:
            stored = _account(session, account.id)
            if stored.password_hash == old:  # else it was changed meanwhile
                stored.password_hash = account.password_hash = new
        return account

    def set_password(self, account_id: str, new: str) -> Accounts:
        """Give an account a new password and end its sessions.

        Raises:
            NotFoundError: there is no such account.
            InvalidInputError: the password cannot be used.
        """
        hash_ = new_hash(new, self.get_account(account_id).name)
        with self._db.transaction() as session:
            account = _account(session, account_id)
            account.password_hash = hash_
            _end_sessions(session, account_id)
            audit.record(session, "account.change", account, changed="password")
        return account

    def change_password(self, account_id: str, old: str, new: str) -> Accounts:
        """Change the password of an account by somebody who knows it, and end its sessions.

        Raises:
            NotFoundError: there is no such account.
            TooManyTriesError: *old* was wrong too often; this try was not checked.
            InvalidInputError: *old* is not its password, or *new* cannot be used.
        """
        tries = self._db.shared(PasswordTries)
        tries.begin(account_id)
        if self.verify(self.get_account(account_id).name, old) is None:
            raise InvalidInputError("This is not the present password. Try again.", field="old_password")
        tries.succeed(account_id)
        return self.set_password(account_id, new)

    def sign_out_everywhere(self, account_id: str) -> int:
        """End every session of an account and return how many there were."""
        with self._db.transaction() as session:
            ended = _end_sessions(session, account_id)
            audit.record(session, "account.change", _account(session, account_id), sessions_ended=ended)
            return ended

    def disable_account(self, account_id: str) -> Accounts:
        """Disable an account: its sessions end, and its tokens are refused. What it did stays.

        Raises:
            NotFoundError: there is no such account.
            ConflictError: it is the last admin.
        """
        with self._db.transaction() as session:
            account = _account(session, account_id)
            if account.disabled_at is None:
                account.disabled_at = utc_now()
                _end_sessions(session, account_id)
                _check_admin_remains(session, account)
                audit.record(session, "account.disable", account)
        return account

    def enable_account(self, account_id: str) -> Accounts:
        """Let a disabled account sign in again.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._db.transaction() as session:
            account = _account(session, account_id)
            account.disabled_at = None
            audit.record(session, "account.enable", account)
        return account

    def set_admin(self, account_id: str, is_admin: bool) -> Accounts:
        """Make an account an admin, or no longer one.

        Raises:
            NotFoundError: there is no such account.
            ConflictError: it is the last admin.
        """
        with self._db.transaction() as session:
            account = _account(session, account_id)
            account.is_admin, account.admin_by_groups = is_admin, False
            if not is_admin:
                _check_admin_remains(session, account)
            audit.record(session, "account.change", account, is_admin=is_admin)
        return account

    def connect(self, account_id: str, issuer: str, subject: str | None) -> Accounts:
        """Let a person of an OpenID provider sign in to an account that exists; None takes that back.

        Whoever calls vouches that both are the same person.

        Raises:
            NotFoundError: there is no such account.
            ConflictError: the person has another account already, or nobody could manage the accounts any more.
        """
        with self._db.transaction() as session:
            account = _account(session, account_id)
            other = find_connected(session, issuer, subject) if subject is not None else None
            if other is not None and other.id != account_id:
                raise ConflictError(f"This person signs in to the account {other.name}. Disconnect that one first.")
            account.oidc_issuer, account.oidc_subject = (issuer, subject) if subject is not None else (None, None)
            _end_sessions(session, account_id)
            if account.is_admin and account.disabled_at is None:
                _check_admin_remains(session, account)
            audit.record(session, "account.change", account, connected=subject is not None)
        return account

    def rename_display(self, account_id: str, display_name: str) -> Accounts:
        """Change the full name of an account.

        Raises:
            NotFoundError: there is no such account.
            InvalidInputError: the name is too long.
        """
        tidy = _tidy_display_name(display_name)
        with self._db.transaction() as session:
            account = _account(session, account_id)
            account.display_name = tidy
            audit.record(session, "account.change", account, display_name=tidy)
        return account


def name_key(name: str) -> str:
    """Return the form in which names are compared."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def new_hash(new: str, name: str) -> str:
    """Check a new password and return its hash; takes about 20 ms, so it is done outside of transactions.

    Raises:
        InvalidInputError: the password cannot be used.
    """
    check_new_password(new, name)
    return password.hash_new(normalized(new))


def add_account(
    session: Session, name: str, password_hash: str | None, *, display_name: str = "", is_admin: bool = False
) -> Accounts:
    """Add an account in the transaction of *session*.

    Raises:
        InvalidInputError: the name cannot be used.
        ConflictError: another account has the name.
    """
    tidy = _tidy_name(name)
    key = name_key(tidy)
    if session.exec(select(Accounts.id).where(Accounts.name_key == key)).first() is not None:
        raise ConflictError(f"There is an account {tidy} already. Choose another name.")
    account = Accounts(
        name=tidy, name_key=key, display_name=_tidy_display_name(display_name), password_hash=password_hash,
        is_admin=is_admin,
    )  # fmt: skip
    session.add(account)
    session.flush()
    return account


def find_connected(session: Session, issuer: str, subject: str) -> Accounts | None:
    """Return the account that a person of an OpenID provider signs in to, None without one."""
    query = select(Accounts).where(Accounts.oidc_issuer == issuer, Accounts.oidc_subject == subject)
    return session.exec(query).first()


def check_may_sign_in(account: Accounts) -> None:
    """Check that an account is not disabled.

    Raises:
        ForbiddenError: it is.
    """
    if account.disabled_at is not None:
        raise ForbiddenError("This account is disabled. Ask an admin of this server.")


def _tidy_name(name: str) -> str:
    tidy = " ".join(unicodedata.normalize("NFKC", name).split())
    if not 0 < len(tidy) <= MAX_NAME_CHARS or not is_readable(tidy):
        raise InvalidInputError(
            f"Choose a name of 1 to {MAX_NAME_CHARS} letters, digits and signs that can be seen, and of one alphabet.",
            field="name",
        )
    if name_key(tidy) in _TAKEN_NAMES:
        raise InvalidInputError(f"The name {tidy} is used by Vitrine itself. Choose another one.", field="name")
    return tidy


def _tidy_display_name(name: str) -> str:
    tidy = tidy_name(name)
    if len(tidy) > MAX_NAME_CHARS or not tidy.isprintable():
        raise InvalidInputError(f"Choose a full name of at most {MAX_NAME_CHARS} characters.", field="display_name")
    return tidy


def _account(session: Session, account_id: str) -> Accounts:
    account = session.get(Accounts, account_id)
    if account is None:
        raise NotFoundError("There is no such account. Choose another one.")
    return account


def _admins(session: Session) -> list[str]:
    """Return the ids of the admins that can sign in."""
    can_sign_in = col(Accounts.password_hash).is_not(None) | col(Accounts.oidc_subject).is_not(None)
    query = select(Accounts.id).where(col(Accounts.is_admin), col(Accounts.disabled_at).is_(None), can_sign_in)
    return list(session.exec(query))


def _check_admin_remains(session: Session, changed: Accounts) -> None:
    session.flush()
    if not _admins(session):
        raise ConflictError(f"{changed.name} is the last admin who can sign in. Make another account an admin first.")


def _end_sessions(session: Session, account_id: str) -> int:
    return int(session.execute(delete(SignIns).where(col(SignIns.account_id) == account_id)).rowcount)  # type: ignore[attr-defined]
