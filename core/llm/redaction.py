"""Taking keys out of texts: one function for error texts and replies, one filter for the logs."""

import logging
import re
from collections.abc import Iterable

from core import process

_NOISY = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx", "httpcore", "aiohttp")

MASK = "[key removed]"

_LOOKS_LIKE_A_KEY = re.compile(
    r"sk-[A-Za-z0-9_\-]{8,}|AIza[A-Za-z0-9_\-]{10,}|(?<=Bearer )[^\s\"',]{4,}|(gsk_|xai-)[A-Za-z0-9]{10,}",
    re.IGNORECASE,
)


def remember(key: str | None) -> None:
    """Take *key* out of every text from now on; kept in memory only."""
    if key and len(key) >= 8:
        _remembered().add(key)


def redact(text: str, keys: Iterable[str] = ()) -> str:
    """Return *text* without the keys this process knows, and without anything that looks like one."""
    for key in sorted({*keys, *tuple(_remembered())}, key=len, reverse=True):
        text = text.replace(key, MASK)
    return _LOOKS_LIKE_A_KEY.sub(MASK, text)


class RedactingFilter(logging.Filter):
    """Rewrites each record before a handler sees it, traces included."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cleaned = redact(message)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


def guard_logs() -> None:
    """Put the filter on the handlers there are, and keep the noisy libraries from dumping requests."""
    noisy = [logging.getLogger(name) for name in _NOISY]
    for handler in [handler for logger in (logging.getLogger(), *noisy) for handler in logger.handlers]:
        if not any(isinstance(known, RedactingFilter) for known in handler.filters):
            handler.addFilter(RedactingFilter())
    for logger in noisy:
        logger.setLevel(logging.WARNING)


def _remembered() -> set[str]:
    return process.singleton("llm_keys", set)
