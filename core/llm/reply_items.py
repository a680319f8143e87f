"""Fits the JSON of a reply to a schema that is one list (questions, answers or both); a bad item costs itself only."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from core.llm.json_documents import Document, is_too_deep
from core.llm.schemas import AnswerList, QuestionList

MAX_ITEMS = 1000
"""No request asks for more; further items of a reply are not read."""

_MAX_WRAPPERS = 3
_NUMBERED = re.compile(
    r"\s*(?:\*\*)?(?:(?:Q|A|question|answer|#)\s*)?\(?(?P<number>\d{1,4})\s*(?:[.)\u3001\uff0e\uff09](?!\d)|:(?=\s))(?:\*\*)?\s*(?P<text>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_BULLET = re.compile(r"\s*(?:[-*\u2022\u2013]\s+)(?P<text>\S.*)", re.DOTALL)
_NUMBERED_KEY = re.compile(r"\D{0,12}(\d{1,4})\.?")
_QUESTION_MARK = re.compile(r"[?\uff1f\u061f\u037e]")
_SCHEMA_WORDS = ({"properties", "type"}, {"$defs"}, {"$schema"}, {"$ref"})
# Text that cannot be stored: halves of surrogate pairs, and control characters.
_NOT_STORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class ListSchema:
    """A schema with one field, a list of items."""

    schema: type[BaseModel]
    name: str
    item: type[BaseModel]
    main: str
    """The field that holds an item written as a bare text."""

    @classmethod
    def of(cls, schema: type[BaseModel]) -> "ListSchema | None":
        """Return the list of *schema*, None when it is another kind of schema."""
        if len(schema.model_fields) != 1:
            return None
        name, field = next(iter(schema.model_fields.items()))
        item = get_args(field.annotation)[0] if get_origin(field.annotation) is list else None
        if not (isinstance(item, type) and issubclass(item, BaseModel)):
            return None
        main = next((known for known in ("question", "answer") if known in item.model_fields), "")
        return cls(schema, name, item, main)


@dataclass(frozen=True)
class Fitted:
    """The items that one document, or several together, gave."""

    items: list[BaseModel]
    is_named: bool
    """Whether the list had the name that was asked for."""
    end: int
    """Where the document ends in the text."""
    problem: str = ""
    """What is wrong with the first item that does not fit."""


def best(documents: Sequence[Document], wanted: ListSchema, expected: int | None) -> Fitted | None:
    """Return the items of the document that fits best; None when none fits.

    That is the one with most items, up to the *expected* number, and the last of equals: a draft comes first. Documents
    of a single item each are one list.
    """
    fitted: list[Fitted] = []
    single: list[Any] = []
    end = 0
    for document in documents:
        raw, is_named = _raw_items(document.value, wanted)
        if raw is None:
            continue
        if len(raw) == 1 and len(single) < MAX_ITEMS:
            single += raw
            end = document.end
        fitted.append(_fit(raw, wanted, is_named, document.end))
    if len(single) > 1:
        fitted.append(_fit(single, wanted, False, end))
    most = expected or MAX_ITEMS
    return max(fitted, key=lambda one: (min(len(one.items), most), one.is_named, one.end), default=None)


def _raw_items(value: Any, wanted: ListSchema, depth: int = 0) -> tuple[list[Any] | None, bool]:
    """Return the items in *value* as they came and whether their list is named as asked; None when it holds none."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict | list) and depth < _MAX_WRAPPERS:
            inner, is_named = _raw_items(value[0], wanted, depth + 1)
            if is_named:
                return inner, True
        return (value if _is_list_of_items(value, wanted) else None), False
    if not isinstance(value, dict):
        return None, False
    if _is_json_schema(value):
        # Small models fill in the schema that they were sent.
        filled = value.get("properties")
        listed = filled.get(wanted.name) if isinstance(filled, dict) else None
        return (listed, True) if isinstance(listed, list) else (None, False)
    value = _lowered(value)
    if wanted.name in value:
        return _of_container(value[wanted.name], wanted), True
    if wanted.main in value:
        several = wanted.main == "question" and isinstance(value["question"], list)
        return (value["question"] if several else [value]), False
    listed = _by_number(value, wanted) or _paired(value, wanted)
    if listed is not None:
        return listed, False
    if depth == _MAX_WRAPPERS:
        return None, False
    lists = [part for part in value.values() if isinstance(part, list) and _is_list_of_objects(part, wanted)]
    if len(lists) == 1:
        return lists[0], False
    wrapped = [_raw_items(part, wanted, depth + 1) for part in value.values() if isinstance(part, dict)]
    named = [found for found in wrapped if found[1]]
    return named[0] if len(named) == 1 else (None, False)


def _of_container(value: Any, wanted: ListSchema) -> list[Any]:
    if isinstance(value, str):
        return _encoded_list(value) or from_lines(value, wanted) or [value]
    if isinstance(value, dict):
        value = _lowered(value)
        numbered = None if wanted.main in value else _by_number(value, wanted)
        return [value] if numbered is None else numbered
    return value if isinstance(value, list) else []


def _encoded_list(text: str) -> list[Any] | None:
    """Return the list that *text* is as JSON, None when it is another text."""
    try:
        value = json.loads(text, strict=False) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _paired(value: dict[str, Any], wanted: ListSchema) -> list[Any] | None:
    """Return the pairs of a list of questions and a list of answers of the same length."""
    questions, answers = value.get("questions"), value.get("answers")
    if "answer" not in wanted.item.model_fields or not isinstance(questions, list) or not isinstance(answers, list):
        return None
    if wanted.main != "question" or len(questions) != len(answers):
        return None
    pairs = zip(questions, answers, strict=True)
    return [_as_item(question, wanted) | {"answer": _bare(answer, "answer")} for question, answer in pairs]


