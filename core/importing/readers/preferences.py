"""Preference pairs (DPO): a chosen and a rejected answer, as TRL, LLaMA-Factory and ms-swift write them."""

from collections.abc import Iterable
from typing import Any

from core.importing.answers import RowError, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.messages import conversation_records, read_messages
from core.importing.readers.turns import ASSISTANTS, USERS
from core.importing.records import Record

_PROMPTS = ("messages", "conversations", "prompt", "question", "query")


def _fits(row: Row) -> bool:
    rejected = row.get("rejected_response", row.get("rejected"))
    return isinstance(rejected, str | list | dict) and ("chosen" in row or "rejected_response" in row)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    """Return the record of the conversation with the chosen answer, and one of its last question with the other."""
    prompt = next((row[name] for name in _PROMPTS if row.get(name)), None)
    messages = _messages(prompt, "user")
    if "chosen" in row:
        messages = _joined(messages, _messages(row["chosen"], "assistant"))
    rest = {name: value for name, value in row.items() if name not in ("chosen", "rejected", "rejected_response")}
    records = tuple(conversation_records(rest, messages, where, files))
    rejected = _last_answer(row.get("rejected_response", row.get("rejected")), where, files)
    try:
        worse = turn(records[0].turns[-1].question, rejected)
    except RowError as error:
        files.problems.add(where, f"The rejected answer was left out. {error}")
        return records
    return *records, records[0]._replace(turns=(worse,), rejected=True, confirmed=False)


def _messages(value: Any, role: str) -> list[Any]:
    """Return messages of a text, a message or a list of messages."""
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    return [value] if isinstance(value, dict) else list(value) if isinstance(value, list) else []


def _joined(prompt: list[Any], chosen: list[Any]) -> list[Any]:
    """Return the prompt with the chosen answer, which may repeat the prompt before it."""
    begins_anew = chosen and isinstance(chosen[0], dict) and _role(chosen[0]) in USERS
    return chosen if begins_anew else [*prompt, *chosen]


def _last_answer(value: Any, where: str, files: Files) -> Any:
    pairs = read_messages(_messages(value, "assistant"), [], where, files)
    return next((text for role, text in reversed(pairs) if role in ASSISTANTS), None)


def _role(message: dict[str, Any]) -> Any:
    return message.get("role", message.get("from"))


READER = RowReader(
    name="preferences",
    label="Preference pairs (DPO)",
    needs="prompt or messages, chosen and rejected, and images",
    fits=_fits,
    read_row=_read_row,
)
