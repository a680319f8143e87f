"""Brings the body of a reply into the form that litellm reads: content parts, streams nobody asked for, image forms.

Servers that speak OpenAI's interface differ in these; without this, litellm rejects the reply that was paid for.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.llm.streamed_reply import is_stream, merged

_IMAGE_KEYS = (
    "image_url", "url", "b64_json", "data", "source", "image", "inline_data", "inlineData", "base64", "image_base64",
    "result",
)  # fmt: skip
_MAX_WRAPPERS = 4
_USAGE = ("usage", "usageMetadata")
_MAX_TOKENS = 1 << 40


@dataclass(frozen=True)
class Body:
    """A reply's body as litellm reads it, and the tokens it states."""

    content: bytes
    is_json: bool
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    is_unread_stream: bool = False
    """It is a stream in a form that is not known."""


def normalized(content: bytes, content_type: str) -> Body:
    """Return the body in the form that litellm reads; what is not JSON stays as it is."""
    if is_stream(content, content_type):
        reply = merged(content)
        if reply is None:
            return Body(content, False, is_unread_stream=True)
        canonical = _canonical(reply)
        return Body(_dumped(canonical), True, *_tokens(canonical))
    try:
        reply = json.loads(content)
    except (ValueError, RecursionError):
        return Body(content, False)
    if not isinstance(reply, dict):
        return Body(content, True)
    canonical = _canonical(reply)
    return Body(content if canonical == reply else _dumped(canonical), True, *_tokens(canonical))


def _dumped(reply: dict[str, Any]) -> bytes:
    return json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace")


def _tokens(reply: dict[str, Any]) -> tuple[int | None, int | None]:
    usage = reply.get("usage") or reply.get("usageMetadata")
    if not isinstance(usage, dict):
        return None, None
    return (
        _count(usage, "prompt_tokens", "input_tokens", "promptTokenCount"),
        _count(usage, "completion_tokens", "output_tokens", "candidatesTokenCount"),
    )


def _count(usage: dict[str, Any], *names: str) -> int | None:
    return next((usage[name] for name in names if isinstance(usage.get(name), int)), None)


def _with_usable_counts(reply: dict[str, Any]) -> dict[str, Any]:
    """Return *reply* without a usage that no call can have: it would become a negative cost, or fit no database."""
    return {
        name: value
        for name, value in reply.items()
        if name not in _USAGE or not isinstance(value, dict) or all(map(_is_usable, value.values()))
    }


def _is_usable(count: Any) -> bool:
    return not isinstance(count, int | float) or 0 <= count <= _MAX_TOKENS


def _canonical(reply: dict[str, Any]) -> dict[str, Any]:
    reply = _with_usable_counts(reply)
    choices, data = reply.get("choices"), reply.get("data")
    if isinstance(choices, list):
        return reply | {"choices": [_choice(choice) if isinstance(choice, dict) else choice for choice in choices]}
    if isinstance(data, list) and "object" not in reply:
        return reply | {"data": [_image_entry(entry) for entry in data]}
    return reply


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice.get("message", choice.get("delta"))
    if message is None and isinstance(choice.get("text"), str):
        message = choice["text"]
    if isinstance(message, str):
        message = {"role": "assistant", "content": message}
    return choice | {"message": _message(message)} if isinstance(message, dict) else choice


def _message(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    urls = [url for part in _listed(message.get("images")) if (url := image_url(part))]
    if isinstance(content, list):
        urls += [url for part in content if isinstance(part, dict) and (url := image_url(part))]
        content = "".join(_text(part) for part in content)
    elif isinstance(content, dict):
        content = _text(content) or json.dumps(content, ensure_ascii=False)
    message = message | {"content": content}
    if urls or "images" in message:
        images = [{"type": "image_url", "index": i, "image_url": {"url": url}} for i, url in enumerate(urls)]
        message["images"] = images
    if isinstance(message.get("tool_calls"), list):
        message["tool_calls"] = [_tool_call(call) for call in message["tool_calls"]]
    return message


def _text(part: Any) -> str:
    """Return the text of a content part; thinking is none."""
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, dict) and part.get("type") not in ("thinking", "reasoning") else ""
    return str(text.get("value", "")) if isinstance(text, dict) else text if isinstance(text, str) else ""


def _tool_call(call: Any) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or isinstance(function.get("arguments"), str):
        return call
    return call | {"function": function | {"arguments": json.dumps(function.get("arguments") or {})}}


def _image_entry(entry: Any) -> Any:
    url = image_url(entry)
    if url is None:
        return entry
    return {"b64_json": url.partition("base64,")[2]} if url.startswith("data:") else {"url": url}


def image_url(part: Any, depth: int = 0) -> str | None:
    """Return the address or data URL of an image in any of the forms that servers use; None when it is no image."""
    if isinstance(part, str):
        return part if part.startswith(("data:", "http://", "https://")) else f"data:image/png;base64,{part}"
    if not isinstance(part, dict) or depth == _MAX_WRAPPERS:
        return None
    inner: Iterable[Any] = (part[key] for key in _IMAGE_KEYS if part.get(key))
    return next((url for value in inner if (url := image_url(value, depth + 1))), None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []
