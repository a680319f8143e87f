"""The secret key that signs tokens, cookies and URLs: created once, readable only by the owner of its file."""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from core.config import Settings
from core.runtime import runtime

KEY_NAME = "secret.key"


def data_dir() -> Path:
    """Return the data directory of the open database, or the configured one before it is open."""
    database = runtime.opened_database()
    return Path(database.data_dir if database is not None else Settings().data_dir)


@lru_cache(maxsize=8)
def signing_key(data_dir: Path) -> bytes:
    """Return the 32 bytes of the key in *data_dir*, which is created at the first call."""
    from filelock import FileLock

    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / KEY_NAME
    with FileLock(data_dir / f"{KEY_NAME}.lock"):
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()
