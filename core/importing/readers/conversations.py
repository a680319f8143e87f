"""LLaVA and ShareGPT: rows of ``conversations`` by ``from`` and ``value``; many trainers read the same."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from core.importing.answers import parsed_list
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.conventions import converter
from core.importing.readers.messages import conversation_records, conversations_by_column
from core.importing.readers.unread import unread_columns
from core.importing.records import Record


def _fits(row: Row) -> bool:
    return any(isinstance(parsed_list(row.get(name)), list) for name in ("conversations", "conversation"))


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    turns = parsed_list(row.get("conversations"))
    if turns is None:
        turns = _messages(parsed_list(row.get("conversation")))
    return conversation_records(row, turns, where, files)


def _messages(turns: Any) -> Any:
    """Return the messages of turns that ms-swift writes as objects with ``human`` and ``assistant``."""
    if not isinstance(turns, list) or not all(isinstance(one, dict) and "human" in one for one in turns):
        return turns
    roles = ("system", "human", "assistant")
    return [{"from": role, "value": one[role]} for one in turns for role in roles if role in one]


READER = RowReader(
    name="llava",
    label="LLaVA, ShareGPT",
    needs="conversations with from and value, and image or images",
    fits=_fits,
    read_row=_read_row,
    converter=converter,
    unread=partial(unread_columns, own=frozenset({"conversations", "conversation"})),
    read_columns=lambda block: conversations_by_column(block, "conversations"),
)
