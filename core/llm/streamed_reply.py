"""Puts a reply together that came as a stream of events although none was asked for."""

import json
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
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    reply: dict[str, Any] = {}
    finish = "stop"
    for event in events:
        reply |= {name: value for name, value in event.items() if name != "choices" and value is not None}
        choice: dict[str, Any] = next(iter(event.get("choices") or []), {})
        part = choice.get("delta") or choice.get("message") or {}
        finish = choice.get("finish_reason") or finish
        if isinstance(content := part.get("content", choice.get("text")), str):
            message["content"] += content
        elif isinstance(content, list):
            message["content"] += "".join(inner.get("text") or "" for inner in content if isinstance(inner, dict))
        for name in ("images", "tool_calls", "refusal"):
            if part.get(name):
                message[name] = message[name] + part[name] if name in message else part[name]
    if "tool_calls" in message:
        message["tool_calls"] = _joined_calls(message["tool_calls"])
    return reply | {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}


def _joined_calls(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join the parts of each tool call, whose arguments come in pieces."""
    calls: dict[int, dict[str, Any]] = {}
    for part in parts:
        function = part.get("function") or {}
        call = calls.setdefault(
            part.get("index", 0), {"id": "call", "type": "function", "function": {"name": "", "arguments": ""}}
        )
        call["id"] = part.get("id") or call["id"]
        call["function"]["name"] += function.get("name") or ""
        call["function"]["arguments"] += function.get("arguments") or ""
    return list(calls.values())


def _gemini(events: list[dict[str, Any]]) -> dict[str, Any]:
    reply, parts, finish = dict[str, Any](), list[Any](), "STOP"
    for event in events:
        reply |= event
        candidate: dict[str, Any] = next(iter(event.get("candidates") or []), {})
        parts += (candidate.get("content") or {}).get("parts") or []
        finish = candidate.get("finishReason") or finish
    content = {"role": "model", "parts": parts}
    return reply | {"candidates": [{"content": content, "finishReason": finish, "index": 0}]}


def _anthropic(started: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    text, ending, usage = "", dict[str, Any](), dict(started.get("usage") or {})
    for event in events:
        delta = event.get("delta") or {}
        text += delta.get("text") or ""
        ending |= {name: delta[name] for name in ("stop_reason", "stop_sequence") if name in delta}
        usage |= event.get("usage") or {}
    return started | ending | {"content": [{"type": "text", "text": text}], "usage": usage}
