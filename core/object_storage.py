"""Buckets of object storages that speak S3: opened by the settings, and every failure said in one sentence.

The messages of the library hold requests with key ids and signatures: none of them reaches an error, a page or the log.
"""

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import SecretStr

from core.bucket_address import BucketAddress
from core.config import Settings
from core.errors import ConfigurationError, InvalidInputError, MissingFileError, ObjectStorageError

if TYPE_CHECKING:
    from obstore.store import S3Store

# A request takes a part of the time in which it may be repeated, so that a silent server is asked a second time.
_SHARE_OF_ONE_REQUEST = 0.5
_MAX_BACKOFF_S = 5.0
_PART_BYTES = 8 << 20
_MOST_PARTS = 9_000
# A page that somebody exported must not run in the browser of whoever gets a link to it: the others are only bytes.
_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

_IS_NO_PATH = "invalid path"
"""What the library says of a key that it cannot read."""
_UNREADABLE = re.compile(r'\bpath: ("[^\n]*")')

_CLOCK = "The clock of this machine differs too much from that of the object storage. Set it, then continue."
_EXPIRED = "The credentials for the object storage have expired. Set new ones and restart Vitrine, then continue."
_WRONG_KEY = (
    "The object storage does not accept the key. Check VITRINE_STORAGE_ACCESS_KEY_ID and "
    "VITRINE_STORAGE_SECRET_ACCESS_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
)
_NO_KEY = (
    "There are no credentials for the object storage. Set VITRINE_STORAGE_ACCESS_KEY_ID and "
    "VITRINE_STORAGE_SECRET_ACCESS_KEY, or those that AWS_ variables name."
)
_SENTENCES = {
    "RequestTimeTooSkewed": _CLOCK,
    "RequestExpired": _CLOCK,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "InvalidAccessKeyId": _WRONG_KEY,
    "SignatureDoesNotMatch": _WRONG_KEY,
    "AuthorizationHeaderMalformed": "The object storage is in another region. Correct VITRINE_STORAGE_REGION.",
    "PermanentRedirect": "The object storage is in another region. Correct VITRINE_STORAGE_REGION.",
    "QuotaExceeded": "The quota of the object storage is used up. Free some space there, then continue.",
    "InsufficientCapacity": "The object storage is full. Free some space there, then continue.",
}


class UnreadableKeyError(ObjectStorageError):
    """An object has a key that the library cannot read: what would be listed with it cannot be listed."""


@dataclass(frozen=True)
class StoredObject:
    """What a listing says of an object; *key* is relative to the address of its bucket."""

    key: str
    size_bytes: int
    etag: str
    modified_s: float
    """Seconds since 1970, by the clock of the storage."""


