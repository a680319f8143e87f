"""Logging to standard error, one line per event.

A line contains ids, counts and durations, never texts, names or keys that people or models wrote. With
``VITRINE_LOG_JSON=1`` each line is a JSON object, for log collectors.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import ClassVar

from core import request_ids
from core.errors import DatabaseAwayError

OWN_LOGGERS = ("core", "pages")
"""Loggers of this project, which log from level INFO; those of libraries keep the default, WARNING."""


def configure_logging(*, json_lines: bool) -> None:
    """Add the handler that writes to standard error; further calls have no effect.

    Args:
        json_lines: Write JSON objects instead of plain text.
    """
    root = logging.getLogger()
    if any(isinstance(handler.formatter, _Formatter) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if json_lines else PlainFormatter())
    root.addHandler(handler)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)


class _Formatter(logging.Formatter):
    # The only keys of ``extra`` that are written, so that nothing else gets into the log by accident.
    fields: ClassVar[tuple[str, ...]] = ("error_id", "method", "route", "status", "duration_ms", "actor")

    def values(self, record: logging.LogRecord) -> dict[str, object]:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        values: dict[str, object] = {"at": at, "level": record.levelname, "logger": record.name}
        values["message"] = record.getMessage()
        if isinstance(error := _error_of(record), DatabaseAwayError):
            values["message"] = f"{values['message']}: {error}"
        if request_id := request_ids.current():
            values["request_id"] = request_id
        values |= {name: getattr(record, name) for name in self.fields if hasattr(record, name)}
        return values

    def trace(self, record: logging.LogRecord) -> str:
        """Return the traceback, "" for a database that is away: hundreds of lines, and no bug."""
        if _tells_of_an_outage(record):
            return ""
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        return record.exc_text or ""


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _tells_of_an_outage(record: logging.LogRecord) -> bool:
    """Return whether the record is about a lost database: ours, or SQLAlchemy giving up a connection."""
    error = _error_of(record)
    if record.name.startswith("sqlalchemy.pool"):
        return any(base.__name__ == "OperationalError" for base in type(error).__mro__)
    return isinstance(error, DatabaseAwayError)


class JsonFormatter(_Formatter):
    """Formats a record as a JSON object on one line; a traceback is its member ``trace``."""

    def format(self, record: logging.LogRecord) -> str:
        values = self.values(record)
        trace = self.trace(record)
        return json.dumps(values | ({"trace": trace} if trace else {}), ensure_ascii=False)


class PlainFormatter(_Formatter):
    """Formats a record as plain text: time, level, logger, message, then the extra fields.

    Further lines of a message and a traceback are indented: what somebody sent cannot look like a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        values = self.values(record)
        line = f"{values.pop('at')} {values.pop('level'):7} {values.pop('logger')}: {values.pop('message')}"
        line += "".join(f" {name}={value}" for name, value in values.items())
        trace = self.trace(record)
        return "\n    ".join((f"{line}\n{trace}" if trace else line).splitlines())
