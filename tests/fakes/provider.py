"""A fake provider on a real socket with the interfaces of OpenAI, Gemini and Anthropic: replies from a queue."""

import base64
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from core.llm import ModelConfig
from tests.fakes.http_server import Answer, HttpServer, Received

WireFormat = Literal["openai", "gemini", "anthropic"]
WIRE_FORMATS: tuple[WireFormat, ...] = ("openai", "gemini", "anthropic")
MODELS: dict[WireFormat, str] = {
    "openai": "openai/gpt-4o",
    "gemini": "gemini/gemini-2.5-flash",
    "anthropic": "anthropic/claude-haiku-4-5",
}

Finish = Literal["stop", "length", "content_filter", "refusal"]


@dataclass(frozen=True)
class Reply:
    """A reply of the fake model; sent in the wire format of the request."""

    text: str | None = "ok"
    finish: Finish = "stop"
    images: tuple[bytes, ...] = ()
    usage: tuple[int, int] | None = (1000, 20)
    refusal: str | None = None
    no_choices: bool = False
    delay_s: float = 0.0


Scripted = Reply | Answer
Script = Callable[["Call"], Scripted]


@dataclass(frozen=True)
class Call:
    """A received request, parsed."""

    received: Received
    wire: WireFormat
    body: dict[str, Any] = field(repr=False)

    @property
    def images(self) -> list[bytes]:
        """The images, in order."""
        return [base64.b64decode(data) for data in _image_data(self.wire, self.body)]

    @property
    def texts(self) -> list[str]:
        """The texts of the last user message, in order."""
        return _texts(self.wire, self.body)


class FakeProvider(HttpServer):
    """Sends the enqueued replies in order, then always *default*; records all calls."""

    def __init__(self, default: Scripted | Script | None = None) -> None:
        super().__init__(self._respond)
        self.default: Scripted | Script = default or Reply()
        self.queue: deque[Scripted] = deque()
        self.calls: list[Call] = []

    def enqueue(self, *scripted: Scripted) -> None:
        self.queue.extend(scripted)

    def config(self, wire: WireFormat = "openai", **more: Any) -> ModelConfig:
        """Return a configuration that calls this server in *wire* format."""
        bases = {"openai": f"{self.url}/v1", "gemini": f"{self.url}/v1beta", "anthropic": self.url}
        given: dict[str, Any] = {"model": MODELS[wire], "api_base": bases[wire], "api_key": "key-of-the-tests"}
        return ModelConfig(**{**given, **more})

    def _respond(self, received: Received) -> Answer:
        call = Call(received, wire_of(received.path), _json(received))
        self.calls.append(call)
        scripted = self.queue.popleft() if self.queue else self.default
        if callable(scripted):
            scripted = scripted(call)
        return scripted if isinstance(scripted, Answer) else answer(call.wire, scripted)


def wire_of(path: str) -> WireFormat:
    if "generateContent" in path:
        return "gemini"
    return "anthropic" if path.endswith("/messages") else "openai"


def answer(wire: WireFormat, reply: Reply) -> Answer:
    """Return *reply* in the format of *wire*."""
    body = {"openai": _openai, "gemini": _gemini, "anthropic": _anthropic}[wire](reply)
    return Answer(body=json.dumps(body).encode(), delay_s=reply.delay_s)


def error_body(wire: WireFormat, status: int, message: str, code: str = "") -> bytes:
    """Return an error in the format of *wire*."""
    if wire == "gemini":
        return json.dumps({"error": {"code": status, "message": message, "status": code or "INTERNAL"}}).encode()
    if wire == "anthropic":
        return json.dumps({"type": "error", "error": {"type": code or "api_error", "message": message}}).encode()
    return json.dumps({"error": {"message": message, "type": code or "server_error", "code": code or None}}).encode()


def _openai(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.finish == "refusal" or reply.refusal:
        message |= {"content": None, "refusal": reply.refusal or reply.text}
    if reply.images:
        message["images"] = [{"type": "image_url", "image_url": {"url": _data_url(image)}} for image in reply.images]
    finish = "stop" if reply.finish == "refusal" else reply.finish
    body: dict[str, Any] = {
        "id": "x", "object": "chat.completion", "created": 1, "model": "served-model",
        "choices": [] if reply.no_choices else [{"index": 0, "message": message, "finish_reason": finish}],
    }  # fmt: skip
    if reply.usage:
        body["usage"] = {
            "prompt_tokens": reply.usage[0], "completion_tokens": reply.usage[1], "total_tokens": sum(reply.usage),
        }  # fmt: skip
    return body


def _gemini(reply: Reply) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": reply.text}] if reply.text is not None else []
    parts += [
        {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(image).decode()}} for image in reply.images
    ]
    names = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY", "refusal": "STOP"}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": names[reply.finish], "index": 0}
    body: dict[str, Any] = {"candidates": [] if reply.no_choices else [candidate], "modelVersion": "served-model"}
    if reply.usage:
        body["usageMetadata"] = {
            "promptTokenCount": reply.usage[0], "candidatesTokenCount": reply.usage[1],
            "totalTokenCount": sum(reply.usage),
        }  # fmt: skip
    return body


def _anthropic(reply: Reply) -> dict[str, Any]:
    names = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "refusal": "end_turn"}
    content = [] if reply.no_choices or reply.text is None else [{"type": "text", "text": reply.text}]
    body: dict[str, Any] = {
        "id": "x", "type": "message", "role": "assistant", "model": "served-model", "content": content,
        "stop_reason": names[reply.finish], "stop_sequence": None,
    }  # fmt: skip
    if reply.usage:
        body["usage"] = {"input_tokens": reply.usage[0], "output_tokens": reply.usage[1]}
    return body


def _json(received: Received) -> dict[str, Any]:
    try:
        found = json.loads(received.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _image_data(wire: WireFormat, body: dict[str, Any]) -> list[str]:
    if wire == "gemini":
        parts = [part for content in body.get("contents", []) for part in content["parts"]]
        inline = [part.get("inline_data") or part.get("inlineData") for part in parts]
        return [data["data"] for data in inline if data]
    parts = [part for message in body.get("messages", []) for part in _parts(message["content"])]
    if wire == "anthropic":
        return [part["source"]["data"] for part in parts if part["type"] == "image"]
    return [part["image_url"]["url"].split(",", 1)[1] for part in parts if part["type"] == "image_url"]


def _texts(wire: WireFormat, body: dict[str, Any]) -> list[str]:
    if wire == "gemini":
        return [part["text"] for part in body["contents"][-1]["parts"] if "text" in part]
    return [part["text"] for part in _parts(body["messages"][-1]["content"]) if part["type"] == "text"]


def _parts(content: Any) -> list[dict[str, Any]]:
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _data_url(image: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(image).decode()
