"""What a browser's cookie remembers: which accounts have signed in with it, the last ten of them."""

import hashlib

from starlette.requests import Request

from core.api.devices import DEVICE_COOKIE, Device, device_of
from core.db import Database


def _again(cookie: str) -> Device:
    headers = [(b"cookie", f"{DEVICE_COOKIE}={cookie}".encode())]
    return device_of(Request({"type": "http", "method": "GET", "path": "/", "headers": headers}))


def test_a_browser_without_a_valid_cookie_is_a_new_one(db: Database) -> None:
    first, second = _again("forged"), _again("")
    assert (first.is_known, first.accounts, len(first.id)) == (False, (), 21)
    assert first.id != second.id


def test_a_browser_remembers_the_last_ten_names_in_any_case(db: Database) -> None:
    device = Device("d" * 21)
    names = [f"Person {number}" for number in range(12)]
    for name in names:
        assert not device.has_used(name)
        device = _again(device.signed_with(name))
        assert (device.id, device.is_known, device.has_used(name.upper())) == ("d" * 21, True, True)
    assert [device.has_used(name) for name in names] == [False] * 2 + [True] * 10
    again = _again(device.signed_with(names[2]))
    assert [again.has_used(name) for name in names] == [False] * 2 + [True] * 10
    assert again.accounts[-1] == hashlib.sha256(b"person 2").hexdigest()[:16]
    assert len(set(again.accounts)) == 10
