"""Who calls, by the credentials of a request: a session, a token, a signed address, or none on this machine.

A page token only carries a name, for one person who works on this machine; with a password it counts for nothing, since
the session says who it is. A signed address names the session or token that it was given to, and ends with it.
"""

import hmac
import threading
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cachetools import TTLCache
from itsdangerous import BadData
from starlette.requests import HTTPConnection, cookie_parser

from core.accounts.actor import Actor
from core.accounts.roles import Role
from core.api import signing

if TYPE_CHECKING:
    from core.db import Accounts, ApiTokens, Database, SignIns

TOKEN_HEADER = "X-Vitrine-Token"  # noqa: S105  a name, no secret
COOKIE = "vitrine-access"
# Each page run issues a new token; half a day covers a page that stays open without one.
PAGE_TOKEN_LIFE_S = 12 * 3600
SESSION_LIFE_S = 14 * 24 * 3600
# A session that another process has ended is admitted at most this long; this process forgets it at once.
RECHECK_AFTER_S = 1.0

READING_METHODS = ("GET", "HEAD", "OPTIONS")
_SIGNATURE_BYTES = 18
_MAX_KNOWN = 1_000


class _ValidCredentials:
    """Credentials that were found valid within the last second, by their text; used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._actors: TTLCache[str, Actor] = TTLCache(_MAX_KNOWN, RECHECK_AFTER_S)
        self._generation = object()  # another one after each change

    def get(self, text: str) -> Actor | None:
        with self._lock:
            return self._actors.get(text)

    @property
    def generation(self) -> object:
        return self._generation

    def add(self, text: str, actor: Actor, generation: object) -> None:
        """Store *actor*, unless something was ended since *generation*, when the check began."""
        with self._lock:
            if generation is self._generation:
                self._actors[text] = actor

    def clear(self) -> None:
        with self._lock:
            self._generation = object()
            self._actors.clear()


valid_credentials = _ValidCredentials()


def known_actor(request: HTTPConnection) -> Actor | None:
    """Return the caller if the session was checked within the last second: without waiting for the database."""
    headers = request.headers
    if "Authorization" in headers:
        return None
    cookie = _cookie_of(headers.get("Cookie", ""))
    return valid_credentials.get(_cache_key(cookie)) if cookie else None


def find_actor(request: HTTPConnection, database: "Database") -> Actor | None:
    """Return the caller, None without valid credentials; may wait for the database."""
    headers, has_sign_in = request.headers, database.settings.has_sign_in
    if "Authorization" in headers:
        return _bearer_actor(database, headers["Authorization"])
    if not has_sign_in and TOKEN_HEADER in headers:
        name = _unsign("page", headers[TOKEN_HEADER], PAGE_TOKEN_LIFE_S)
        return Actor(name) if name is not None else None
    if not has_sign_in:
        return Actor()
    actor = session_actor(database, request.cookies.get(COOKIE))
    if actor is None and b"s=" in request.scope.get("query_string", b""):
        return _signed_address_actor(request, database)
    return actor


def session_actor(database: "Database", cookie: str | None) -> Actor | None:
    """Return who signed in with this cookie, None when the session has ended."""
    from core.access import SignInService

    if not cookie:
        return None
    known = valid_credentials.get(_cache_key(cookie))
    if known is not None:
        return known
    generation = valid_credentials.generation
    session_id = _unsign("session", cookie, SESSION_LIFE_S)
    row = SignInService(database).find(session_id) if session_id is not None else None
    actor = _session_owner(database, row) if row is not None else None
    if actor is None or row is None:
        return None
    if row.renew_at is not None and row.renew_at <= datetime.now(UTC):
        _renew(database, row.id)
    valid_credentials.add(_cache_key(cookie), actor, generation)
    return actor


def start_session(database: "Database", name: str, account: "Accounts | None" = None, **more: Any) -> str:
    """Start a session, of *account* where there are accounts, and return the value of its cookie.

    *more* is passed on to :meth:`core.access.SignInService.start`.

    Raises:
        ConflictError: the account was changed since its password was checked.
    """
    from core.access import SignInService

    return signing.timed_serializer("session").dumps(SignInService(database).start(name, account, **more).id)


def sessions_ended() -> None:
    """Forget which sessions are valid, so that one that was ended is refused by this process at once."""
    valid_credentials.clear()


def end_session(database: "Database", cookie: str | None) -> None:
    """End the session of this cookie on the server."""
    from core.access import SignInService

    session_id = _unsign("session", cookie or "", SESSION_LIFE_S)
    if session_id is not None:
        SignInService(database).end(session_id)
        valid_credentials.clear()


def page_token(name: str = "local") -> str:
    """Return what a page's component sends as ``X-Vitrine-Token`` to act for *name* in local mode."""
    return signing.timed_serializer("page").dumps(name)


