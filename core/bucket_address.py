"""Addresses of buckets, and which of them the settings allow."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from core.config import Settings
from core.errors import InvalidInputError

SCHEME = "s3://"
OTHER_SCHEMES = ("gs", "gcs", "az", "abfs")
"""Storages with interfaces and variables of their own, which exports can be sent to and nothing else can."""

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")


@dataclass(frozen=True)
class BucketAddress:
    """A bucket, or the keys below a prefix in it; *prefix* has no slash at its ends."""

    bucket: str
    prefix: str = ""
    scheme: str = "s3"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")

    def contains(self, other: "BucketAddress") -> bool:
        """Return whether *other* is this address or lies below it."""
        is_below = not self.prefix or f"{other.prefix}/".startswith(f"{self.prefix}/")
        return (self.scheme, self.bucket) == (other.scheme, other.bucket) and is_below


def parse_address(text: str, schemes: Collection[str] = ("s3",)) -> BucketAddress:
    """Return the address ``s3://bucket/prefix``.

    Args:
        schemes: those that are accepted.

    Raises:
        InvalidInputError: it is none.
    """
    scheme, _, rest = text.strip().partition("://")
    bucket, _, prefix = rest.partition("/")
    parts = prefix.removesuffix("/").split("/") if prefix else []
    is_clean = all(part not in ("", ".", "..") for part in parts) and not re.search(r"[\x00-\x1f\\]", prefix)
    if scheme not in schemes or not _BUCKET.fullmatch(bucket) or not is_clean:
        raise InvalidInputError("This is not the address of a bucket. Write it as s3://bucket/prefix.", field="path")
    return BucketAddress(bucket, "/".join(parts), scheme)


def require_allowed(settings: Settings, address: BucketAddress, *, in_list: bool = False) -> None:
    """Raise when the settings do not allow a bucket: the keys by which it is reached are those of this server.

    Without a sign-in, with no bucket named in the settings, all are allowed, unless *in_list* asks for a named one.

    Raises:
        InvalidInputError: it is not allowed.
    """
    named = [parse_address(one, ("s3", *OTHER_SCHEMES)) for one in settings.allowed_buckets]
    if not in_list and not named and not settings.has_sign_in:
        return
    if not any(one.contains(address) for one in named):
        allowed = ", ".join(map(str, named)) or "none yet"
        raise InvalidInputError(
            f"This bucket may not be used. Allowed by VITRINE_ALLOWED_BUCKETS: {allowed}.", field="path"
        )


def is_address(text: str) -> bool:
    """Return whether *text* is meant as the address of a bucket."""
    return text.strip().startswith(SCHEME)


def split_address(address: str) -> tuple[BucketAddress, str]:
    """Return where an object is and its name there, from its address; the key may be any."""
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    prefix, _, name = key.rpartition("/")
    return BucketAddress(bucket, prefix), name
