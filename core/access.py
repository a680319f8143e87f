"""API tokens for programs, the password for people, and the check of the address that the server listens on."""

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Literal

from sqlmodel import Session, col, select

from core.config import Settings
from core.db import ApiTokens, Database, utc_now
from core.errors import ConfigurationError, InvalidInputError, NotFoundError

Scope = Literal["read", "write"]

PREFIX = "vitrine_"
MAX_NAME_CHARS = 100
# Writing each use down would turn every read into a write.
_USE_RESOLUTION = timedelta(minutes=10)


@dataclass(frozen=True)
class MadeToken:
    """A new token; *secret* is shown to the person now and cannot be had again."""

    row: ApiTokens
    secret: str


class TokenService:
    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def make_token(self, name: str, scope: Scope = "write") -> MadeToken:
        """Make a token that lets a program in.

        Raises:
            InvalidInputError: *name* is empty or too long, or *scope* is neither read nor write.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME_CHARS:
            raise InvalidInputError(f"Give the token a name of at most {MAX_NAME_CHARS} characters.", field="name")
        if scope not in ("read", "write"):
            raise InvalidInputError("A token is for read or write.", field="scope")
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._db.transaction() as session:
            row = ApiTokens(name=name, scope=scope, token_hash=_hash(secret))
            session.add(row)
        return MadeToken(row, secret)

    def list_tokens(self) -> list[ApiTokens]:
        """Return the tokens that let someone in, newest first."""
        query = select(ApiTokens).where(col(ApiTokens.revoked_at).is_(None))
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(ApiTokens.create_at).desc(), col(ApiTokens.id))))

    def revoke_token(self, token_id: str) -> ApiTokens:
        """Let nobody in with this token any more, from the next request on."""
        with self._db.transaction() as session:
            row = session.get(ApiTokens, token_id)
            if row is None or row.revoked_at is not None:
                raise NotFoundError("This token does not exist any more.")
            row.revoked_at = utc_now()
        return row

    def find_token(self, secret: str) -> ApiTokens | None:
        """Return the token that *secret* is, None when it is none or was revoked."""
        with self._db.reading() as session:
            row = _valid(session, secret)
        if row is not None and (row.last_used_at is None or utc_now() - row.last_used_at > _USE_RESOLUTION):
            with self._db.transaction() as session:
                used = session.get_one(ApiTokens, row.id)
                used.last_used_at = utc_now()
        return row


def password_fits(settings: Settings, given: str) -> bool:
    """Compare in constant time; False when no password is set."""
    if settings.access_password is None:
        return False
    return hmac.compare_digest(settings.access_password.get_secret_value().encode(), given.encode())


def check_address(address: str | None, settings: Settings) -> None:
    """Refuse to listen beyond this machine without a password; None and "" stand for every address.

    Raises:
        ConfigurationError: the door would stand open.
    """
    if settings.access_password is None and not is_this_machine(address or "0.0.0.0"):  # noqa: S104
        raise ConfigurationError(
            f"Vitrine does not listen on {address or 'every address'} without a password, because anyone in reach "
            "could use it. Set VITRINE_ACCESS_PASSWORD, or listen on 127.0.0.1 only (server.address)."
        )


@lru_cache(maxsize=256)
def is_this_machine(host: str) -> bool:
    """Return whether *host* can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _valid(session: Session, secret: str) -> ApiTokens | None:
    query = select(ApiTokens).where(ApiTokens.token_hash == _hash(secret), col(ApiTokens.revoked_at).is_(None))
    return session.exec(query).first()


def _hash(secret: str) -> str:
    # A token is 256 random bits: nothing to guess, so a slow hash would protect nothing.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
