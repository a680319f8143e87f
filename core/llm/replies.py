"""Reading what a model answered: is it usable at all, and which JSON does it hold.

Models wrap JSON in thinking blocks, fences and prose, give one object where a list was asked for, strings
instead of objects, and trailing commas. All of that is read; what remains unreadable raises.
"""

import json
import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from core.errors import BadReplyError, CutReplyError, EmptyReplyError, FilteredReplyError, RefusedReplyError

HEAD_CHARS = 2048

_THINKING = re.compile(r"<(think|thinking|thought|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_BOX = re.compile(r"<\|(?:begin|end)_of_box\|>|<\|[a-z_]+\|>")
_FENCE = re.compile(r"```[a-zA-Z0-9]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_SMART_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_REFUSAL = re.compile(
    r"^\W*(I['\u2019]?m sorry|I am sorry|sorry\b|I can(no|['\u2019])t (help|assist|comply|provide|identify)"
    r"|I['\u2019]?m (not able|unable) to|I am (not able|unable) to|as an AI"
    r"|\u62b1\u6b49|\u5bf9\u4e0d\u8d77|\u6211\u65e0\u6cd5|\u6211\u4e0d\u80fd"
    r"|[\u00dcu\u00fc]zg\u00fcn\u00fcm|Maalesef|Es tut mir leid|D\u00e9sol\u00e9|Je suis d\u00e9sol\u00e9|Lo siento)",
    re.IGNORECASE,
)


def check(text: str, *, finish_reason: str, refusal: str = "", has_images: bool = False) -> None:
    """Raise when a reply is refused, filtered, cut or empty; a usable one passes.

    Raises:
        RefusedReplyError: the model said no, in words.
        FilteredReplyError: the provider's filter withheld the reply.
        CutReplyError: the reply ran into the token limit.
        EmptyReplyError: there is nothing in it.
    """
    head = text[:HEAD_CHARS]
    if refusal:
        raise RefusedReplyError(
            f"The model refused: {refusal[:300]} Change the prompt, or use another model.",
            reply_head=refusal[:HEAD_CHARS],
        )
    if finish_reason == "content_filter":
        words = f": {' '.join(text.split())[:300]}" if text else ""
        raise FilteredReplyError(
            f"The provider's filter withheld the reply{words}. Change the prompt, or use another model.",
            reply_head=head,
        )
    if finish_reason == "length":
        raise CutReplyError("The reply was cut at the token limit. Raise max_tokens, or ask for less.", reply_head=head)
    if not text.strip() and not has_images:
        raise EmptyReplyError("The model gave an empty reply. Try again, or use another model.")


def clean(text: str) -> str:
    """Return *text* without thinking, box tokens and characters that no file format carries."""
    return _CONTROL.sub("", _BOX.sub("", _THINKING.sub("", text))).strip()


def parse(text: str, schema: type[BaseModel]) -> BaseModel:
    """Read *text* as *schema*.

    Raises:
        RefusedReplyError: instead of JSON there is an apology.
        BadReplyError: there is no JSON in it, or it does not fit.
    """
    cleaned = clean(text)
    found = _first_json(cleaned)
    if found is None:
        if _REFUSAL.match(cleaned):
            raise RefusedReplyError(
                f"The model refused: {cleaned[:300]} Change the prompt, or use another model.",
                reply_head=cleaned[:HEAD_CHARS],
            )
        raise BadReplyError(
            "The reply holds no JSON that can be read. Try again, or use another model.",
            reply_head=cleaned[:HEAD_CHARS],
        )
    try:
        return schema.model_validate(_shaped(found, schema))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the reply"
    raise BadReplyError(
        f"The reply does not have the form that was asked for ({where}: {first['msg']}). "
        "Try again, or use another model.",
        reply_head=cleaned[:HEAD_CHARS],
    )


def _first_json(text: str) -> Any:
    """Return the first object or list in *text*, the largest when several stand beside each other."""
    candidates = [text, *(match[1] for match in _FENCE.finditer(text))]
    for candidate in candidates:
        for attempt in (candidate, _repaired(candidate)):
            found = _loads(attempt)
            if found is not None:
                return found
    return _embedded(text) or _embedded(_repaired(text))


def _loads(text: str) -> Any:
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    # A JSON text inside a JSON string: some gateways quote twice.
    if isinstance(found, str) and found.lstrip()[:1] in ("{", "["):
        return _loads(found)
    return found if isinstance(found, dict | list) else None


def _repaired(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", text.translate(_SMART_QUOTES))


def _embedded(text: str) -> Any:
    decoder = json.JSONDecoder(strict=False)
    best: tuple[int, Any] = (0, None)
    position, tries = 0, 0
    while (start := _next_bracket(text, position)) is not None and tries < 200:
        tries += 1
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = start + 1
            continue
        if found and end - start > best[0]:
            best = (end - start, found)
        position = end
    return best[1]


def _next_bracket(text: str, position: int) -> int | None:
    places = [place for place in (text.find("{", position), text.find("[", position)) if place >= 0]
    return min(places) if places else None


def _shaped(found: Any, schema: type[BaseModel]) -> Any:
    """Bring common variations of a one-list schema into its form."""
    name, item = _only_list(schema)
    if name is None or item is None:
        return found[0] if isinstance(found, list) and len(found) == 1 else found
    if isinstance(found, dict) and name not in found:
        lists = [value for value in found.values() if isinstance(value, list)]
        found = {name: lists[0] if len(lists) == 1 else [found]}
    elif isinstance(found, list):
        found = {name: found}
    entries = found.get(name)
    if isinstance(entries, str | dict):
        entries = [entries]
    if isinstance(entries, list):
        main = next((field for field in ("question", "answer") if field in item.model_fields), None)
        found = {name: [{main: entry} if main and not isinstance(entry, dict) else entry for entry in entries]}
    return found


def _only_list(schema: type[BaseModel]) -> tuple[str | None, type[BaseModel] | None]:
    """Return name and item model of the schema's single field when that is a list of models."""
    if len(schema.model_fields) != 1:
        return None, None
    name, field = next(iter(schema.model_fields.items()))
    item = get_args(field.annotation)[0] if get_origin(field.annotation) is list else None
    return (name, item) if isinstance(item, type) and issubclass(item, BaseModel) else (None, None)
