"""Puts a reply together that came as a stream of events although none was asked for."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any


def is_stream(content: bytes, content_type: str) -> bool:
    """Return whether a body is a stream of events or of JSON lines, by its type or its beginning."""
    head = content[:64].lstrip()
    return "event-stream" in content_type or "ndjson" in content_type or head.startswith((b"data:", b"event:"))


def merged(content: bytes) -> dict[str, Any] | None:
    """Return the reply whose parts the stream has, in the form of OpenAI, Gemini or Anthropic; None if unknown."""
    events = list(_events(content))
    failed = next((event for event in events if event.get("error")), None)
    if failed is not None:
        return failed
    if any("choices" in event for event in events):
        return _openai(events)
    if any("candidates" in event for event in events):
        return _gemini(events)
    started = next((event["message"] for event in events if isinstance(event.get("message"), dict)), None)
    return _anthropic(started, events) if started is not None else None


def _events(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.decode("utf-8", "replace").splitlines():
        data = line.removeprefix("data:").strip()
        try:
            event = json.loads(data) if data.startswith("{") else None
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _openai(events: list[dict[str, Any]]) -> dict[str, Any]:
    texts, refusals = list[str](), list[str]()
    lists: dict[str, list[Any]] = {}
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    reply: dict[str, Any] = {}
    finish = "stop"
    for event in events:
        reply |= {name: value for name, value in event.items() if name != "choices" and value is not None}
        choice = _first(event.get("choices"))
        part = _object(choice.get("delta")) or _object(choice.get("message"))
        finish = choice.get("finish_reason") or finish
        content = part.get("content", choice.get("text"))
        texts += map(_text, map(_object, content)) if isinstance(content, list) else [_text(content)]
        refusals.append(_text(part.get("refusal")))
        for name in ("images", "tool_calls"):
            if value := part.get(name):
                lists.setdefault(name, []).extend(value if isinstance(value, list) else [value])
    message |= {"content": "".join(texts), **lists}
    if refusal := "".join(refusals):
        message["refusal"] = refusal
    if "tool_calls" in message:
        message["tool_calls"] = _joined_calls(message["tool_calls"])
    return reply | {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}


def _joined_calls(parts: list[Any]) -> list[dict[str, Any]]:
    """Join the parts of each tool call, whose arguments come in pieces."""
    ids, names, arguments = dict[str, str](), defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for part in map(_object, parts):
        function, index = _object(part.get("function")), str(part.get("index", 0))
        ids[index] = str(part.get("id") or ids.get(index, "call"))
        names[index].append(_text(function.get("name")))
        arguments[index].append(_text(function.get("arguments")))
    return [
        {
            "id": id_, "type": "function",
            "function": {"name": "".join(names[index]), "arguments": "".join(arguments[index])},
        }
        for index, id_ in ids.items()
    ]  # fmt: skip


def _gemini(events: list[dict[str, Any]]) -> dict[str, Any]:
    reply, parts, finish = dict[str, Any](), list[Any](), "STOP"
    for event in events:
        reply |= event
        candidate = _first(event.get("candidates"))
        parts += _list(_object(candidate.get("content")).get("parts"))
        finish = candidate.get("finishReason") or finish
    content = {"role": "model", "parts": parts}
    return reply | {"candidates": [{"content": content, "finishReason": finish, "index": 0}]}


def _anthropic(started: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    texts, ending, usage = list[str](), dict[str, Any](), dict(_object(started.get("usage")))
    for event in events:
        delta = _object(event.get("delta"))
        texts.append(_text(delta.get("text")))
        ending |= {name: delta[name] for name in ("stop_reason", "stop_sequence") if name in delta}
        usage |= _object(event.get("usage"))
    return started | ending | {"content": [{"type": "text", "text": "".join(texts)}], "usage": usage}


# A server may send anything in any place.


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(value: Any) -> dict[str, Any]:
    return _object(next(iter(_list(value)), None))


def _text(value: Any) -> str:
    """Return a text, or the text of a content part."""
    if isinstance(value, dict):
        value = value.get("text")
    return value if isinstance(value, str) else ""
