"""Checks and parses replies of models: is the reply usable, and which JSON does it contain.

Models wrap JSON in thinking blocks, code fences and prose, return one object instead of a list or strings instead of
objects, and write damaged JSON. All of that is accepted; a reply that remains unreadable raises.
"""

import json
import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from core.errors import BadReplyError, CutReplyError, EmptyReplyError, FilteredReplyError, RefusedReplyError

HEAD_CHARS = 2048
"""How much of an unusable reply is stored and shown."""

_THINKING = re.compile(r"<(think|thinking|thought|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_BOX = re.compile(r"<\|(?:begin|end)_of_box\|>|<\|[a-z_]+\|>")
_FENCE = re.compile(r"```[a-zA-Z0-9]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
# json-repair takes quadratic time on broken nesting, and replies are parsed on the event loop.
_MAX_REPAIR_CHARS, _MAX_REPAIR_BRACKETS = 50_000, 100

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
    """Raise when a reply is not usable.

    Args:
        text: the reply as it came.
        finish_reason: why the model stopped, in litellm's words.
        refusal: the reason of a refusal, when the provider states it apart from the text.
        has_images: whether the reply contains images; then it may be without text.

    Raises:
        RefusedReplyError: the model refused and stated why.
        FilteredReplyError: the provider's filter withheld the reply.
        CutReplyError: the reply reached the token limit.
        EmptyReplyError: the reply has neither text nor images.
    """
    head = text[:HEAD_CHARS]
    if refusal:
        raise RefusedReplyError(
            f"The model refused: {refusal[:300]} Change the prompt, or use another model.",
            reply_head=refusal[:HEAD_CHARS],
        )
    if finish_reason == "content_filter":
        message = f": {' '.join(text.split())[:300]}" if text else ""
        raise FilteredReplyError(
            f"The provider's filter withheld the reply{message}. Change the prompt, or use another model.",
            reply_head=head,
        )
    if finish_reason == "length":
        raise CutReplyError("The reply was cut at the token limit. Raise max_tokens, or ask for less.", reply_head=head)
    if not text.strip() and not has_images:
        raise EmptyReplyError("The model gave an empty reply. Try again, or use another model.")


def clean(text: str) -> str:
    """Return *text* without thinking blocks, box tokens and control characters, which no file format can store."""
    return _CONTROL.sub("", _BOX.sub("", _THINKING.sub("", text))).strip()


def parse(text: str, schema: type[BaseModel]) -> BaseModel:
    """Parse *text* as *schema*.

    Raises:
        RefusedReplyError: the text is an apology without JSON.
        BadReplyError: the text has no readable JSON, or the JSON does not fit *schema*.
    """
    cleaned = clean(text)
    found = _first_json(cleaned)
    if found is None and not _REFUSAL.match(cleaned):
        found = _repaired_json(cleaned)
    if found is None:
        if _REFUSAL.match(cleaned):
            raise RefusedReplyError(
                f"The model refused: {cleaned[:300]} Change the prompt, or use another model.",
                reply_head=cleaned[:HEAD_CHARS],
            )
        raise BadReplyError(
            "The reply contains no readable JSON. Try again, or use another model.",
            reply_head=cleaned[:HEAD_CHARS],
        )
    try:
        return schema.model_validate(_fitted(found, schema))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the reply"
    raise BadReplyError(
        f"The reply does not have the requested form ({where}: {first['msg']}). Try again, or use another model.",
        reply_head=cleaned[:HEAD_CHARS],
    )


def _first_json(text: str) -> Any:
    """Return the first object or list in *text*, the largest when there are several."""
    candidates = [text, *(match[1] for match in _FENCE.finditer(text))]
    for candidate in candidates:
        for attempt in (candidate, _with_plain_syntax(candidate)):
            found = _loads(attempt)
            if found is not None:
                return found
    return _embedded(text) or _embedded(_with_plain_syntax(text))


def _loads(text: str) -> Any:
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    # JSON inside a JSON string: some gateways encode twice.
    if isinstance(found, str) and found.lstrip()[:1] in ("{", "["):
        return _loads(found)
    return found if isinstance(found, dict | list) else None


def _with_plain_syntax(text: str) -> str:
    """Return *text* with straight quotes and without trailing commas."""
    return _TRAILING_COMMA.sub(r"\1", text.translate(_SMART_QUOTES))


def _repaired_json(text: str) -> Any:
    """Return the object, or list of objects, that json-repair reads between the first and the last bracket.

    The closing bracket has to be there: json-repair would complete a reply that was cut in the middle of a sentence.
    """
    start, end = _next_bracket(text, 0), max(text.rfind("}"), text.rfind("]"))
    fragment = "" if start is None else text[start : end + 1]
    brackets = fragment.count("{") + fragment.count("[")
    if not fragment or len(fragment) > _MAX_REPAIR_CHARS or brackets > _MAX_REPAIR_BRACKETS:
        return None
    import json_repair

    if '"' not in fragment:  # curly quotes belong to the text unless they delimit it
        fragment = fragment.translate(_SMART_QUOTES)
    try:
        found = json_repair.repair_json(fragment, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    parts = found if isinstance(found, list) else [found]
    return found if parts and all(isinstance(part, dict) and part for part in parts) else None


def _embedded(text: str) -> Any:
    """Return the largest object or list within *text*; None when there is none."""
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
    positions = [found for found in (text.find("{", position), text.find("[", position)) if found >= 0]
    return min(positions) if positions else None


def _fitted(found: Any, schema: type[BaseModel]) -> Any:
    """Convert common variations of a schema that is a single list into its form."""
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
    """Return name and item model of the schema's only field when it is a list of models."""
    if len(schema.model_fields) != 1:
        return None, None
    name, field = next(iter(schema.model_fields.items()))
    item = get_args(field.annotation)[0] if get_origin(field.annotation) is list else None
    return (name, item) if isinstance(item, type) and issubclass(item, BaseModel) else (None, None)
