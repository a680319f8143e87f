"""Accounts and roles that were read within the last second, so that a decision at the desk need not read them again.

A change in this process ends what is known at once, one in another process within a second, as for credentials.
"""

import threading
from typing import Any, NamedTuple
from weakref import WeakSet

from cachetools import TTLCache
from sqlalchemy import event
from sqlalchemy.orm import object_session
from sqlmodel import Session

from core.accounts.roles import Role
from core.db import Accounts, Database, Memberships

KNOWN_S = 1.0
_MAX_KNOWN = 1_000
_CHANGED = "vitrine_roles_changed"


class Standing(NamedTuple):
    """What an account that can sign in may do: everything as an admin, else by its role in each project (by id)."""

    is_admin: bool
    roles: dict[str, Role]


class KnownStandings:
    """What is known of accounts, by their ids; used by several threads.

    Args:
        _database: The database; there is one such cache for each.
    """

    def __init__(self, _database: Database) -> None:
        self._lock = threading.Lock()
        self._known: TTLCache[str, Standing] = TTLCache(_MAX_KNOWN, KNOWN_S)
        self.generation = object()  # another one after each change
        _caches.add(self)

    def get(self, account_id: str) -> Standing | None:
        """Return what is known, None without anything."""
        with self._lock:
            return self._known.get(account_id)

    def add(self, account_id: str, standing: Standing, generation: object) -> None:
        """Store what was read, unless something has changed since *generation*, when reading began."""
        with self._lock:
            if generation is self.generation:
                self._known[account_id] = standing

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.generation = object()
            self._known.clear()


_caches: "WeakSet[KnownStandings]" = WeakSet()


def _mark(_mapper: Any, _connection: Any, row: Any) -> None:
    session = object_session(row)
    if session is not None:
        session.info[_CHANGED] = True


def _forget(session: Session) -> None:
    if session.info.pop(_CHANGED, False):
        for cache in list(_caches):
            cache.clear()


for _table in (Accounts, Memberships):
    for _change in ("after_insert", "after_update", "after_delete"):
        event.listen(_table, _change, _mark)
event.listen(Session, "after_commit", _forget)
