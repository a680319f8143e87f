"""Passwords, compared by Argon2id: every attempt costs the same, and no hash needs to be kept secret.

The setting of the access password holds the password itself or, so that it stands in no file, a hash that begins with
``$argon2id$``. Of the password of an account the database holds the hash.
"""

import re
from functools import lru_cache

from core.secret_key import derive_key

HASH_PREFIX = "$argon2id$"
# The second choice of RFC 9106 needs 64 MiB an attempt; these are the minimum that OWASP recommends (19 MiB, 2 passes,
# 1 lane): about 20 ms, and the attempts of strangers take little memory.
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
# What a shell leaves of a hash: it replaces $argon2id, $v and $m, which are not set.
_REST_OF_A_HASH = re.compile(r"=\d+=\d+,t=\d+,p=\d+")
_MANGLED_HASH = "it is a part of an Argon2id hash; put the whole hash between single quotes, because a shell replaces $"


def is_hash(password: str) -> bool:
    """Return whether *password* is an Argon2id hash instead of a password."""
    return password.startswith(HASH_PREFIX)


def check_password(password: str) -> None:
    """Raise ValueError when *password* is blank, or an Argon2id hash that is not complete."""
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    if not password.strip():
        raise ValueError("the password is empty")
    if is_hash(password):
        try:
            extract_parameters(password)
        except InvalidHashError as error:
            raise ValueError(_MANGLED_HASH) from error
    if _REST_OF_A_HASH.match(password):
        raise ValueError(_MANGLED_HASH)


@lru_cache(maxsize=4)
def password_hash(password: str, secret: bytes) -> str:
    """Return the Argon2id hash of the configured *password*; a hash is returned as it is.

    The salt follows from *secret*, so that a restart gives the same hash and keeps the sessions that depend on it.
    """
    from argon2.low_level import Type, hash_secret

    if is_hash(password):
        return password
    salt = derive_key(secret, "password salt")[:16]
    return hash_secret(_bytes(password), salt, PASSES, MEMORY_KIB, LANES, 32, Type.ID).decode()


def hash_new(password: str) -> str:
    """Return the Argon2id hash of a password with a random salt."""
    from argon2 import PasswordHasher

    return PasswordHasher(PASSES, MEMORY_KIB, LANES).hash(_bytes(password))


def needs_rehash(hash_: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    from argon2 import PasswordHasher

    return PasswordHasher(PASSES, MEMORY_KIB, LANES).check_needs_rehash(hash_)


def take_as_long(attempt: str) -> None:
    """Take as long as :func:`matches` does, where there is no hash to compare with."""
    from argon2.low_level import Type, hash_secret

    hash_secret(_bytes(attempt), bytes(16), PASSES, MEMORY_KIB, LANES, 32, Type.ID)


def matches(hash_: str, attempt: str) -> bool:
    """Return whether *attempt* is the password with this hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    try:
        return PasswordHasher().verify(hash_, _bytes(attempt))
    except VerificationError:
        return False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
