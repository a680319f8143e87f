"""Gemini: rows of ``contents`` with parts, as its tuning and its batches read and write them."""

from collections.abc import Iterable
from typing import Any

from core.importing.answers import RowError
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.messages import conversation_records
from core.importing.records import Record


def _fits(row: Row) -> bool:
    return _contents(_request(row)) is not None


def _request(row: Row) -> Row:
    """Return the request of a row: a batch has the response beside it."""
    inner = row.get("request")
    return inner if isinstance(inner, dict) else row


def _contents(row: Row) -> list[Any] | None:
    contents = row.get("contents")
    contents = [contents] if isinstance(contents, dict) else contents
    if not isinstance(contents, list) or not contents:
        return None
    return contents if all(isinstance(one, dict) and "parts" in one for one in contents) else None


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    request = _request(row)
    contents = _contents(request)
    if contents is None:
        raise RowError("This row has no contents with parts.")
    system = _first(request, "systemInstruction", "system_instruction")
    messages = [{"role": "system", "content": _parts(system)}] if system else []
    for content in [*contents, *_candidates(row)]:
        messages.append({"role": content.get("role") or "user", "content": _parts(content)})
    return conversation_records({}, messages, where, files)


def _candidates(row: Row) -> list[Row]:
    """Return the content of the first candidate of a response, as a batch writes it."""
    response = row.get("response")
    candidates = response.get("candidates") if isinstance(response, dict) else None
    first = candidates[0] if isinstance(candidates, list) and candidates else None
    content = first.get("content") if isinstance(first, dict) else None
    return [{"role": "model", **content}] if isinstance(content, dict) else []


def _parts(content: Any) -> list[Row]:
    """Return the parts of a content as those of a chat message.

    Raises:
        RowError: one is no text and no image.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    parts = content.get("parts") if isinstance(content, dict) else None
    found: list[Row] = []
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, str):
            found.append({"type": "text", "text": part})
        elif isinstance(part, dict):
            found.append(_part(part))
    return found


def _part(part: Row) -> Row:
    if isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    data = _first(part, "inlineData", "inline_data")
    file = _first(part, "fileData", "file_data")
    media = data or file
    kind = _first(media, "mimeType", "mime_type") if isinstance(media, dict) else None
    if not isinstance(media, dict) or (isinstance(kind, str) and not kind.startswith("image/")):
        what = kind if isinstance(kind, str) else ", ".join(part)
        raise RowError(f"This row has a part that is no text and no image: {what[:60]}.")
    if data:
        return {"type": "image", "base64": f"data:{kind or 'image/jpeg'};base64,{data.get('data', '')}"}
    return {"type": "image", "url": _first(media, "fileUri", "file_uri")}


def _first(row: Row, *names: str) -> Any:
    return next((row[name] for name in names if row.get(name)), None)


READER = RowReader(
    name="gemini",
    label="Gemini contents",
    needs="contents with role and parts",
    fits=_fits,
    read_row=_read_row,
)
