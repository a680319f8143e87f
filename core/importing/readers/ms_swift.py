"""ms-swift and alpaca rows: ``query`` or ``instruction``, ``response`` or ``output``, with their ``history``."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from core.importing.answers import RowError, scalar_text
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.messages import conversation_records
from core.importing.readers.unread import unread_columns
from core.importing.records import Record

_QUERIES = ("query", "instruction")
_RESPONSES = ("response", "output", "outputs")
_INPUTS = ("input", "inputs")


def _fits(row: Row) -> bool:
    query, response = (next((row[key] for key in keys if key in row), None) for keys in (_QUERIES, _RESPONSES))
    return isinstance(query, str) and isinstance(response, str | int | float) and "rejected_response" not in row


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    query, response = (next((row[key] for key in keys if key in row), None) for keys in (_QUERIES, _RESPONSES))
    given = next((row[key] for key in _INPUTS if isinstance(row.get(key), str)), "")
    if given and isinstance(query, str):
        query = f"{query}\n{given}".strip()
    messages: list[Any] = []
    for pair in _history(row):
        messages += [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}]
    messages += [{"role": "user", "content": query}, {"role": "assistant", "content": scalar_text(response)}]
    return conversation_records(row, messages, where, files)


def _history(row: Row) -> list[Any]:
    """Return the pairs before the last one.

    Raises:
        RowError: they are no pairs.
    """
    history = row.get("history") or []
    if not isinstance(history, list) or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in history):
        raise RowError("The history of this row is no list of pairs of a question and an answer.")
    return history


READER = RowReader(
    name="ms-swift",
    label="ms-swift, alpaca",
    needs="query and response (or instruction and output), and images",
    fits=_fits,
    read_row=_read_row,
    unread=partial(unread_columns, own=frozenset({*_QUERIES, *_RESPONSES, *_INPUTS, "history", "kto_tag", "label"})),
)
