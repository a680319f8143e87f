"""Checks and parses replies of models: is the reply usable, and which JSON does it contain.

The grammar of a structured reply, in EBNF, with prose wherever "prose" stands::

    reply     = [ draft closing-tag ] { block } body ;
    block     = opening-tag draft closing-tag ;        (* <think>, [THINK], ..., outside of documents and sentences *)
    body      = document                               (* also within a JSON text: encoded twice *)
              | prose { document prose }               (* code fences are prose *)
              | prose lines prose ;
    document  = named | list | item | by-number ;
    named     = "{" name ":" ( list | item | by-number | text-of-lines ) "}" ;
    list      = "[" { item | text } "]" ;              (* also under another name *)
    by-number = "{" { number ":" ( item | text ) } "}" ;
    lines     = { number text } ;                      (* "1. What color is it?" *)

Documents are JSON, JSON with usual mistakes (:mod:`core.llm.relaxed_json`) or, last, what json-repair makes of them.
LaTeX in them stays as it was written, also with one backslash (:mod:`core.llm.latex`).
Of several documents the one that fits the schema best is taken (:func:`core.llm.reply_items.best`); single items are
one list. An item that does not fit is left out and costs only itself. Size, count, depth and work have limits.
"""

import asyncio
import json
import re
from typing import Any

from pydantic import BaseModel, ValidationError

from core.errors import BadReplyError, CutReplyError, EmptyReplyError, FilteredReplyError, RefusedReplyError
from core.llm import json_documents, latex, thinking
from core.llm.reply_items import MAX_ITEMS, ListSchema, best, of_plain_text

HEAD_CHARS = 2048
"""How much of an unusable reply is stored and shown."""

_MAX_WRAPPERS = 3
# Reading them takes less than a millisecond, unless they are broken in an unusual way.
_MAX_CHARS_ON_LOOP = 4_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TAG_OR_TOKEN = re.compile(r"<|\[/?THINK|\u25c1|assistantfinal", re.IGNORECASE)
_REFUSAL = re.compile(
    r"^\W*(I['\u2019]?m sorry|I am sorry|sorry\b|I can(no|['\u2019])t (help|assist|comply|provide|identify)"
    r"|I['\u2019]?m (not able|unable) to|I am (not able|unable) to|as an AI"
    r"|\u62b1\u6b49|\u5bf9\u4e0d\u8d77|\u6211\u65e0\u6cd5|\u6211\u4e0d\u80fd"
    r"|[\u00dcu\u00fc]zg\u00fcn\u00fcm|Maalesef|Es tut mir leid|D\u00e9sol\u00e9|Je suis d\u00e9sol\u00e9|Lo siento)",
    re.IGNORECASE,
)


