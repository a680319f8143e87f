"""Every error that Vitrine raises on purpose.

    VitrineError
    ├── ConfigurationError          a setting is missing or invalid
    ├── NotFoundError               there is nothing with this id        (LookupError)
    ├── SignInProviderError         the OpenID provider cannot be reached
    ├── InvalidInputError           a value cannot be used               (ValueError)
    ├── ForbiddenError              the role or the token does not allow it
    ├── TooManyTriesError           too many wrong passwords; states how long to wait
    ├── ConflictError               another user changed the row first (optimistic locking)
    ├── ImageRejectedError          a file cannot become an image        (ValueError)
    ├── StorageError                reading or writing the disk failed   (OSError)
    │   ├── DatabaseAwayError       the database server does not answer
    │   ├── MissingFileError        a file of the data directory is gone
    │   ├── ObjectStorageError      the object storage is away or refuses; stops the whole task
    │   └── FullDiskError           too little free space to begin; stops the whole task
    ├── ExportError                 a bundle was not written, or failed its checks
    └── LLMError
        │   These stop the whole task, because every further call would fail in the same way:
        ├── MissingKeyError         there is no key for the provider
        ├── AccessDeniedError       the provider rejected the key
        ├── QuotaExceededError      the quota or credit at the provider is used up
        ├── ModelUnavailableError   the provider has no such model
        ├── NoVisionError           the model is known not to accept images
        │   These fail one item, after retries where those may help:
        ├── RateLimitedError        too many requests; states how long to wait
        ├── ProviderDownError       5xx, reset or timeout; a later attempt may succeed
        ├── RequestRefusedError     the request itself is invalid and is not repeated
        └── BadReplyError           the reply cannot be used
            ├── EmptyReplyError     it has neither text nor images
            ├── RefusedReplyError   the model refused and stated why
            ├── FilteredReplyError  the provider's filter withheld it
            └── CutReplyError       it reached the token limit

Each message is one sentence for the user, followed by what to do next. Pages show the message of a VitrineError and
nothing else; any other exception is a bug and is shown as one.
"""

import math
from typing import Any, ClassVar


