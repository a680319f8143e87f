"""Devices that have signed in before, by a signed cookie: for which accounts, since it helps to guess no other one."""

import hashlib
from dataclasses import dataclass

from itsdangerous import BadData
from starlette.requests import Request

from core.accounts.service import name_key
from core.api import signing
from core.db import new_id

DEVICE_COOKIE = "vitrine-device"
DEVICE_LIFE_S = 365 * 24 * 3600
_MAX_ACCOUNTS = 10


@dataclass(frozen=True)
class Device:
    """A browser.

    Attributes:
        id: Its id; a new one when it has not signed in before.
        is_known: Whether it has signed in before.
        accounts: Sums of the names that it has signed in to, the last one at the end.
    """

    id: str
    is_known: bool = False
    accounts: tuple[str, ...] = ()

    def has_used(self, name: str) -> bool:
        """Return whether the account *name* has signed in here."""
        return _sum(name) in self.accounts

    def signed_with(self, name: str) -> str:
        """Return the value of the cookie after *name* has signed in here."""
        others = [one for one in self.accounts if one != _sum(name)]
        return signing.device_serializer().dumps([self.id, *others[1 - _MAX_ACCOUNTS :], _sum(name)])


def device_of(request: Request) -> Device:
    """Return the device that sends a request, a new one without a valid cookie."""
    try:
        said = signing.device_serializer().loads(request.cookies.get(DEVICE_COOKIE, ""))
    except BadData:
        return Device(new_id())
    # Before, the cookie was the id alone.
    id_, *accounts = said if isinstance(said, list) else [said]
    return Device(str(id_), is_known=True, accounts=tuple(accounts))


def _sum(name: str) -> str:
    return hashlib.sha256(name_key(name).encode()).hexdigest()[:16]
