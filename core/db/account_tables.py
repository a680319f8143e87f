"""Accounts of people, their roles in projects, and invitations."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field

from core.db.base import Base, id_field, json_field, time_field


class Accounts(Base, table=True):
    """A person who can sign in; accounts are disabled, not deleted, because the history names them."""

    __tablename__: ClassVar[str] = "accounts"
    __table_args__ = (
        Index("ix_accounts_name", "name_key", unique=True),
        Index("ix_accounts_oidc", "oidc_issuer", "oidc_subject", unique=True),
    )

    id: str = id_field()
    name: str = Field(description="for signing in, and in the history of what the person changes")
    name_key: str = Field(description="normalized name: two accounts with the same key would be taken for each other")
    display_name: str = Field(default="", description="the full name, for lists of people")
    password_hash: str | None = Field(default=None, description="Argon2id; empty for who signs in by OIDC only")
    is_admin: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    oidc_issuer: str | None = None
    oidc_subject: str | None = None
    admin_by_groups: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}, description="an admin by groups at sign-in"
    )
    create_at: datetime = time_field()
    last_sign_in_at: datetime | None = time_field(now=False)
    disabled_at: datetime | None = time_field(now=False)


class Preferences(Base, table=True):
    """What a person prefers, in one project or in all."""

    __tablename__: ClassVar[str] = "preferences"
    __table_args__ = (Index("ix_preferences_person", "person", "name", "project_id"),)

    id: str = id_field()
    person: str = Field(description="the id of an account, or a name where there are no accounts")
    project_id: str | None = Field(default=None, foreign_key="projects.id")
    name: str
    value: dict[str, Any] = json_field(dict)
    update_at: datetime = time_field(touch=True)


class Memberships(Base, table=True):
    """The role of an account in a project."""

    __tablename__: ClassVar[str] = "memberships"
    __table_args__ = (Index("ix_memberships_once", "account_id", "project_id", unique=True),)

    id: str = id_field()
    account_id: str = Field(foreign_key="accounts.id", ondelete="CASCADE")
    project_id: str = Field(foreign_key="projects.id", ondelete="CASCADE", index=True)
    role: str = Field(description="viewer, annotator, editor or owner")
    by_groups: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}, description="read anew at each sign-in"
    )
    create_at: datetime = time_field()


class Invitations(Base, table=True):
    """A link by which one person makes an account or joins a project; only the hash of its secret is stored."""

    __tablename__: ClassVar[str] = "invitations"

    id: str = id_field()
    token_hash: str = Field(max_length=64, unique=True, description="sha256 of 256 random bits")
    project_id: str | None = Field(default=None, foreign_key="projects.id", ondelete="CASCADE", index=True)
    role: str | None = Field(default=None, description="in the project")
    makes_admin: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    created_by: str = Field(default="", description="name of who made it; empty for the command line")
    create_at: datetime = time_field()
    expires_at: datetime = time_field()
    revoked_at: datetime | None = time_field(now=False)
    used_at: datetime | None = time_field(now=False)
    used_by: str | None = Field(default=None, foreign_key="accounts.id")
