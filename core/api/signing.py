"""Signing keys of the running process; they depend on the access password, so that a new one ends what was signed."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from core.password import password_hash
from core.runtime import runtime
from core.secret_key import derive_key, secret_key

if TYPE_CHECKING:
    from core.config import Settings


def access_hash(settings: "Settings") -> str:
    """Return the Argon2id hash of the access password, empty without one; the first call takes about 20 ms."""
    if settings.access_password is None:
        return ""
    return password_hash(settings.access_password.get_secret_value(), secret_key(Path(settings.data_dir)))


def signing_key() -> bytes:
    """Return the key that signs sessions, page tokens and addresses."""
    settings = _settings()
    return derive_key(secret_key(Path(settings.data_dir)), "signing", access_hash(settings))


def timed_serializer(purpose: str) -> URLSafeTimedSerializer:
    """Return what signs values with the moment of signing."""
    return _timed_serializer(signing_key(), purpose)


def device_serializer() -> URLSafeSerializer:
    """Return what signs the ids of devices; they stay known when the password changes."""
    return _device_serializer(secret_key(Path(_settings().data_dir)))


@lru_cache(maxsize=16)
def _timed_serializer(key: bytes, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=purpose)


@lru_cache(maxsize=4)
def _device_serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(derive_key(secret, "device"), salt="device")


def _settings() -> "Settings":
    """Return the settings of the open database, or the configured ones before it is open."""
    database = runtime.opened_database()
    if database is not None:
        return database.settings
    from core.config import load_settings

    return load_settings()
