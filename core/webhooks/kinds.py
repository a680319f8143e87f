"""The kinds of messages that a webhook can choose, and the form of their bodies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

VERSION = 1
"""Of the bodies. Members may be added; when one changes or goes, the number does too."""

KINDS: Mapping[str, str] = {
    "task.completed": "a task ended, and everything in it was done",
    "task.failed": "a task ended with failures",
    "task.paused": "a task was paused by a person, by its cost cap or because the model cannot be reached",
    "task.cancelled": "a task was cancelled",
    "entries.decided": "entries were confirmed, rejected, reopened or skipped, or that was undone",
    "entries.sent_back": "entries were sent back with a message",
    "images.added": "images were uploaded or imported",
    "export.ready": "an export can be downloaded",
    "check.completed": "a check of the dataset has new numbers",
}
"""By type, in words. ``webhook.ping`` is sent to any webhook, when somebody asks for a test."""

PING = "webhook.ping"


@dataclass(frozen=True)
class Happening:
    """Something that a webhook is told."""

    kind: str
    at: datetime
    data: Mapping[str, Any]

    def body(self) -> str:
        """Return the JSON that is sent."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = {"type": self.kind, "version": VERSION, "timestamp": at, "data": self.data}
        return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