class VitrineError(Exception):
    """Base of all errors with a message for the user; *field* names the invalid argument."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ConfigurationError(VitrineError):
    """Raised when a setting is missing or invalid, or the installation lacks something that is needed."""

    code = "configuration"


class NotFoundError(VitrineError, LookupError):
    """Raised when no row has the given id, or the row was deleted."""

    code = "not_found"


class ForbiddenError(VitrineError):
    """Raised when the caller is known, but has too low a role for what was asked."""

    code = "forbidden"


class TooManyTriesError(VitrineError):
    """Raised instead of another try after too many wrong ones; *retry_after_s* is how long to wait."""

    code = "too_many_tries"

    def __init__(self, retry_after_s: float, tries: str = "wrong passwords") -> None:
        self.retry_after_s = max(1, math.ceil(retry_after_s))
        seconds = f"{self.retry_after_s} second{'s' if self.retry_after_s > 1 else ''}"
        wait = seconds if self.retry_after_s < 120 else f"{round(self.retry_after_s / 60)} minutes"
        super().__init__(f"Too many {tries}. Try again in {wait}.")


class SignInProviderError(VitrineError):
    """Raised when the OpenID provider cannot be reached or answers with an error of its own."""

    code = "sign_in_provider"


class InvalidInputError(VitrineError, ValueError):
    """Raised when a value given by the caller cannot be used; *field* names the argument."""

    code = "invalid"


class ConflictError(VitrineError):
    """Raised when the version of a row is out of date (optimistic locking).

    *current* is the row as it is now, *attempted* what the caller wanted to write.
    """

    code = "conflict"

    def __init__(self, message: str, *, current: Any = None, attempted: Any = None) -> None:
        super().__init__(message)
        self.current = current
        self.attempted = attempted


class ImageRejectedError(VitrineError, ValueError):
    """Raised for a file that Vitrine does not accept as an image; *reason* is a stable word for counting."""

    code = "image_rejected"

    def __init__(self, message: str, *, reason: str = "rejected") -> None:
        # Unpickling calls __init__ with the message alone, then restores the attributes: reason needs a default.
        super().__init__(message)
        self.reason = reason


class StorageError(VitrineError, OSError):
    """Raised when the file system fails: the disk is full, or a file cannot be read or written."""

    code = "storage"


class DatabaseAwayError(StorageError):
    """Raised when the database server does not answer, ends the connection or has none free.

    What was not committed is not stored.
    """

    code = "database_away"


class MissingFileError(StorageError):
    """Raised when a file of the data directory is gone."""


class ObjectStorageError(StorageError):
    """Raised when an object storage does not answer or refuses: the task is paused and can be continued."""


class FullDiskError(StorageError):
    """Raised before work that needs space, when the disk has less than ``VITRINE_MIN_FREE_BYTES``."""

    code = "full_disk"


class ExportError(VitrineError):
    """Raised when an export cannot be written, or the written files fail their checks."""

    code = "export"


class LLMError(VitrineError):
    """Base of all errors of model calls.

    *stops_task*: every further call would fail in the same way, so the task is paused.
    *maybe_paid*: the provider may have done the work and charged for it.
    """

    code = "llm"
    stops_task: ClassVar[bool] = False

    def __init__(self, message: str, *, http_status: int | None = None, maybe_paid: bool = False) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.maybe_paid = maybe_paid
        self.tokens: tuple[int | None, int | None] = (None, None)
        """Prompt and completion tokens that the failed call used, as far as its reply states them."""


class MissingKeyError(LLMError):
    """Raised before a call when there is no API key for the provider."""

    code = "missing_key"
    stops_task = True
    variable: str = ""
    """The environment variable in which the key was looked for; "" when unknown."""


class AccessDeniedError(LLMError):
    """Raised when the provider rejects the API key."""

    code = "access_denied"
    stops_task = True


class QuotaExceededError(LLMError):
    """Raised when the quota or credit at the provider is used up."""

    code = "quota"
    stops_task = True


class ModelUnavailableError(LLMError):
    """Raised when the provider has no model of this name."""

    code = "model_unavailable"
    stops_task = True


class NoVisionError(LLMError):
    """Raised when a model that does not accept images is given one."""

    code = "no_vision"
    stops_task = True


class RateLimitedError(LLMError):
    """Raised on 429 and 529; *retry_after_s* is how long the provider asks to wait, None when it does not say."""

    code = "rate_limited"

    def __init__(self, message: str, *, http_status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, http_status=http_status)
        self.retry_after_s = retry_after_s


class ProviderDownError(LLMError):
    """Raised on status 5xx, a reset connection or a timeout; a later attempt may succeed."""

    code = "provider_down"


class RequestRefusedError(LLMError):
    """Raised when the provider rejects the request itself; it is not repeated."""

    code = "request_refused"


class BadReplyError(LLMError):
    """Raised for a reply that cannot be used; *reply_head* is its beginning, for finding the cause."""

    code = "bad_reply"

    def __init__(self, message: str, *, reply_head: str = "", http_status: int | None = None) -> None:
        super().__init__(message, http_status=http_status)
        self.reply_head = reply_head


class EmptyReplyError(BadReplyError):
    """Raised for a reply with neither text nor images."""

    code = "empty_reply"


class RefusedReplyError(BadReplyError):
    """Raised when the model declines to answer and states why."""

    code = "refused"


class FilteredReplyError(BadReplyError):
    """Raised when the content filter of the provider withholds the reply."""

    code = "filtered"


class CutReplyError(BadReplyError):
    """Raised for a reply that ends at the token limit."""

    code = "cut"


class ItemInterrupted(Exception):  # noqa: N818  a signal like StopIteration, not an error
    """Raised inside an item of a task that has been paused or cancelled: the runner requeues the item.

    Real cancellation, ``asyncio.CancelledError``, means something else: the
    coroutine itself was cancelled, for example when the process stops.
    """


class ItemWaits(ItemInterrupted):
    """Raised inside an item whose request is answered later: the item runs again when the answer is there."""
