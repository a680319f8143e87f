"""The faults of providers, and the expected outcome of a call to each."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from core import errors
from tests.fakes.http_server import Answer
from tests.fakes.provider import WIRE_FORMATS, Call, Reply, Scripted, WireFormat, answer, error_body

CANARY = "sk-canary-0123456789abcdef0123456789"
GOOD = '{"questions": [{"question": "What is it?", "kind": "object"}]}'
_JSON = {"content-type": "application/json"}
_HTML = {"content-type": "text/html"}
_PAGE = b"<html><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """One fault; *expected_error* is None when the reply is unusual but readable."""

    name: str
    make: Callable[[Call], Scripted]
    expected_error: type[errors.LLMError] | None
    max_sends: int = 1
    """Most requests that one call sends."""
    slow: bool = False
    """Lasts until the time limit."""
    wires: tuple[WireFormat, ...] = WIRE_FORMATS

    def __str__(self) -> str:
        return self.name


def _status(status: int, message: str, code: str = "", **headers: str) -> Callable[[Call], Answer]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda call: Answer(status, {**_JSON, **named}, error_body(call.wire, status, message, code))


def _raw(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Callable[[Call], Answer]:
    return lambda call: Answer(status, headers or _JSON, body)


def _good(call: Call, **delivery: object) -> Answer:
    made = answer(call.wire, Reply(GOOD))
    return Answer(body=made.body, **delivery)  # type: ignore[arg-type]


def _replies_with(reply: Reply) -> Callable[[Call], Reply]:
    return lambda call: reply


def _redirect(call: Call) -> Answer:
    return Answer(307, {"location": "/elsewhere" + call.received.path}, b"")


def _retry_delay(call: Call) -> Answer:
    body = {
        "error": {
            "code": 429,
            "message": "Too many",
            "details": [{"@type": "RetryInfo", "retryDelay": "0.05s"}],
        }
    }
    return Answer(429, _JSON, json.dumps(body).encode())


def _gzip_bomb(call: Call) -> Answer:
    return Answer(headers={**_JSON, "content-encoding": "gzip"}, body=_compressed_spaces())


@cache
def _compressed_spaces() -> bytes:
    return gzip.compress(b" " * 20_000_000)


FAULTS: tuple[Fault, ...] = (
    Fault("429 with Retry-After", _status(429, "Slow down", retry_after="0.05"), errors.RateLimitedError, 3),
    Fault("429 without Retry-After", _status(429, "Slow down"), errors.RateLimitedError, 3),
    Fault("429 with Gemini's retryDelay", _retry_delay, errors.RateLimitedError, 3),
    Fault("429 that asks for hours", _status(429, "Slow down", retry_after="7200"), errors.QuotaExceededError),
    Fault("529 overloaded", _status(529, "Overloaded", "overloaded_error"), errors.RateLimitedError, 3),
    Fault(
        "429 quota used up",
        _status(429, "You exceeded your current quota", "insufficient_quota"),
        errors.QuotaExceededError,
    ),
    Fault("402 payment", _status(402, "Insufficient credits"), errors.QuotaExceededError),
    Fault("401 that echoes the key", _status(401, f"Incorrect key: {CANARY}."), errors.AccessDeniedError),
    Fault("403 forbidden", _status(403, "Country not supported"), errors.AccessDeniedError),
    Fault("404 no such model", _status(404, "The model does not exist"), errors.ModelUnavailableError),
    Fault("400 context too long", _status(400, "This exceeds the context window"), errors.RequestRefusedError),
    Fault("400 policy", _status(400, "Blocked", "moderation_blocked"), errors.RequestRefusedError),
    Fault("413 too large", _status(413, "Request too large"), errors.RequestRefusedError),
    Fault("500 with the key in its text", _status(500, f"Bug at Bearer {CANARY}"), errors.ProviderDownError, 3),
    Fault("503 as HTML", _raw(_PAGE, 503, _HTML), errors.ProviderDownError, 3),
    Fault("no reply", lambda call: Answer(hangs=True), errors.ProviderDownError, 2, slow=True),
    Fault("headers drip", lambda call: Answer(slow_headers_s=0.05), errors.ProviderDownError, 2, slow=True),
    Fault("body drips", lambda call: _good(call, drip=(1, 0.05)), errors.ProviderDownError, 2, slow=True),
    Fault("reset before the reply", lambda call: Answer(resets_after=0), errors.ProviderDownError, 2),
    Fault("reset within the body", lambda call: _good(call, resets_after=20), errors.ProviderDownError, 2),
    Fault("body shorter than claimed", lambda call: _good(call, claims_bytes=9999), errors.ProviderDownError, 2),
    Fault("gzip bomb", _gzip_bomb, errors.BadReplyError, 2),
    Fault("reply of 5 MB", _replies_with(Reply("x" * 5_000_000)), errors.BadReplyError, 2),
    Fault("redirect", _redirect, errors.RequestRefusedError),
    Fault("200 with HTML", _raw(_PAGE, 200, _HTML), errors.BadReplyError, 2),
    Fault("200 with nothing", _raw(b""), errors.BadReplyError, 2),
    Fault("200 with half a JSON", _raw(b'{"choices": [{"mess'), errors.BadReplyError, 2),
    Fault("200 with broken UTF-8", _raw(b'{"choices": "\xff\xfe'), errors.BadReplyError, 2),
    Fault("200 with an error in it", _status(200, "Upstream failed"), errors.ProviderDownError, 3),
    Fault("no choices", _replies_with(Reply(no_choices=True)), errors.EmptyReplyError, 2),
    Fault("content is null", _replies_with(Reply(None)), errors.EmptyReplyError, 2),
    Fault("refused in words", _replies_with(Reply("I'm sorry, I can't help with that.")), errors.RefusedReplyError),
    Fault("filtered", _replies_with(Reply("", finish="content_filter")), errors.FilteredReplyError),
    Fault("cut", _replies_with(Reply('{"questions": [{"quest', finish="length")), errors.CutReplyError, 2),
    Fault("prose instead of JSON", _replies_with(Reply("It is a nice cat on a mat.")), errors.BadReplyError, 2),
    Fault("JSON of another shape", _replies_with(Reply('{"questions": [{"answer": 3}]}')), errors.BadReplyError, 2),
    Fault("JSON in a fence with prose", _replies_with(Reply(f"Sure:\n```json\n{GOOD}\n```\nEnjoy")), None),
    Fault("thinking before the JSON", _replies_with(Reply(f"<think>Is it {{a}}?</think>{GOOD}")), None),
    Fault("no usage", _replies_with(Reply(GOOD, usage=None)), None, wires=("openai",)),
)
