"""Maps every exception of litellm to an error of Vitrine: by the HTTP exchange first, then by its class."""

import json
import re
from typing import TYPE_CHECKING, Any

from core.errors import (
    AccessDeniedError,
    BadReplyError,
    LLMError,
    MissingKeyError,
    ModelUnavailableError,
    ProviderDownError,
    QuotaExceededError,
    RateLimitedError,
    RequestRefusedError,
)
from core.fetch import asked_wait_s
from core.llm import keys
from core.llm.redaction import redact
from core.llm.types import ModelConfig

if TYPE_CHECKING:
    from core.llm.transport import Exchange

_QUOTA = re.compile(
    r"insufficient.quota|exceeded your current quota|credit balance|billing|payment|per.?day|out of credits"
    r"|insufficient (funds|credits|balance)|spending limit",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(r"api.?key (not valid|invalid|expired)|invalid.{0,10}api.?key|API_KEY_INVALID", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"model.{0,80}(not (found|exist|available|supported)|does not exist)|no such model|unknown model|not a valid model",
    re.IGNORECASE | re.DOTALL,
)
_RETRY_DELAY = re.compile(r'"retryDelay":\s*"([\d.]+)s"')
_MAX_MESSAGE_CHARS = 200
# A year: longer ones are no information, and a number of 300 digits is no text.
_TAG = re.compile(r"<[^<>]*>")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\).*", re.DOTALL)
# Two or more names: a path of this machine, and no division. What follows a host in a URL is none.
_PATH = re.compile(r"(?<![\w./:])(?:/[\w.@+~-]+){2,}|\b[A-Za-z]:\\[^\s\"']+")


def map_error(error: BaseException, exchange: "Exchange", config: ModelConfig, timeout_s: float) -> LLMError:
    """Return the error to raise in place of *error*; its text contains no key."""
    server = keys.provider_of(config) if not config.api_base else f"The server at {_shorten(config.api_base)}"
    if exchange.problem:
        return _connection_failed(exchange, server)
    if isinstance(error, TimeoutError) or type(error).__name__ in ("Timeout", "APITimeoutError"):
        return ProviderDownError(
            f"{server} did not finish within {timeout_s:g} s. Try again later, or allow more time.",
            maybe_paid=exchange.connected or exchange.sends > 0,
        )
    if exchange.http_status is None:
        return _before_sending(error, config)
    head = exchange.head.decode("utf-8", "replace")
    if exchange.http_status < 400:
        return _unreadable_reply(head, server, exchange.http_status)
    return _error_status(exchange.http_status, head, exchange, config, server)


def _within(server: str) -> str:
    """Return *server* as it is written inside a sentence."""
    return f"the {server.removeprefix('The ')}" if server.startswith("The ") else server


def _connection_failed(exchange: "Exchange", server: str) -> LLMError:
    if exchange.problem == "unreachable":
        return ProviderDownError(f"{server} cannot be reached. Check the address and the network, then try again.")
    if exchange.problem == "redirect":
        return RequestRefusedError(
            f"{server} redirects to another address. Redirects are not followed; set the final address.",
            http_status=exchange.http_status,
        )
    if exchange.problem == "not allowed":
        return ModelUnavailableError(
            f"{exchange.detail} is not a public server, so it is not called. Use a public address, or let the "
            "administrator add it to VITRINE_ALLOWED_MODEL_HOSTS."
        )
    if exchange.problem == "foreign key":
        return RequestRefusedError(
            f"{server} was not called, because litellm would have sent it a key of this machine ({exchange.detail}). "
            "Type the key of that server, or call it as openai/<model>."
        )
    if exchange.problem == "other client":
        return RequestRefusedError(
            f"{server} was not called, because litellm calls this provider in a way that Vitrine cannot limit. "
            "Call the server as openai/<model>."
        )
    if exchange.problem == "stream":
        return BadReplyError(
            f"{server} sent a stream of events, although none was asked for, in a form that cannot be read. Turn "
            "streaming off there, or use another model.",
            reply_head=redact(exchange.head.decode("utf-8", "replace"))[:2048],
            http_status=exchange.http_status,
        )
    if exchange.problem in ("too large", "compressed"):
        return BadReplyError(
            f"The reply of {_within(server)} is {exchange.problem} and was not read. Ask for less, or use another "
            "model.",
            reply_head=redact(exchange.head.decode("utf-8", "replace"))[:2048],
            http_status=exchange.http_status,
        )
    return ProviderDownError(
        f"The connection to {_within(server)} broke before the reply was complete. Try again.",
        http_status=exchange.http_status,
        maybe_paid=True,
    )


