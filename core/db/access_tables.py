"""API tokens, sign-ins, and the stored replies to requests with an idempotency key."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from core.db.base import Base, id_field, time_field


class ApiTokens(Base, table=True):
    """An API token; only its hash is stored, so the token itself is shown once."""

    __tablename__: ClassVar[str] = "api_tokens"

    id: str = id_field()
    name: str
    token_hash: str = Field(max_length=64, unique=True, description="sha256; a token is 256 random bits")
    scope: str = Field(description="read or write")
    account_id: str | None = Field(default=None, description="whose rights it has; empty for one of the command line")
    project_id: str | None = Field(default=None, description="the only project it opens; empty for every one")
    role: str | None = Field(default=None, description="the highest role it acts in")
    create_at: datetime = time_field()
    last_used_at: datetime | None = time_field(now=False)
    revoked_at: datetime | None = time_field(now=False)


class SignIns(Base, table=True):
    """A person's session in one browser, from the password until signing out; an ended one has no row."""

    __tablename__: ClassVar[str] = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_expiry", "expires_at"), Index("ix_sign_ins_account", "account_id"))

    id: str = id_field()
    name: str
    account_id: str | None = Field(default=None, description="empty with the one password")
    create_at: datetime = time_field()
    expires_at: datetime = time_field()
    renew_at: datetime | None = time_field(now=False)
    refresh_token: str | None = Field(default=None, description="of the OpenID provider, encrypted by the secret key")


class KeyedReplies(Base, table=True):
    """The reply to a request that came with an idempotency key; ``status`` is empty while it is processed."""

    __tablename__: ClassVar[str] = "keyed_replies"
    __table_args__ = (Index("ix_keyed_replies_age", "create_at"),)

    key_hash: str = Field(primary_key=True, max_length=64, description="sha256 of who asked, and the key")
    request_hash: str = Field(max_length=64, description="sha256 of method, path and body")
    status: int | None = None
    body: str = ""
    create_at: datetime = time_field()
