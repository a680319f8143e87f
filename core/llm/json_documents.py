"""Finds the JSON documents in the text of a reply: exact ones, those with usual mistakes, and repaired ones.

All work is bounded, because replies are read on the event loop and a text can be made so that every bracket in it
begins a document that fails at its end.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from core.llm.relaxed_json import CLOSING_QUOTES, MAX_DEPTH, NotRelaxedJson, RelaxedReader

_MAX_EXACT_CHARS = 30_000_000
_MAX_RELAXED_CHARS = 300_000
_MAX_FAILURES, _MAX_DOCUMENTS = 2_000, 2_000
_AFTER_RECURSION_ERROR = 100_000
# json-repair takes quadratic time on broken nesting, and on quotes within texts: 0.5 s for 1,200.
_MAX_REPAIR_CHARS, _MAX_REPAIR_BRACKETS, _MAX_REPAIR_QUOTES = 50_000, 150, 1_200

_REPAIRED_QUOTES = ('"', "'", "\u201c", "\u201d")

_BRACKET = re.compile(r"[{\[]")
_QUOTE = rf"[{re.escape(''.join({*CLOSING_QUOTES, *''.join(CLOSING_QUOTES.values())}))}]"
_AFTER_TEXT = rf"(?=\s*(?:[,:}}\]]|//|/\*|$)|\s+{_QUOTE})"
# Of the JSON around a text, and of an escape in it.
_REMAINS = re.compile(
    rf"{_QUOTE}\s*[,:}}\]]|[{{,]\s*{_QUOTE}?\w+{_QUOTE}?\s*:|[}}\]]\s*//|\\u|(?<![a-zA-Z])u[0-9a-fA-F]{{4}}"
)


@dataclass(frozen=True)
class Document:
    """An object or list in a text, and where it is."""

    value: Any
    start: int
    end: int


@dataclass(frozen=True)
class Found:
    """The documents of a text in their order; *broken_at* is the first bracket that begins none, None without one."""

    documents: list[Document]
    broken_at: int | None


def find(text: str) -> Found:
    """Return the outermost documents of *text*; of a document that cannot be read, those within it."""
    decoder = json.JSONDecoder(strict=False)
    documents: list[Document] = []
    broken_at: int | None = None
    exact_left, relaxed_left, failures = _MAX_EXACT_CHARS, _MAX_RELAXED_CHARS, 0
    position = 0
    while (match := _BRACKET.search(text, position)) and exact_left > 0:
        if failures == _MAX_FAILURES or len(documents) == _MAX_DOCUMENTS:
            break
        start = match.start()
        try:
            value, position = decoder.raw_decode(text, start)
            documents.append(Document(value, start, position))
            continue
        except json.JSONDecodeError as error:
            exact_left -= error.pos - start + 1
        except (ValueError, RecursionError):  # a number of thousands of digits, or too deep
            exact_left -= _AFTER_RECURSION_ERROR
        failures += 1
        position, read_chars = _read_relaxed(text, start, relaxed_left, documents)
        relaxed_left -= read_chars
        if position == start + 1 and broken_at is None:
            broken_at = start
    return Found(documents, broken_at)


def _read_relaxed(text: str, start: int, max_chars: int, documents: list[Document]) -> tuple[int, int]:
    """Add the document at *start* if there is one; return where to go on and how many characters were read."""
    try:
        strict, end = RelaxedReader(text, start + max_chars).read(start)
        documents.append(Document(json.loads(strict), start, end))
    except NotRelaxedJson as error:
        return start + 1, error.position - start
    except (ValueError, RecursionError):
        return start + 1, _AFTER_RECURSION_ERROR
    return end, end - start


def repaired(text: str, broken_at: int) -> Document | None:
    """Return the object, or list of objects, that json-repair reads from *broken_at* to the last closing bracket.

    The closing bracket has to be there: json-repair would complete a reply that was cut in the middle of a sentence.
    Where json-repair took a part of a text, or what is no text, for one, the document is not used.
    """
    end = max(text.rfind("}"), text.rfind("]")) + 1
    fragment = text[broken_at:end]
    brackets = fragment.count("{") + fragment.count("[")
    if not fragment or len(fragment) > _MAX_REPAIR_CHARS or brackets > _MAX_REPAIR_BRACKETS:
        return None
    if sum(map(fragment.count, _REPAIRED_QUOTES)) > _MAX_REPAIR_QUOTES:
        return None
    import json_repair

    try:
        value = json_repair.repair_json(fragment, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    value = _without_stray_texts(value)
    parts = value if isinstance(value, list) else [value]
    if not parts or not all(isinstance(part, dict) and part for part in parts) or not _is_as_said(value, fragment):
        return None
    return Document(value, broken_at, end)


def _without_stray_texts(value: Any) -> Any:
    """Return *value* without texts between the objects of a list: pieces of an object that json-repair took apart."""
    if isinstance(value, dict):
        return {name: _without_stray_texts(part) for name, part in value.items()}
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        return [part for part in value if isinstance(part, dict)]
    return value


def _is_as_said(value: Any, fragment: str) -> bool:
    """Return whether each text of *value* is a whole text of *fragment*, or with its escapes may be one."""
    found = {text for text in texts(value) if text}
    return not any(_REMAINS.search(text) for text in found) and all(
        re.search(rf"{_QUOTE}{re.escape(text)}{_QUOTE}{_AFTER_TEXT}", fragment) for text in found if text in fragment
    )


def texts(value: Any) -> list[str]:
    """Return all texts within *value*, without names."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found


def is_too_deep(value: Any) -> bool:
    """Return whether *value* is nested deeper than any reply is."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for part in level
            if isinstance(part, dict | list)
            for inner in (part.values() if isinstance(part, dict) else part)
        ]
        if not level:
            return False
    return True
