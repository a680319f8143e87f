"""The id of the request that is being answered: in its log lines, its response and its error page."""

import random
import re
from contextvars import ContextVar

HEADER = b"x-request-id"
_USABLE = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_CURRENT: ContextVar[str] = ContextVar("vitrine_request_id", default="")


def current() -> str:
    """Return the id of the request that this thread or coroutine answers, "" outside requests."""
    return _CURRENT.get()


def begin(headers: list[tuple[bytes, bytes]]) -> str:
    """Make the ``X-Request-Id`` of *headers* the current id, or a new one where it is missing or odd; return it."""
    given = next((value for name, value in headers if name == HEADER), b"")
    # Not from the secrets module: the id guards nothing, and the system's random numbers cost ten times as much.
    request_id = given.decode() if _USABLE.fullmatch(given) else f"{random.getrandbits(64):016x}"
    _CURRENT.set(request_id)
    return request_id