def _bare(value: Any, name: str) -> Any:
    return _lowered(value).get(name) if isinstance(value, dict) else value


def _by_number(value: dict[str, Any], wanted: ListSchema) -> list[Any] | None:
    """Return the items of an object whose names are numbers ("1", "question 2"); None when they are not."""
    numbers = [_NUMBERED_KEY.fullmatch(str(key)) for key in value]
    if not value or not all(numbers):
        return None
    items = []
    for match, part in zip(numbers, value.values(), strict=True):
        item = _lowered(part) if isinstance(part, dict) else {wanted.main: part}
        items.append({"number": match[1] if match else 0, **item})
    return items


def from_lines(text: str, wanted: ListSchema) -> list[Any] | None:
    """Return the items of a text that has one on each line, numbered or with bullets, or questions; None otherwise."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if lines and all(numbered):
        return [{"number": match["number"], wanted.main: match["text"]} for match in numbered if match]
    if len(lines) < 2:
        return None
    bullets = [_BULLET.fullmatch(line) for line in lines]
    if all(bullets):
        return [match["text"] for match in bullets if match]
    is_questions = wanted.main == "question" and all(_QUESTION_MARK.search(line[-3:]) for line in lines)
    return list(lines) if is_questions else None


def of_plain_text(text: str, wanted: ListSchema) -> Fitted | None:
    """Return the items of a reply without JSON: its lines numbered from 1, between at most an opening and a closing.

    Only questions and answers are written that way; of questions at least one has a question mark.
    """
    if wanted.schema not in (QuestionList, AnswerList):
        return None
    numbers, lines = list[str](), list[list[str]]()
    for line in text.splitlines():
        match = _NUMBERED.fullmatch(line)
        if match and int(match["number"]) == len(lines) + 1:
            numbers.append(match["number"])
            lines.append([_without_emphasis(match["text"])])
        elif lines and line[:1].isspace() and line.strip():
            lines[-1].append(line.strip())
    items = [{"number": number, wanted.main: " ".join(parts)} for number, parts in zip(numbers, lines, strict=True)]
    if not items or (wanted.main == "question" and not any(_QUESTION_MARK.search(i[wanted.main]) for i in items)):
        return None
    return _fit(items, wanted, False, len(text))


def _fit(raw: list[Any], wanted: ListSchema, is_named: bool, end: int) -> Fitted:
    items, positions, problem = list[BaseModel](), list[int](), ""
    candidates = _without_numbering([_as_item(part, wanted) for part in raw[:MAX_ITEMS]], wanted)
    for position, part in enumerate(candidates, start=1):
        try:
            if is_too_deep(part):
                raise ValueError("is nested too deep")
            items.append(wanted.item.model_validate(part))
            positions.append(position)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(name) for name in (wanted.name, position - 1, *first["loc"]))
            problem = problem or f"{where}: {first['msg']}"
        except ValueError as error:
            problem = problem or f"{wanted.name}.{position - 1}: {error}"
    if problem:
        items = _numbered_by_position(items, positions)
    return Fitted(items, is_named, end, problem)


def _numbered_by_position(items: list[BaseModel], positions: list[int]) -> list[BaseModel]:
    """Give answers without numbers those of their places, because an item between them was left out."""
    if any(getattr(item, "number", 1) for item in items):
        return items
    return [item.model_copy(update={"number": position}) for item, position in zip(items, positions, strict=True)]


def _without_emphasis(text: str) -> str:
    text = text.strip()
    return text[2:-2] if len(text) > 4 and text.startswith("**") and text.endswith("**") else text


def _as_item(part: Any, wanted: ListSchema) -> dict[str, Any]:
    item = _lowered(part) if isinstance(part, dict) else {wanted.main: part}
    return {name: _NOT_STORABLE.sub("", value) if isinstance(value, str) else value for name, value in item.items()}


def _without_numbering(items: list[dict[str, Any]], wanted: ListSchema) -> list[dict[str, Any]]:
    """Remove numbers before the texts when they count all items from 1; a single answer may begin with "1."."""
    matches = [_NUMBERED.fullmatch(text) if isinstance(text := item.get(wanted.main), str) else None for item in items]
    if not items or (len(items) == 1 and wanted.main == "answer"):
        return items
    if not all(match and int(match["number"]) == number for number, match in enumerate(matches, start=1)):
        return items
    return [{**item, wanted.main: match["text"]} for item, match in zip(items, matches, strict=True) if match]


def _is_list_of_items(value: list[Any], wanted: ListSchema) -> bool:
    """Return whether a list without a name may hold items: objects, or texts; empty slots do not count."""
    texts = [part for part in value if part is not None]
    if not all(isinstance(part, str) for part in texts):
        return _is_list_of_objects(value, wanted)
    return bool(texts) and (wanted.main != "question" or any(_QUESTION_MARK.search(text) for text in texts))


def _is_list_of_objects(value: list[Any], wanted: ListSchema) -> bool:
    return any(isinstance(part, dict) and wanted.main in _lowered(part) for part in value)


def _is_json_schema(value: dict[str, Any]) -> bool:
    return any(words <= value.keys() for words in _SCHEMA_WORDS)


def _lowered(value: dict[str, Any]) -> dict[str, Any]:
    return {str(name).strip().lower(): part for name, part in value.items()}