def _before_sending(error: BaseException, config: ModelConfig) -> LLMError:
    """Map an error that litellm raised before anything was sent."""
    text = _PATH.sub("[path]", _TRACEBACK.sub("", redact(str(error))))
    name = type(error).__name__
    if name == "AuthenticationError" or "api_key" in text.lower():
        return MissingKeyError(
            f"There is no key for {keys.provider_of(config)}. Set {keys.key_names(config)[0]}, or type one."
        )
    if (
        name in ("NotFoundError", "LiteLLMUnknownProvider", "ModelNotMappedError")
        or "LLM Provider NOT provided" in text
    ):
        return ModelUnavailableError(
            f"The model {config.litellm_model} is not known. Write it as provider/model, for example openai/gpt-4o."
        )
    if name in ("RateLimitError", "BudgetExceededError"):
        return RateLimitedError(f"A limit set in litellm was reached: {_shorten(text)}. Raise it, or wait.")
    return RequestRefusedError(
        f"The request could not be built: {_shorten(text)}. Check the model's name and parameters."
    )


def _unreadable_reply(head: str, server: str, status: int) -> LLMError:
    message = _provider_message(head)
    if message:
        return ProviderDownError(f"{server} answered with an error: {message}. Try again later.", http_status=status)
    return BadReplyError(
        f"The reply of {_within(server)} cannot be read. Try again, or use another model.",
        reply_head=redact(head)[:2048],
        http_status=status,
    )


def _error_status(status: int, head: str, exchange: "Exchange", config: ModelConfig, server: str) -> LLMError:
    message = _provider_message(head) or f"status {status}"
    model = config.litellm_model
    if status == 402 or (status in (400, 403, 429) and _QUOTA.search(head)):
        return QuotaExceededError(
            f"The quota at {_within(server)} is used up: {message}. Add credit there, then resume.", http_status=status
        )
    if status in (429, 529):
        return RateLimitedError(
            f"{server} limits the rate of requests: {message}. Lower the concurrency, or try again later.",
            http_status=status,
            retry_after_s=retry_after_s(exchange.retry_after, head),
        )
    if status in (401, 403) or (status == 400 and _BAD_KEY.search(head)):
        return AccessDeniedError(f"{server} does not accept the key: {message}. Check the key.", http_status=status)
    if status == 404 or (status == 400 and _NO_MODEL.search(message)):
        return ModelUnavailableError(
            f"{server} has no model {model}: {message}. Choose another model.", http_status=status
        )
    if status >= 500 or status in (408, 409, 425):
        return ProviderDownError(f"{server} has a problem: {message}. Try again later.", http_status=status)
    return RequestRefusedError(f"{server} refused the request: {message}.", http_status=status)


def retry_after_s(header: str, body: str = "") -> float | None:
    """Return how many seconds a provider asks to wait: Retry-After as seconds or date, or Gemini's retryDelay.

    None when it does not say, or names no finite number.
    """
    match = _RETRY_DELAY.search(body)
    return asked_wait_s(header or (match[1] if match else ""))


def _provider_message(head: str) -> str:
    """Return the message of a provider's error body, shortened; empty when there is none."""
    try:
        body: Any = json.loads(head)
    except (ValueError, RecursionError):
        return ""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return _shorten(redact(message)) if isinstance(message, str) and message else ""


def _shorten(text: str) -> str:
    """Return *text*, which others wrote, on one line without markup, control characters and invisible ones."""
    text = _TAG.sub(" ", text).replace("<", "").replace(">", "")
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return flat.rstrip(". ") if len(flat) <= _MAX_MESSAGE_CHARS else flat[: _MAX_MESSAGE_CHARS - 1] + "…"
