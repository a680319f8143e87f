"""vitrine rotate-keys."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.access import SignInService
from core.cli import app
from core.db import connect
from core.secret_key import secret_key


def test_the_key_is_replaced_and_every_sign_in_ends() -> None:
    with connect() as db:
        signed_in = SignInService(db).start("Ana")
        before = secret_key(db.data_dir)
    result = CliRunner().invoke(app, ["rotate-keys"])
    assert (result.exit_code, result.stdout[:20]) == (0, "The key is replaced.")
    with connect() as db:
        assert secret_key(db.data_dir) != before
        assert SignInService(db).find(signed_in.id) is None


def test_a_damaged_key_is_replaced(tmp_path: Path) -> None:
    with connect() as db:
        (db.data_dir / "secret.key").write_bytes(b"")
    assert CliRunner().invoke(app, ["rotate-keys"]).exit_code == 0
    assert (tmp_path / "data" / "secret.key").stat().st_size == 32


def test_a_key_that_cannot_be_written_ends_with_one_message_and_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refused)
    result = CliRunner().invoke(app, ["rotate-keys"])
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
