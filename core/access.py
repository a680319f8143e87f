"""API tokens of programs, sign-ins of people, and the check of the listening address."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core import audit
from core.accounts.roles import Role, parse_role
from core.addresses import is_loopback
from core.arguments import tidy_name
from core.config import Settings
from core.db import Accounts, ApiTokens, Database, Projects, SignIns, utc_now
from core.errors import ConfigurationError, ConflictError, InvalidInputError, NotFoundError

__all__ = [
    "MAX_NAME_CHARS", "MAX_SIGN_INS", "PREFIX", "SIGN_IN_LIFE", "ApiTokens", "NewToken", "Scope", "SignInService",
    "TokenService", "check_listening_address",
]  # fmt: skip

Scope = Literal["read", "write"]

PREFIX = "vitrine_"
MAX_NAME_CHARS = 100
SIGN_IN_LIFE = timedelta(days=14)
MAX_SIGN_INS = 10_000
# The last use is stored at most this often: storing every use would add a write to each read.
_USE_RESOLUTION = timedelta(minutes=10)
# For one attempt to renew a sign-in, also one that fails.
_CLAIM = timedelta(minutes=1)


@dataclass(frozen=True)
class NewToken:
    """A new token; *secret* is shown once, because the database stores only its hash."""

    row: ApiTokens
    secret: str


class TokenService:
    """Creates, lists, revokes and verifies API tokens."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def make_token(
        self,
        name: str,
        scope: Scope = "write",
        *,
        account_id: str | None = None,
        project_id: str | None = None,
        role: str | None = None,
    ) -> NewToken:
        """Create an API token.

        Args:
            name: Name of the program that uses it; repeated spaces are collapsed.
            scope: "read" for GET requests only, "write" for all requests.
            account_id: The account whose rights it has at each request; None for a token of the server.
            project_id: The only project that it opens; None for every one.
            role: The highest role that it acts in; a token of the server for one project without a role is an editor,
                or a viewer if it may only read.

        Raises:
            InvalidInputError: *name* is empty or too long, *scope* is neither read nor write, or there is no such role.
            NotFoundError: there is no such project.
        """
        name = tidy_name(name)
        if not 0 < len(name) <= MAX_NAME_CHARS:
            raise InvalidInputError(f"Give the token a name of at most {MAX_NAME_CHARS} characters.", field="name")
        if scope not in ("read", "write"):
            raise InvalidInputError("The scope of a token is read or write. Choose one of them.", field="scope")
        if role is None and project_id is not None and account_id is None:
            role = Role.EDITOR if scope == "write" else Role.VIEWER
        highest = parse_role(role).value if role is not None else None
        secret = PREFIX + secrets.token_urlsafe()
        with self._db.transaction() as session:
            project = session.get(Projects, project_id) if project_id is not None else None
            if project_id is not None and (project is None or project.deleted_at is not None):
                raise NotFoundError("This project does not exist any more. Choose another one.")
            row = ApiTokens(
                name=name, scope=scope, token_hash=_hash(secret), account_id=account_id, project_id=project_id,
                role=highest,
            )  # fmt: skip
            session.add(row)
            audit.record(session, "token.make", row, project_id=project_id, scope=scope, role=highest)
        return NewToken(row, secret)

    def list_tokens(self) -> list[ApiTokens]:
        """Return the tokens that are not revoked, newest first."""
        query = select(ApiTokens).where(col(ApiTokens.revoked_at).is_(None))
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(ApiTokens.create_at).desc(), col(ApiTokens.id))))

    def revoke_token(self, token_id: str) -> ApiTokens:
        """Revoke a token: requests with it are refused from now on.

        Raises:
            NotFoundError: there is no such token, or it is already revoked.
        """
        with self._db.transaction() as session:
            row = session.get(ApiTokens, token_id)
            if row is None or row.revoked_at is not None:
                raise NotFoundError("This token does not exist any more. Choose another one.")
            row.revoked_at = utc_now()
            audit.record(session, "token.revoke", row)
        return row

    def find_token(self, secret: str) -> ApiTokens | None:
        """Return the token with this secret, None when there is none or it is revoked; stores the time of use."""
        with self._db.reading() as session:
            row = _active_token(session, secret)
        if row is not None and (row.last_used_at is None or utc_now() - row.last_used_at > _USE_RESOLUTION):
            with self._db.transaction() as session:
                used = session.get_one(ApiTokens, row.id)
                used.last_used_at = utc_now()
        return row

    def get_active(self, token_id: str) -> ApiTokens | None:
        """Return the token with this id, None when there is none or it is revoked."""
        with self._db.reading() as session:
            row = session.get(ApiTokens, token_id)
        return row if row is not None and row.revoked_at is None else None


