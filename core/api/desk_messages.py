"""What the review desk shows of the messages on its entries."""

from collections.abc import Sequence
from typing import Any

from core.dataset.messages import ANSWER, CLOSE, MESSAGE
from core.db import ImageDatasets
from core.services import Services

ABOUT_AN_ENTRY = (MESSAGE, ANSWER, CLOSE)
"""Decisions that say something about an entry and change none of its fields."""
MAX_SHOWN = 10
"""Of an entry the newest ones; its history has all of them."""


def messages_of_items(services: Services, entries: Sequence[ImageDatasets]) -> dict[str, list[dict[str, Any]]]:
    """Return the newest messages on entries by the ids of those that have some, oldest first."""
    return {
        entry_id: [
            {
                "by": one.sent_by, "to": one.sent_to, "text": one.text, "at": one.at.isoformat(), "open": one.is_open,
                "ended_by": one.ended_by, "ended_as": one.ended_as, "answer": one.answer,
            }
            for one in messages[-MAX_SHOWN:]
        ]
        for entry_id, messages in services.messages.of_entries([entry.id for entry in entries]).items()
    }  # fmt: skip