def check(
    text: str, *, finish_reason: str, refusal: str = "", has_images: bool = False, has_thinking: bool = False
) -> None:
    """Raise when a reply is not usable.

    Args:
        text: the reply as it came.
        finish_reason: why the model stopped, in litellm's words.
        refusal: the reason of a refusal, when the provider states it apart from the text.
        has_images: whether the reply contains images; then it may be without text.
        has_thinking: whether the reply contains thinking apart from *text*.

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
    if not text.strip() and not has_images and has_thinking:
        raise EmptyReplyError("The model only thought and gave no answer. Raise max_tokens, or use another model.")
    if not text.strip() and not has_images:
        raise EmptyReplyError("The model gave an empty reply. Try again, or use another model.")


def clean(text: str) -> str:
    """Return *text* without thinking, control tokens and control characters, which no file format can store."""
    text = _CONTROL.sub("", text)
    if not _TAG_OR_TOKEN.search(text):
        return text.strip()
    documents = json_documents.find(text).documents if thinking.has_tag(text) else []
    return thinking.remove(text, [(document.start, document.end) for document in documents])


def parse(text: str, schema: type[BaseModel], expected: int | None = None) -> BaseModel:
    """Parse *text* as *schema*.

    Args:
        expected: how many items were asked for; decides between a draft and the reply.

    Raises:
        RefusedReplyError: the text is an apology without JSON.
        BadReplyError: the text has no readable JSON, or the JSON does not fit *schema*.
    """
    cleaned = clean(_decoded(text))
    is_refusal = _REFUSAL.match(cleaned) is not None
    wanted = ListSchema.of(schema)
    if wanted:
        parsed, problem = _read_list(cleaned, wanted, expected, is_refusal)
    else:
        parsed, problem = _read_object(cleaned, schema)
    if parsed is not None:
        return parsed
    if is_refusal and not problem:
        raise RefusedReplyError(
            f"The model refused: {cleaned[:300]} Change the prompt, or use another model.",
            reply_head=cleaned[:HEAD_CHARS],
        )
    what = f"does not have the requested form ({problem})" if problem else "contains no readable JSON"
    raise BadReplyError(f"The reply {what}. Try again, or use another model.", reply_head=cleaned[:HEAD_CHARS])


def answer_within(thinking_text: str) -> str:
    """Return thinking that is nothing but a JSON document, else an empty text.

    Servers that constrain a thinking model to a schema send its answer as thinking: Ollama with Qwen3-VL, vLLM.
    """
    text = thinking_text.strip()
    return text if text.startswith(("{", "[")) and text.endswith(("}", "]")) else ""


async def parse_off_loop(text: str, schema: type[BaseModel], expected: int | None = None) -> BaseModel:
    """Do the same as :func:`parse`; a long text is read in a thread, so that other tasks go on."""
    if len(text) <= _MAX_CHARS_ON_LOOP:
        return parse(text, schema, expected)
    return await asyncio.to_thread(parse, text, schema, expected)


def _decoded(text: str) -> str:
    """Return the text within *text* when that is a JSON text: some gateways encode twice."""
    for _ in range(_MAX_WRAPPERS):
        if not text.lstrip().startswith('"'):
            break
        try:
            inner = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            break
        text = inner
    return text


def _read_list(text: str, wanted: ListSchema, expected: int | None, is_refusal: bool) -> tuple[BaseModel | None, str]:
    """Return the list in *text*, or None and what is wrong with its first item."""
    source = latex.kept(text)
    found = json_documents.find(source)
    fitted = best(found.documents, wanted, expected)
    if not is_refusal and found.broken_at is not None and len(fitted.items if fitted else ()) < (expected or MAX_ITEMS):
        repaired = json_documents.repaired(source, found.broken_at)
        again = best([repaired], wanted, expected) if repaired else None
        if again and (fitted is None or len(again.items) > len(fitted.items)):
            fitted = again
    if fitted is None and not is_refusal:
        fitted = of_plain_text(text, wanted)
    if fitted is None or (fitted.problem and not fitted.items):
        return None, fitted.problem if fitted else ""
    return wanted.schema.model_validate({wanted.name: fitted.items}), ""


def _read_object(text: str, schema: type[BaseModel]) -> tuple[BaseModel | None, str]:
    """Return the last object in *text* that fits, or None and what is wrong with the first that does not."""
    text = latex.kept(text)
    found = json_documents.find(text)
    repaired = json_documents.repaired(text, found.broken_at) if found.broken_at is not None else None
    problem = ""
    for document in reversed([*([repaired] if repaired else []), *found.documents]):
        for value in _with_inner(document.value):
            try:
                return schema.model_validate(value), ""
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                where = ".".join(str(part) for part in first["loc"]) or "the reply"
                problem = problem or f"{where}: {first['msg']}"
    return None, problem


def _with_inner(value: Any) -> list[dict[str, Any]]:
    """Return the objects that *value* is or holds directly: some models put the object into a list or another one."""
    if json_documents.is_too_deep(value):
        return []
    inner = value if isinstance(value, list) else list(value.values())
    return [part for part in (value, *inner[:MAX_ITEMS]) if isinstance(part, dict)]
