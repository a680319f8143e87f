"""Encrypts what a browser or the database keeps for a sign-in; without the secret key nobody reads it."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from core.config import Settings
from core.secret_key import derive_key, secret_key


def seal(settings: Settings, value: dict[str, Any] | str) -> str:
    """Return *value* encrypted, with the moment of doing so."""
    return _fernet(settings).encrypt(json.dumps(value).encode()).decode()


def unseal(settings: Settings, sealed: str | None, life_s: int | None = None) -> Any:
    """Return what was sealed; None when it is older than *life_s*, or was not sealed by this server."""
    try:
        return json.loads(_fernet(settings).decrypt((sealed or "").encode(), life_s))
    except (InvalidToken, ValueError):
        return None


def _fernet(settings: Settings) -> Fernet:
    return Fernet(urlsafe_b64encode(derive_key(secret_key(Path(settings.data_dir)), "oidc")))
