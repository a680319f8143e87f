"""Every error that Vitrine raises on purpose.

    VitrineError
    ├── ConfigurationError          a setting is missing or makes no sense
    ├── NotFoundError               an id that leads nowhere            (LookupError)
    ├── InvalidInputError           a value that cannot be used         (ValueError)
    ├── ConflictError               someone else changed it first
    ├── ImageRejectedError          a file that will not become an image (ValueError)
    ├── StorageError                the disk said no                    (OSError)
    ├── ExportError                 a bundle that could not be made or did not pass its checks
    └── LLMError
        ├── MissingKeyError         no key for the provider          \\
        ├── AccessDeniedError       the provider refused the key      } stop the task: the next call fails alike
        ├── QuotaExceededError      nothing left to spend there      /
        ├── ModelUnavailableError   no such model at this provider  /
        ├── NoVisionError           the model is known not to see images
        ├── RateLimitedError        too fast; carries how long to wait
        ├── ProviderDownError       5xx, reset or time-out; may succeed later
        ├── RequestRefusedError     the request itself is at fault; never repeated
        └── BadReplyError           a reply that cannot be used
            ├── EmptyReplyError
            ├── RefusedReplyError   the model said no, in words
            ├── FilteredReplyError  the provider's filter cut it
            └── CutReplyError       the reply ran into the token limit

The message of each is one sentence for the person at the screen, followed by what to do next.
Pages show the message of a VitrineError and nothing else; any other exception is a bug and looks like one.
"""

from typing import Any, ClassVar


class VitrineError(Exception):
    """An error whose message a person can act on."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ConfigurationError(VitrineError):
    code = "configuration"


class NotFoundError(VitrineError, LookupError):
    code = "not_found"


class InvalidInputError(VitrineError, ValueError):
    code = "invalid"


class ConflictError(VitrineError):
    """Raised when a version is out of date.

    *current* is the row as it stands now, *attempted* what the caller wanted to write.
    """

    code = "conflict"

    def __init__(self, message: str, *, current: Any = None, attempted: Any = None) -> None:
        super().__init__(message)
        self.current = current
        self.attempted = attempted


class ImageRejectedError(VitrineError, ValueError):
    """Raised for a file that is not a picture Vitrine keeps; *reason* is a stable word for counting."""

    code = "image_rejected"

    def __init__(self, message: str, *, reason: str = "rejected") -> None:
        # The default lets the error travel between processes; its real reason follows in the pickled state.
        super().__init__(message)
        self.reason = reason


class StorageError(VitrineError, OSError):
    code = "storage"


class ExportError(VitrineError):
    code = "export"


class LLMError(VitrineError):
    """Anything that went wrong between Vitrine and a model.

    *stops_task* says that every further call would fail in the same way.
    *maybe_paid* says that the provider may have done the work and charged for it.
    """

    code = "llm"
    stops_task: ClassVar[bool] = False

    def __init__(self, message: str, *, http_status: int | None = None, maybe_paid: bool = False) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.maybe_paid = maybe_paid


class MissingKeyError(LLMError):
    code = "missing_key"
    stops_task = True


class AccessDeniedError(LLMError):
    code = "access_denied"
    stops_task = True


class QuotaExceededError(LLMError):
    code = "quota"
    stops_task = True


class ModelUnavailableError(LLMError):
    code = "model_unavailable"
    stops_task = True


class NoVisionError(LLMError):
    code = "no_vision"
    stops_task = True


class RateLimitedError(LLMError):
    """Raised on 429 and 529; *retry_after_s* is what the provider asked for, None when it did not say."""

    code = "rate_limited"

    def __init__(self, message: str, *, http_status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, http_status=http_status)
        self.retry_after_s = retry_after_s


class ProviderDownError(LLMError):
    code = "provider_down"


class RequestRefusedError(LLMError):
    code = "request_refused"


class BadReplyError(LLMError):
    """A reply arrived but cannot be used; *reply_head* is its beginning, for the person who looks into it."""

    code = "bad_reply"

    def __init__(self, message: str, *, reply_head: str = "", http_status: int | None = None) -> None:
        super().__init__(message, http_status=http_status)
        self.reply_head = reply_head


class EmptyReplyError(BadReplyError):
    code = "empty_reply"


class RefusedReplyError(BadReplyError):
    code = "refused"


class FilteredReplyError(BadReplyError):
    code = "filtered"


class CutReplyError(BadReplyError):
    code = "cut"


class ItemLeftOpen(Exception):  # noqa: N818  a signal like StopIteration, not an error
    """Raised inside an item of a task that has been paused or cancelled: the item stays open.

    The runner queues the item again. Real cancellation, ``asyncio.CancelledError``, means something else: the
    coroutine itself was cancelled, for example when the process stops.
    """