class Bucket:
    """The objects at an address; safe to use from several threads.

    Each call repeats its request while the storage is away, asks to slow down or sends half an answer, for
    ``VITRINE_STORAGE_TIMEOUT_S``; after that it raises an :class:`ObjectStorageError`.
    """

    def __init__(self, store: "S3Store", address: BucketAddress) -> None:
        self.address = address
        self._store = store

    def read(self, key: str, *, etag: str = "") -> bytes:
        """Return the bytes of an object.

        Raises:
            MissingFileError: there is none, or with *etag*, its content is not the one of then.
        """
        import obstore

        with self._translated(key):
            options: Any = {"if_match": etag} if etag else None
            return bytes(obstore.get(self._store, key, options=options).bytes())

    def read_with_etag(self, key: str, max_bytes: int) -> tuple[bytes, str]:
        """Return the bytes of an object, and the ETag that it has while they are its content.

        Raises:
            MissingFileError: there is none.
            InvalidInputError: it has more than *max_bytes*; nothing of it was fetched.
        """
        import obstore

        with self._translated(key):
            found = obstore.get(self._store, key)
            if found.meta["size"] <= max_bytes:
                return bytes(found.bytes()), str(found.meta["e_tag"] or "")
        raise InvalidInputError(f"The object is larger than {max_bytes / 1e6:,.0f} MB, the limit.")

    def pieces(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of an object in pieces of some megabytes.

        Raises:
            MissingFileError: there is none.
        """
        import obstore

        with self._translated(key):
            stream = iter(obstore.get(self._store, key).stream(min_chunk_size=_PART_BYTES))
        while True:
            with self._translated(key):
                piece = next(stream, None)
            if piece is None:
                return
            yield bytes(piece)

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return *length* bytes from *start* of an object.

        Raises:
            MissingFileError: there is none.
        """
        import obstore

        with self._translated(key):
            return bytes(obstore.get_range(self._store, key, start=start, length=length))

    def put_new(self, key: str, content: Path | bytes) -> bool:
        """Store an object unless there is one with this key; return whether it was stored.

        Its media type, which a browser goes by, follows from the ending of the key.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with self._translated(key):
            try:
                obstore.put(self._store, key, content, mode="create", use_multipart=False, attributes=_attributes(key))
            except AlreadyExistsError:
                return False
            return True

    def put(self, key: str, content: Path | bytes) -> None:
        """Store an object, in parts when it is large; another one with this key is replaced when all are there."""
        import obstore

        with self._translated(key):
            obstore.put(self._store, key, content, chunk_size=_PART_BYTES, attributes=_attributes(key))

    @contextmanager
    def writer(self, key: str, size_bytes: int = 0) -> Iterator[BinaryIO]:
        """Yield a file whose content is sent in parts; the object appears when the block ends without an error.

        Args:
            size_bytes: About how much comes: an object has at most 10,000 parts, so parts of a large one are larger.
        """
        import obstore
        from obstore.exceptions import BaseError

        with self._translated(key):
            part_bytes = max(_PART_BYTES, size_bytes // _MOST_PARTS)
            file: Any = obstore.open_writer(self._store, key, buffer_size=part_bytes)
            try:
                yield file
                file.close()
            except BaseException as error:
                with suppress(BaseError, OSError):  # parts that were sent stay otherwise, and no listing shows them
                    file.__exit__(type(error), error, error.__traceback__)
                raise

    def find(self, key: str) -> StoredObject | None:
        """Return what the storage says of an object; None when there is none."""
        import obstore

        try:
            with self._translated(key):
                return _stored(obstore.head(self._store, key))
        except MissingFileError:
            return None

    def list_directory(self, directory: str) -> tuple[list[StoredObject], list[str]]:
        """Return the objects directly in a directory, and the directories in it.

        Raises:
            UnreadableKeyError: one of them has a key that cannot be read.
        """
        import obstore

        with self._translated(directory):
            found = obstore.list_with_delimiter(self._store, directory or None)
            return [_stored(meta) for meta in found["objects"]], list(found["common_prefixes"])

    def list(self, below: str = "") -> Iterator[StoredObject]:
        """Yield all objects whose key begins with the directory *below*, in the order of their keys."""
        import obstore

        with self._translated(below):
            for page in obstore.list(self._store, below or None, chunk_size=1000):
                yield from map(_stored, page)

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        import obstore

        try:
            with self._translated(key):
                obstore.delete(self._store, key)
        except MissingFileError:
            return

    def link(self, key: str, seconds: int) -> str:
        """Return an address that whoever has it can read the object by, for a number of seconds."""
        import obstore

        with self._translated(key):
            return str(obstore.sign(self._store, "GET", key, timedelta(seconds=seconds)))

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        from obstore.exceptions import BaseError, NotFoundError, PreconditionError

        try:
            yield
        except (NotFoundError, FileNotFoundError) as error:
            if _code_of(error) == "NoSuchBucket":
                raise ObjectStorageError(
                    f"There is no bucket {self.address.bucket}. Create it, or correct its address."
                ) from None
            raise MissingFileError(f"{self.address}/{key} is missing in the object storage.") from None
        except PreconditionError:
            raise MissingFileError(f"{self.address}/{key} has changed in the object storage.") from None
        except (BaseError, OSError, ValueError) as error:
            kind = UnreadableKeyError if _IS_NO_PATH in str(error) else ObjectStorageError
            raise kind(_sentence(error, self.address)) from None


def is_installed() -> bool:
    """Return whether the extra s3 is installed."""
    return importlib.util.find_spec("obstore") is not None


def open_bucket(settings: Settings, address: BucketAddress) -> Bucket:
    """Return the bucket at *address* of the storage that the settings name; nothing is asked for yet.

    Raises:
        ConfigurationError: the extra ``s3`` is not installed, or a setting cannot be used.
    """
    options = {"endpoint": (settings.storage_endpoint or "").rstrip("/"), "region": settings.storage_region or ""}
    for name in ("access_key_id", "secret_access_key", "session_token"):
        secret: SecretStr | None = getattr(settings, f"storage_{name}")
        options[name] = secret.get_secret_value() if secret else ""
    return Bucket(
        _store(address, tuple(pair for pair in options.items() if pair[1]), settings.storage_timeout_s), address
    )


@lru_cache(maxsize=32)
def _store(address: BucketAddress, options: tuple[tuple[str, str], ...], timeout_s: float) -> "S3Store":
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store, from_url
    except ImportError:
        raise ConfigurationError(
            "Object storage needs the extra s3. Install it with pip install 'vitrine-vqa[s3]' and restart Vitrine."
        ) from None
    arguments: dict[str, Any] = dict(options)
    client: Any = {
        "allow_http": True,
        "timeout": timedelta(seconds=max(timeout_s * _SHARE_OF_ONE_REQUEST, 1.0)),
    }
    # Without a bound by number: the bound by time is the one that people set.
    retry: Any = {
        "max_retries": 1000,
        "retry_timeout": timedelta(seconds=timeout_s),
        "backoff": {"max_backoff": timedelta(seconds=min(_MAX_BACKOFF_S, timeout_s / 4))},
    }
    try:
        if address.scheme != "s3":
            other: Any = from_url(str(address), client_options=client, retry_config=retry)
            return other  # type: ignore[no-any-return, unused-ignore]  # with and without the extra
        return S3Store(
            address.bucket, prefix=address.prefix or None, client_options=client, retry_config=retry, **arguments
        )
    except (BaseError, ValueError):
        raise ConfigurationError(
            "The object storage cannot be used with these settings. Check those that begin with VITRINE_STORAGE_."
        ) from None


def _attributes(key: str) -> Any:
    return {"Content-Type": _MEDIA_TYPES.get(key.rpartition(".")[2], "application/octet-stream")}


def _stored(meta: Any) -> StoredObject:
    return StoredObject(meta["path"], int(meta["size"]), str(meta["e_tag"] or ""), meta["last_modified"].timestamp())


def _code_of(error: BaseException) -> str:
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found[1] if found else ""


def _sentence(error: BaseException, address: BucketAddress) -> str:
    """Return what to do about an error of the library; of its message only the status or a key is repeated."""
    text = str(error)
    if _IS_NO_PATH in text:
        named = _UNREADABLE.search(text)
        begins = "A key that begins with" if named and named[1].endswith('/"') else "The key"
        key = f"{begins} {named[1]}" if named else "A key"
        why = "a part of it is empty, . or .., or has control characters"
        return f"{key} in {address.bucket} cannot be read: {why}. Rename that object, or name a prefix without it."
    if sentence := _SENTENCES.get(_code_of(error)):
        return sentence
    if "169.254.169.254" in text or "no credentials" in text.lower():
        return _NO_KEY
    status = re.search(r"status code: (\d{3})|status: (\d{3})", text)
    number = next(filter(None, status.groups()), "") if status else ""
    if number in ("401", "403"):
        return (
            f"The object storage refuses access to {address.bucket} ({number}). Allow the key to read, write, list and "
            "delete there, and check the clock of this machine."
        )
    if number in ("429", "500", "502", "503", "504"):
        return (
            f"The object storage asks to slow down or is not available ({number}). Nothing is lost: wait a little, "
            "then continue."
        )
    said = f" ({number})" if number else ""
    return f"The object storage does not answer{said}. Check the network and VITRINE_STORAGE_ENDPOINT, then continue."