class SignInService:
    """Starts, finds and ends sign-ins: the sessions of people in their browsers."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def start(
        self,
        name: str,
        account: Accounts | None = None,
        *,
        minutes: float | None = None,
        refresh_token: str | None = None,
    ) -> SignIns:
        """Start a sign-in; expired ones, and the oldest beyond MAX_SIGN_INS, are removed.

        Args:
            name: Written to the history of what the person changes.
            account: The account as it was when its password was checked; None with the one password.
            minutes: How long it goes on, or until it is renewed; None for SIGN_IN_LIFE.
            refresh_token: Of the OpenID provider, encrypted; without one it is not renewed.

        Raises:
            ConflictError: the account was disabled, or its password changed, since the password was checked.
        """
        now = utc_now()
        newest = select(SignIns.id).order_by(col(SignIns.create_at).desc()).limit(MAX_SIGN_INS - 1)
        with self._db.transaction() as session:
            session.execute(delete(SignIns).where(col(SignIns.expires_at) <= now))
            session.execute(delete(SignIns).where(col(SignIns.id).not_in(newest)))
            if account is not None:
                _note_sign_in(session, account, now)
            account_id = account.id if account is not None else None
            row = SignIns(name=name, account_id=account_id, create_at=now, expires_at=now + SIGN_IN_LIFE)
            if minutes is not None:
                row.expires_at, row.renew_at = _renewed(row, now, minutes)
                row.renew_at = row.renew_at if refresh_token else None
            row.refresh_token = refresh_token
            session.add(row)
            audit.record(session, "account.sign_in", account, label=name, actor=name)
        return row

    def refuse(self, name: str, *, by_provider: bool = False) -> None:
        """Record that somebody gave a wrong password, with the *name* that was typed, or that of who has no account."""
        act = "account.refuse_provider" if by_provider else "account.refuse"
        with self._db.transaction() as session:
            audit.record(session, act, label=name, actor=name)

    def find(self, sign_in_id: str) -> SignIns | None:
        """Return a sign-in, None when it has ended or expired."""
        with self._db.reading() as session:
            row = session.get(SignIns, sign_in_id)
        return row if row is not None and row.expires_at > utc_now() else None

    def claim_renewal(self, sign_in_id: str) -> SignIns | None:
        """Return a sign-in whose time to be renewed has come, to one caller within a minute; None otherwise."""
        now = utc_now()
        is_due = (SignIns.id == sign_in_id, col(SignIns.renew_at) <= now, col(SignIns.expires_at) > now)
        with self._db.transaction() as session:
            row = session.exec(select(SignIns).where(*is_due).with_for_update()).first()
            if row is not None:
                row.renew_at = now + _CLAIM
        return row

    def renew(self, sign_in_id: str, refresh_token: str, minutes: float) -> None:
        """Let a sign-in go on for so many minutes, but not beyond SIGN_IN_LIFE; one that has ended stays so."""
        with self._db.transaction() as session:
            row = session.get(SignIns, sign_in_id)
            if row is not None:
                row.expires_at, row.renew_at = _renewed(row, utc_now(), minutes)
                row.refresh_token = refresh_token

    def end(self, sign_in_id: str) -> None:
        """End a sign-in; one that has ended stays so."""
        with self._db.transaction() as session:
            row = session.get(SignIns, sign_in_id)
            if row is not None:
                session.delete(row)
                audit.record(session, "account.sign_out", label=row.name, actor=row.name)

    def end_all(self) -> None:
        """End every sign-in."""
        with self._db.transaction() as session:
            session.execute(delete(SignIns))
            audit.record(session, "account.sign_out_all")


def check_listening_address(address: str | None, settings: Settings, allowed_hosts: Sequence[str] = ()) -> None:
    """Refuse to serve other machines without a sign-in, directly or through a proxy.

    Args:
        address: The address to listen on; None and "" stand for every address.
        settings: Says whether people sign in.
        allowed_hosts: Host names the server answers to; other machines come by those that are not of this machine.

    Raises:
        ConfigurationError: other machines could connect and nobody has to sign in.
    """
    if settings.has_sign_in:
        return
    if not is_loopback(address or "0.0.0.0"):  # noqa: S104
        raise ConfigurationError(
            f"Vitrine does not listen on {address or 'every address'} without a password, because anyone on the "
            "network could use it. Set VITRINE_ACCESS_PASSWORD, or listen on 127.0.0.1 only (server.address)."
        )
    foreign = [host for host in allowed_hosts if not (is_loopback(host) or host.lower().endswith(".localhost"))]
    if foreign:
        raise ConfigurationError(
            f"Vitrine does not answer to {foreign[0]} without a password, because anyone could use it through a proxy. "
            "Set VITRINE_ACCESS_PASSWORD, or remove the name from server.allowedHosts."
        )


def _renewed(row: SignIns, now: datetime, minutes: float) -> tuple[datetime, datetime]:
    """Return when a sign-in ends that is renewed now, and when it is to be renewed the next time."""
    return min(now + timedelta(minutes=minutes), row.create_at + SIGN_IN_LIFE), now + timedelta(minutes=minutes / 2)


def _note_sign_in(session: Session, checked: Accounts, now: datetime) -> None:
    account = session.get_one(Accounts, checked.id)
    if account.disabled_at is not None or account.password_hash != checked.password_hash:
        raise ConflictError("This account was changed at this moment. Sign in again.")
    account.last_sign_in_at = now


def _active_token(session: Session, secret: str) -> ApiTokens | None:
    query = select(ApiTokens).where(ApiTokens.token_hash == _hash(secret), col(ApiTokens.revoked_at).is_(None))
    return session.exec(query).first()


def _hash(secret: str) -> str:
    # A token has 256 random bits and cannot be guessed, so a slow password hash would add no protection.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
