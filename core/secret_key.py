"""The secret key: 32 random bytes in the data directory, from which every signing key is derived."""

import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from core.errors import ConfigurationError, StorageError

FILE_NAME = "secret.key"
KEY_BYTES = 32


def secret_key(data_dir: Path) -> bytes:
    """Return the key in *data_dir*, which the first call creates. A replaced file is noticed at the next call.

    Raises:
        ConfigurationError: the file does not hold 32 bytes.
        StorageError: the file cannot be read or written.
    """
    path = data_dir / FILE_NAME
    try:
        state = path.stat()
    except FileNotFoundError:
        _create(path)
        state = path.stat()
    except OSError as error:
        raise _storage_error(path, error) from error
    return _read(path, (state.st_ino, state.st_mtime_ns, state.st_size))


def rotate_key(data_dir: Path) -> None:
    """Replace the key: whatever was signed with the old one is refused from now on, also by a running server.

    Raises:
        StorageError: the file cannot be written.
    """
    _write(data_dir / FILE_NAME)


def derive_key(secret: bytes, purpose: str, context: str = "") -> bytes:
    """Return a key for one *purpose*; another *context* gives another key."""
    return hmac.digest(secret, f"{purpose}\n{context}".encode(), "sha256")


@lru_cache(maxsize=8)
def _read(path: Path, _state: tuple[int, int, int]) -> bytes:
    try:
        key = path.read_bytes()
    except OSError as error:
        raise _storage_error(path, error) from error
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"{path} holds {len(key)} bytes instead of {KEY_BYTES}. "
            "Run vitrine rotate-keys, which replaces it; everybody signs in again."
        )
    return key


def _create(path: Path) -> None:
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{FILE_NAME}.lock")):
            if not path.exists():
                _write(path)
    except OSError as error:
        raise _storage_error(path, error) from error


def _write(path: Path) -> None:
    """Write a new key beside *path* and rename it: at no moment is there a partial file of that name."""
    aside = path.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise _storage_error(path, error) from error


def _storage_error(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path} cannot be read or written ({error.strerror or error}). Check the disk and its permissions."
    )
