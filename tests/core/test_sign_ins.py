"""How long a sign-in goes on, when it is renewed, and what is noted of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import access
from core.access import SIGN_IN_LIFE, SignInService
from core.accounts.service import AccountService
from core.audit import AuditFilter, AuditService
from core.db import Accounts, Database, SignIns
from core.errors import ConflictError

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def sign_ins(db: Database, monkeypatch: pytest.MonkeyPatch) -> SignInService:
    _at(monkeypatch, NOON)
    return SignInService(db)


def _at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(access, "utc_now", lambda: now)


def _stored(db: Database, sign_in_id: str) -> SignIns | None:
    with db.reading() as session:
        return session.get(SignIns, sign_in_id)


@pytest.mark.parametrize(
    ("options", "ends_after", "renewed_after"),
    [
        ({}, SIGN_IN_LIFE, None),
        ({"minutes": 60, "refresh_token": "r"}, 60 * MINUTE, 30 * MINUTE),
        ({"minutes": 60}, 60 * MINUTE, None),
        ({"minutes": 30 * 24 * 60, "refresh_token": "r"}, SIGN_IN_LIFE, timedelta(days=15)),
    ],
)
def test_a_sign_in_ends_and_is_renewed_after_the_given_time(
    sign_ins: SignInService, options: dict[str, Any], ends_after: timedelta, renewed_after: timedelta | None
) -> None:
    row = sign_ins.start("Ana", **options)
    assert row.expires_at - NOON == ends_after
    assert row.renew_at == (NOON + renewed_after if renewed_after else None)
    assert row.refresh_token == options.get("refresh_token")


@pytest.mark.parametrize(("later", "is_found"), [(SIGN_IN_LIFE - MOMENT, True), (SIGN_IN_LIFE, False)])
def test_a_sign_in_is_found_and_kept_until_its_last_moment(
    db: Database, sign_ins: SignInService, monkeypatch: pytest.MonkeyPatch, later: timedelta, is_found: bool
) -> None:
    row = sign_ins.start("Ana")
    _at(monkeypatch, NOON + later)
    assert bool(sign_ins.find(row.id)) is is_found
    sign_ins.start("Ben")
    assert bool(_stored(db, row.id)) is is_found
    assert sign_ins.find("nothing") is None


def test_one_caller_a_minute_renews_a_sign_in_whose_time_has_come(
    sign_ins: SignInService, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = sign_ins.start("Ana", minutes=60, refresh_token="r")
    sign_ins.start("Ben", minutes=1, refresh_token="r")

    def claims(later: timedelta) -> bool:
        _at(monkeypatch, NOON + later)
        return bool(sign_ins.claim_renewal(row.id))

    assert [claims(later) for later in (30 * MINUTE - MOMENT, 30 * MINUTE, 30 * MINUTE)] == [False, True, False]
    assert [claims(later) for later in (31 * MINUTE - MOMENT, 31 * MINUTE)] == [False, True]
    assert [claims(later) for later in (60 * MINUTE - MOMENT, 60 * MINUTE)] == [True, False]


def test_a_renewal_lets_a_sign_in_go_on_but_not_beyond_its_longest_life(
    db: Database, sign_ins: SignInService, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = sign_ins.start("Ana", minutes=60, refresh_token="first")
    _at(monkeypatch, NOON + 40 * MINUTE)
    sign_ins.renew(row.id, "second", 60)
    renewed = _stored(db, row.id)
    assert renewed is not None
    assert renewed.renew_at is not None
    assert (renewed.expires_at - NOON, renewed.renew_at - NOON, renewed.refresh_token) == (
        100 * MINUTE, 70 * MINUTE, "second",
    )  # fmt: skip
    _at(monkeypatch, NOON + SIGN_IN_LIFE - MINUTE)
    sign_ins.renew(row.id, "third", 60)
    ended = _stored(db, row.id)
    assert ended is not None
    assert ended.expires_at == NOON + SIGN_IN_LIFE
    sign_ins.renew("nothing", "x", 60)
    sign_ins.end("nothing")


def test_an_account_notes_its_sign_in_unless_it_was_changed_since_the_password_was_checked(
    db: Database, sign_ins: SignInService
) -> None:
    accounts = AccountService(db)
    accounts.create_account("root", "nine green bottles", is_admin=True)
    ana = accounts.create_account("Ana", "nine green bottles")
    row = sign_ins.start("Ana", ana)
    assert (row.account_id, sign_ins.start("Ben").account_id) == (ana.id, None)
    checked = accounts.get_account(ana.id)
    assert checked.last_sign_in_at == NOON
    with db.transaction() as session:
        session.get_one(Accounts, ana.id).password_hash = "another"
    with pytest.raises(ConflictError, match="changed at this moment"):
        sign_ins.start("Ana", checked)
    accounts.disable_account(ana.id)
    with pytest.raises(ConflictError, match="changed at this moment"):
        sign_ins.start("Ana", accounts.get_account(ana.id))


def test_what_is_refused_is_recorded_by_the_way_it_came(db: Database, sign_ins: SignInService) -> None:
    sign_ins.refuse("Eve")
    sign_ins.refuse("Mallory", by_provider=True)
    found = AuditService(db).find(AuditFilter(kind="account")).items
    assert {(act.act, act.label) for act in found} == {
        ("account.refuse", "Eve"), ("account.refuse_provider", "Mallory"),
    }  # fmt: skip
