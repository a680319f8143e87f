"""The log: one line for each thing worth knowing, never what people or models wrote.

A line carries ids, counts and durations; texts, names and keys stay out. With ``VITRINE_LOG_JSON=1`` each line is
a JSON object, for programs that read logs.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import ClassVar

OURS = ("core", "pages")
"""Our own loggers speak from INFO on, those of libraries from WARNING on."""


def set_up(*, json_lines: bool) -> None:
    """Write the log to standard error; called once per process, again without effect."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, _Line) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine() if json_lines else PlainLine())
    root.addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


class _Line(logging.Formatter):
    # Set by whoever logs, as ``extra``.
    fields: ClassVar[tuple[str, ...]] = ("error_id", "method", "route", "status", "duration_ms")

    def values(self, record: logging.LogRecord) -> dict[str, object]:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        values: dict[str, object] = {"at": at, "level": record.levelname, "logger": record.name}
        values["message"] = record.getMessage()
        values |= {name: getattr(record, name) for name in self.fields if hasattr(record, name)}
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        return values


class JsonLine(_Line):
    """A JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        values = self.values(record)
        return json.dumps(values | ({"trace": record.exc_text} if record.exc_text else {}), ensure_ascii=False)


class PlainLine(_Line):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        values = self.values(record)
        line = f"{values.pop('at')} {values.pop('level'):7} {values.pop('logger')}: {values.pop('message')}"
        line += "".join(f" {name}={value}" for name, value in values.items())
        return f"{line}\n{record.exc_text}" if record.exc_text else line
