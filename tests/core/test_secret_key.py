"""The secret key is whole or refused, private, and replaced at once."""

import errno
import os
from pathlib import Path

import pytest

from core import secret_key
from core.errors import ConfigurationError, StorageError


def test_the_first_call_creates_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    key = secret_key.secret_key(tmp_path / "data")
    path = tmp_path / "data" / "secret.key"
    assert len(key) == 32
    assert path.read_bytes() == key
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert secret_key.secret_key(tmp_path / "data") == key


def test_a_full_disk_leaves_no_key_and_is_reported_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "data").mkdir()
    monkeypatch.setattr(os, "fsync", full)
    for _ in range(2):
        with pytest.raises(StorageError, match="No space left on device"):
            secret_key.secret_key(tmp_path / "data")
    assert not (tmp_path / "data" / "secret.key").exists()
    assert {path.suffix for path in (tmp_path / "data").iterdir()} <= {".lock"}


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_key_that_is_not_32_bytes_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(ConfigurationError, match=rf"holds {len(content)} bytes instead of 32.*rotate-keys"):
        secret_key.secret_key(tmp_path)


def test_rotating_replaces_the_key_for_readers_that_have_read_it_before(tmp_path: Path) -> None:
    before = secret_key.secret_key(tmp_path)
    secret_key.rotate_key(tmp_path)
    after = secret_key.secret_key(tmp_path)
    assert (len(after), after != before) == (32, True)
    assert oct((tmp_path / "secret.key").stat().st_mode & 0o777) == "0o600"
    assert {path.name for path in tmp_path.iterdir()} - {"secret.key.lock"} == {"secret.key"}


def test_keys_of_other_purposes_and_contexts_differ() -> None:
    keys = {secret_key.derive_key(b"x" * 32, *names) for names in (("a",), ("b",), ("a", "c"), ("a", "d"))}
    assert len(keys) == 4


def test_a_key_is_made_or_replaced_in_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    assert len(secret_key.secret_key(tmp_path / "a" / "b")) == 32
    secret_key.rotate_key(tmp_path / "c" / "d")
    assert len((tmp_path / "c" / "d" / "secret.key").read_bytes()) == 32
