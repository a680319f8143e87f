"""The only caller of litellm."""

import asyncio
import base64
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from core import process
from core.config import Settings
from core.errors import LLMError
from core.llm import keys, redaction
from core.llm.error_mapping import translate
from core.llm.types import OFFLINE_MODEL, ChatRequest, ImagePart, ModelConfig

# litellm asks the network for prices and headers when it is imported, unless these are set before. They are set
# as soon as this room is, whoever imports litellm first.
os.environ |= {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",
}
_import_lock = threading.Lock()


@dataclass(frozen=True)
class WireReply:
    """A reply as the provider gave it, not yet judged."""

    text: str
    finish_reason: str
    refusal: str
    image_urls: tuple[str, ...]
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None


def litellm() -> Any:
    """Return litellm, imported and set up once per process; takes seconds the first time."""
    with _import_lock:  # and not the process's: pages would wait for those seconds
        library = process.existing("litellm") or _set_up()
        return process.singleton("litellm", lambda: library)


async def loaded() -> Any:
    """Return litellm; the first time it is imported off the event loop, which would stand still for seconds."""
    return litellm() if process.existing("litellm") else await asyncio.to_thread(litellm)


def _set_up() -> Any:
    import litellm as library
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    from core.llm.offline.provider import OfflineProvider
    from core.llm.transport import GuardedTransport

    guard = GuardedTransport(AsyncHTTPHandler.create_aiohttp_transport)
    library.suppress_debug_info = True
    library.drop_params = False
    library.telemetry = False
    library.custom_provider_map = [{"provider": OFFLINE_MODEL.split("/")[0], "custom_handler": OfflineProvider()}]
    # Every asynchronous client of litellm, OpenAI's included, gets its transport from here.
    setattr(AsyncHTTPHandler, "create_async_transport", staticmethod(lambda **_: guard))  # noqa: B010  a typed method
    redaction.guard_logs()
    return library


def response_format(schema: type[BaseModel]) -> dict[str, Any]:
    """Return *schema* as litellm would state it; stating it anew for each call takes a tenth of a call's work."""
    stated: dict[str, Any] = json.loads(_stated(schema))  # a fresh one: litellm adapts it to a provider in place
    return stated


@cache
def _stated(schema: type[BaseModel]) -> str:
    litellm()  # of two threads that import it side by side, one gets half of it
    from litellm.llms.base_llm.base_utils import type_to_response_format_param

    return json.dumps(type_to_response_format_param(schema))


def messages_for(request: ChatRequest) -> list[dict[str, Any]]:
    """Return the messages of *request*: images in order, each behind its label, the prompt last."""
    content = [part for image in request.images for part in image_parts(image)]
    content.append({"type": "text", "text": request.prompt})
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if request.system:
        messages.insert(0, {"role": "system", "content": request.system})
    return messages


def image_parts(image: ImagePart) -> list[dict[str, Any]]:
    url = f"data:{image.mime_type};base64,{base64.b64encode(image.data).decode()}"
    label = [{"type": "text", "text": image.label}] if image.label else []
    return [*label, {"type": "image_url", "image_url": {"url": url}}]


async def complete(
    config: ModelConfig,
    messages: list[dict[str, Any]],
    *,
    parameters: Mapping[str, Any] | None = None,
    max_reply_bytes: int | None = None,
) -> WireReply:
    """Send one chat request exactly once and return what came back.

    Raises:
        LLMError: whatever went wrong, as one of the tree in :mod:`core.errors`.
    """
    given = {**_limits(config), **(parameters or {})}
    return await _exchange(config, "acompletion", {"messages": messages, **given}, max_reply_bytes)


async def make_image(
    config: ModelConfig,
    prompt: str,
    references: Sequence[bytes],
    *,
    parameters: Mapping[str, Any],
    max_reply_bytes: int,
) -> WireReply:
    """Send one request of OpenAI's image interface exactly once: an edit of the references, or a new image.

    Raises:
        LLMError: as above.
    """
    arguments: dict[str, Any] = {"prompt": prompt, **config.extra, **parameters}
    if references:
        arguments["image"] = list(references)
    function = "aimage_edit" if references else "aimage_generation"
    return await _exchange(config, function, arguments, max_reply_bytes)


