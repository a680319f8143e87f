"""Removes keys from texts: one function for error messages and replies, one filter for logs."""

import logging
import re
from collections.abc import Iterable

from core.llm import providers

_NOISY_LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx", "httpcore", "aiohttp")
_MIN_KEY_CHARS = 8

MASK = "[key removed]"

_SIGNED = re.compile(r"(?:(?<=\?)|(?<=%3F))[^\s\"'<>]*X-Amz-[^\s\"'<>]*", re.IGNORECASE)
"""What opens an object of a bucket, in a signed address."""

_known_keys: set[str] = set()


def remember(key: str | None) -> None:
    """Remove *key* from every text from now on; it is stored in memory only."""
    if key and len(key) >= _MIN_KEY_CHARS:
        _known_keys.add(key)


def redact(text: str, keys: Iterable[str] = ()) -> str:
    """Return *text* without *keys*, the keys used in this process, and everything that looks like a key."""
    for key in sorted({*keys, *tuple(_known_keys)}, key=len, reverse=True):
        text = text.replace(key, MASK)
    text = _SIGNED.sub(MASK, text)
    any_key = providers.table().any_key
    return MASK.join(any_key.sub(MASK, part) for part in text.split(MASK))  # a mask is not masked again


class RedactingFilter(logging.Filter):
    """Removes keys from each log record, stack traces included, before a handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact *record* in place and return True, so that it is logged."""
        message = record.getMessage()
        cleaned = redact(message)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


def redact_logs() -> None:
    """Add the filter to all existing log handlers, and set libraries that log whole requests to warnings only."""
    noisy = [logging.getLogger(name) for name in _NOISY_LOGGERS]
    for handler in [handler for logger in (logging.getLogger(), *noisy) for handler in logger.handlers]:
        if not any(isinstance(existing, RedactingFilter) for existing in handler.filters):
            handler.addFilter(RedactingFilter())
    for logger in noisy:
        logger.setLevel(logging.WARNING)