def signature(path: str, actor: Actor) -> str:
    """Return the signature that lets anyone read *path* (without base path) while *actor*'s credential is valid.

    It is always the same for a credential, so that browsers cache what they read. Without a password it is empty.
    """
    return f"{actor.credential}.{_address_mac(path, actor.credential)}" if actor.credential else ""


@lru_cache(maxsize=256)
def _cookie_of(header: str) -> str:
    """Return the value of our cookie; parsing takes longer than all else that admits a session."""
    return cookie_parser(header).get(COOKIE, "") if COOKIE in header else ""


# --- credentials ---------------------------------------------------------------------------------------------


def _bearer_actor(database: "Database", header: str) -> Actor | None:
    from core.access import TokenService

    scheme, _, secret = header.partition(" ")
    token = TokenService(database).find_token(secret.strip()) if scheme.lower() == "bearer" else None
    return _token_actor(database, token) if token is not None else None


def _token_actor(database: "Database", token: "ApiTokens") -> Actor | None:
    """Return who calls with a token, None when its account cannot be used.

    Without accounts a token without limits may do everything, as everybody may; a token for reading only reads.
    """
    may_write = token.scope == "write"
    role = Role(token.role) if token.role else None
    if role is None and not may_write and database.settings.has_accounts:
        role = Role.VIEWER
    actor = Actor(
        token.name, may_write, f"token:{token.id}", is_admin=role is None and token.project_id is None,
        only_project=token.project_id, highest_role=role,
    )  # fmt: skip
    if token.account_id is None or not database.settings.has_accounts:
        return actor
    return _of_account(database, token.account_id, actor, is_token=True)


def _renew(database: "Database", sign_in_id: str) -> None:
    from core.lazy import lazy_import

    database.shared(lazy_import("core.api.oidc.renewal").Renewals).begin(sign_in_id)


def _session_owner(database: "Database", row: "SignIns") -> Actor | None:
    """Return who has signed in; None for a session of another kind of sign-in than today's."""
    actor = Actor(row.name, credential=f"session:{row.id}")
    if not database.settings.has_accounts:
        return actor if row.account_id is None else None
    return _of_account(database, row.account_id, actor) if row.account_id is not None else None


def _of_account(database: "Database", account_id: str, actor: Actor, *, is_token: bool = False) -> Actor | None:
    """Return *actor* with the rights of an account, None when it is disabled.

    Nobody asks the provider about a token, so it ends some time after the last sign-in of who has no password here.
    """
    from core.accounts.access import AccessService

    account = AccessService(database).usable_account(account_id)
    if account is None:
        return None
    if is_token and account.oidc_subject is not None and account.password_hash is None:
        seen_at = account.last_sign_in_at or account.create_at
        if seen_at + timedelta(days=database.settings.oidc_token_days) < datetime.now(UTC):
            return None
    return replace(actor, account_id=account.id, is_admin=actor.is_admin and account.is_admin)


def _signed_address_actor(request: HTTPConnection, database: "Database") -> Actor | None:
    if request.scope.get("method") not in READING_METHODS:
        return None
    credential, _, mac = request.query_params.get("s", "").rpartition(".")
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    if not hmac.compare_digest(_address_mac(path, credential).encode(), mac.encode()):
        return None
    owner = _owner_of(database, credential)
    return replace(owner, name="link", may_write=False) if owner is not None else None


def _owner_of(database: "Database", credential: str) -> Actor | None:
    """Return who has a credential that is still valid; an address that it signed opens what its owner may read."""
    from core.access import SignInService, TokenService

    kind, _, id_ = credential.partition(":")
    if kind == "session":
        session = SignInService(database).find(id_)
        return _session_owner(database, session) if session is not None else None
    token = TokenService(database).get_active(id_)
    return _token_actor(database, token) if token is not None else None


def _address_mac(path: str, credential: str) -> str:
    text = f"address:{credential}:{path}".encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(hmac.digest(signing.signing_key(), text, "sha256")[:_SIGNATURE_BYTES]).decode()


def _unsign(purpose: str, value: str, life_s: int) -> str | None:
    try:
        return str(signing.timed_serializer(purpose).loads(value, max_age=life_s))
    except BadData:
        return None


def _cache_key(cookie: str) -> str:
    return f"cookie:{cookie}"