async def _exchange(
    config: ModelConfig, function: str, arguments: dict[str, Any], max_reply_bytes: int | None
) -> WireReply:
    key = keys.key_for(config)
    redaction.remember(key)
    timeout_s = config.timeout_s or Settings().llm_timeout_s
    library = await loaded()
    from litellm._internal_context import is_internal_call

    from core.llm.transport import MAX_REPLY_BYTES, Exchange, current_exchange

    exchange = Exchange(max_reply_bytes=max_reply_bytes or MAX_REPLY_BYTES)
    token = current_exchange.set(exchange)
    # Vitrine keeps its own book. litellm's, which nobody reads here, prices each call twice and searches every
    # image for what should not be logged.
    unlogged = is_internal_call.set(True)
    failure: LLMError
    try:
        async with asyncio.timeout(timeout_s):
            response = await getattr(library, function)(**arguments, **_where(config, key, timeout_s))
        return _read_images(response) if function != "acompletion" else _read(response, config)
    except Exception as error:  # noqa: BLE001  litellm raises six classes that share no base with the others
        failure = translate(error, exchange, config, timeout_s)
    finally:
        current_exchange.reset(token)
        is_internal_call.reset(unlogged)
    # Raised out here, because an exception keeps the one it was raised under, and that one holds the key.
    raise failure


def _where(config: ModelConfig, key: str | None, timeout_s: float) -> dict[str, Any]:
    wanted = {"model": config.litellm_model, "api_key": key, "api_base": config.api_base}
    given = {name: value for name, value in wanted.items() if value is not None}
    # The library's own limit only backs up asyncio.timeout, which holds for the sum of all steps.
    return {**given, "timeout": timeout_s + 5, "num_retries": 0, "max_retries": 0}


def _limits(config: ModelConfig) -> dict[str, Any]:
    given = {"temperature": config.temperature, "max_tokens": config.max_tokens}
    return {**config.extra, **{name: value for name, value in given.items() if value is not None}}


def _read(response: Any, config: ModelConfig) -> WireReply:
    choice = response.choices[0] if response.choices else None
    message = choice.message if choice else None
    extras = getattr(message, "provider_specific_fields", None) or {}
    images = getattr(message, "images", None) or []
    prompt_tokens, completion_tokens = _tokens(getattr(response, "usage", None))
    return WireReply(
        text=_text(getattr(message, "content", None)),
        finish_reason=str(getattr(choice, "finish_reason", "") or ""),
        refusal=str(extras.get("refusal") or getattr(message, "refusal", None) or ""),
        image_urls=tuple(str(image["image_url"]["url"]) for image in images),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=0.0 if config.is_offline else _cost(response),
    )


def _read_images(response: Any) -> WireReply:
    made = [entry.b64_json for entry in response.data or [] if getattr(entry, "b64_json", None)]
    usage = getattr(response, "usage", None)
    return WireReply(
        text="",
        finish_reason="stop",
        refusal="",
        image_urls=tuple(f"data:image/png;base64,{encoded}" for encoded in made),
        prompt_tokens=getattr(usage, "input_tokens", None) or None,
        completion_tokens=getattr(usage, "output_tokens", None) or None,
        cost=_cost(response),
    )


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def _tokens(usage: Any) -> tuple[int | None, int | None]:
    prompt, completion = getattr(usage, "prompt_tokens", 0), getattr(usage, "completion_tokens", 0)
    return (int(prompt or 0), int(completion or 0)) if prompt or completion else (None, None)


def _cost(response: Any) -> float | None:
    """Return what litellm computed from the usage; zero there means that the price is unknown."""
    cost = (getattr(response, "_hidden_params", None) or {}).get("response_cost")
    return float(cost) if cost else None


def decoded_images(reply: WireReply) -> tuple[bytes, ...]:
    """Return the images of *reply* as bytes, in the order they came."""
    return tuple(base64.b64decode(url.split(",", 1)[1]) for url in reply.image_urls if url.startswith("data:"))
