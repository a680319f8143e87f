"""What ``vitrine doctor`` says of the sign-in: who gets in, who manages the accounts, whether the provider answers."""

from collections.abc import Iterator
from typing import Literal

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from core.accounts.oidc_discovery import CALLBACK_PATH, fetch_discovery
from core.accounts.own_address import own_address
from core.accounts.service import AccountCounts, AccountService
from core.config import Settings
from core.db import Projects
from core.db.database import DATABASE_NAME, Database
from core.db.migrate import current_revision
from core.db.opening import database_url_problem
from core.errors import VitrineError

Said = tuple[Literal["ok", "warning", "problem"], str, str]
"""A level, a subject and a message."""
_SUBJECT, _PROVIDER = "Sign-in", "OpenID provider"


def examine_sign_in(settings: Settings) -> Iterator[Said]:
    """Yield what is said of the sign-in; the database is read as it is, and the provider is waited for 5 seconds."""
    if not settings.has_accounts:
        words = {"none": "none: one person on this machine", "password": "one password: everybody may do everything"}
        yield "ok", _SUBJECT, words[settings.sign_in_mode]
        return
    if settings.access_password is not None:
        yield "warning", _SUBJECT, "by accounts, so VITRINE_ACCESS_PASSWORD is not used; remove it"
    found = _read(settings)
    if found is None:
        yield "warning", _SUBJECT, "by accounts; the database could not be read to count them"
    elif found[0].admins == 0:
        advice = "Run: vitrine user add NAME --admin"
        yield "problem", _SUBJECT, f"by accounts, but no admin of {found[0].active} can sign in. {advice}"
    else:
        admins = f"{found[0].admins} of them {'is an admin' if found[0].admins == 1 else 'are admins'}"
        yield "ok", _SUBJECT, f"by accounts: {found[0].active} that can be used, {admins}"
    if settings.has_oidc:
        yield from _examine_provider(settings, found[1] if found is not None else None)


def _examine_provider(settings: Settings, projects: set[str] | None) -> Iterator[Said]:
    try:
        fetch_discovery(settings)
    except VitrineError as error:
        yield "problem", _PROVIDER, str(error)
    else:
        yield (
            "ok",
            _PROVIDER,
            f"{settings.oidc_issuer}, asked every {settings.oidc_session_minutes / 2:g} minutes",
        )
    yield "ok", _PROVIDER, f"has to know the redirect address {own_address()}{CALLBACK_PATH}"
    if not (settings.oidc_roles or settings.oidc_email_domains):
        advice = "Name groups in VITRINE_OIDC_ROLES, or invite people."
        yield "warning", _PROVIDER, f"nobody gets an account by signing in there. {advice}"
    named = {project for what in settings.oidc_roles.values() if isinstance(what, dict) for project in what}
    if projects is not None and (unknown := sorted(named - projects)):
        yield "warning", _PROVIDER, f"VITRINE_OIDC_ROLES names projects that do not exist: {', '.join(unknown)}"


def _read(settings: Settings) -> tuple[AccountCounts, set[str]] | None:
    """Return the numbers of accounts, and ids and names of projects; None when the database cannot be read."""
    path = settings.data_dir / DATABASE_NAME
    if not settings.database_url and not path.exists():
        return AccountCounts(0, 0), set()
    if settings.database_url and database_url_problem(settings.database_url):
        return None
    engine = create_engine(settings.database_url or f"sqlite:///{path.resolve().as_uri()}?mode=ro&uri=true")
    database = Database(engine, settings)
    try:
        with engine.connect() as connection:
            if current_revision(connection) is None:
                return AccountCounts(0, 0), set()
        counts = AccountService(database).counts()
        with database.reading() as session:
            rows = session.exec(select(Projects.id, Projects.name).where(col(Projects.deleted_at).is_(None))).all()
        return counts, {value for row in rows for value in row}
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()
