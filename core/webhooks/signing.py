"""Secrets of webhooks, and signatures as Standard Webhooks describes them.

A secret is derived from the secret key of the server, so no database, backup or archive has it. The signature is one
HMAC: the library ``standardwebhooks``, whose main part is for receivers, would save two lines and add a dependency.
"""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path

from core.secret_key import derive_key, secret_key

PREFIX = "whsec_"


def new_salt() -> str:
    """Return what makes the secret of a webhook differ from its former ones."""
    return secrets.token_hex(16)


def secret_of(data_dir: Path, webhook_id: str, salt: str) -> str:
    """Return the secret of a webhook, ``whsec_`` and 32 bytes in base64.

    Raises:
        ConfigurationError: the secret key of the server is damaged.
        StorageError: it cannot be read.
    """
    key = derive_key(secret_key(data_dir), "webhook", f"{webhook_id}\n{salt}")
    return PREFIX + base64.b64encode(key).decode()


def sum_of(secret: str) -> str:
    """Return the sha256 by which a secret is recognized."""
    return hashlib.sha256(secret.encode()).hexdigest()


def headers(secret: str, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message: its id, the time of this try, and the signature of both and the body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": message_id, "webhook-timestamp": str(timestamp_s), "webhook-signature": f"v1,{signature}",
    }  # fmt: skip
