"""LLaVA and ShareGPT: rows of ``conversations`` by ``from`` and ``value``; many trainers read the same."""

from collections.abc import Iterable

from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.messages import conversation_records
from core.importing.records import Record


def _fits(row: Row) -> bool:
    return isinstance(row.get("conversations"), list) or isinstance(row.get("conversation"), list)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    turns = row.get("conversations")
    return conversation_records(row, row.get("conversation") if turns is None else turns, where, files)


READER = RowReader(
    name="llava",
    label="LLaVA, ShareGPT",
    needs="conversations with from and value, and image or images",
    fits=_fits,
    read_row=_read_row,
)
