"""Renewing sessions in the background: what is waited for, and what the log says of a bug."""

import logging
from concurrent.futures import Future

import pytest

from core.api.oidc.renewal import Renewals, _log_bug
from core.db import Database
from tests.oidc import SETTINGS


def _ended(how: str) -> "Future[None]":
    future: Future[None] = Future()
    if how == "cancelled":
        future.cancel()
    elif how == "failed":
        future.set_exception(ZeroDivisionError("a bug"))
    else:
        future.set_result(None)
    return future


@pytest.mark.parametrize(("how", "logged"), [("done", 0), ("cancelled", 0), ("failed", 1)])
def test_only_a_bug_of_a_renewal_is_an_error_of_the_log(
    caplog: pytest.LogCaptureFixture, how: str, logged: int
) -> None:
    with caplog.at_level(logging.INFO):
        _log_bug(_ended(how))
    assert [record.levelname for record in caplog.records] == ["ERROR"] * logged
    assert all(record.exc_info for record in caplog.records)


def test_nothing_that_was_not_begun_is_waited_for(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    renewals = Renewals(db)
    renewals.wait()
    assert renewals.begin("no such sign-in") is None
    renewals.wait()
