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
        if request_id := request_ids.current():
            values["request_id"] = request_id
        values |= {name: getattr(record, name) for name in self.fields if hasattr(record, name)}
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        return values


class JsonFormatter(_Formatter):
    """Formats a record as a JSON object on one line; a traceback is its member ``trace``."""

    def format(self, record: logging.LogRecord) -> str:
        values = self.values(record)
        return json.dumps(values | ({"trace": record.exc_text} if record.exc_text else {}), ensure_ascii=False)


class PlainFormatter(_Formatter):
    """Formats a record as plain text: time, level, logger, message, then the extra fields.

    Further lines of a message and a traceback are indented: what somebody sent cannot look like a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        values = self.values(record)
        line = f"{values.pop('at')} {values.pop('level'):7} {values.pop('logger')}: {values.pop('message')}"
        line += "".join(f" {name}={value}" for name, value in values.items())
        return "\n    ".join((f"{line}\n{record.exc_text}" if record.exc_text else line).splitlines())
