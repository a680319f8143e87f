"""Sends requests to providers through litellm; no other module calls it."""

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel

from core.errors import ItemWaits, LLMError
from core.llm import destination, keys, litellm_private, models, providers, redaction, reply_body
from core.llm.batches.deferring import deferred_calls
from core.llm.error_mapping import map_error
from core.llm.packed_vectors import packed
from core.llm.types import OFFLINE_MODEL, ChatRequest, ImagePart, ModelConfig

_import_lock = threading.Lock()
_litellm: Any = None


@dataclass(frozen=True)
class RawReply:
    """A reply as the provider sent it, before any check."""

    text: str
    finish_reason: str
    refusal: str
    image_urls: tuple[str, ...]
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    """US dollars; None when the price is unknown."""
    tool: str = ""
    """The tool that the model called instead of answering; *text* is its arguments then."""
    thinking: str = ""
    """What came apart from the text."""


def litellm() -> Any:
    """Return litellm, imported and configured once per process; the first call takes seconds."""
    global _litellm
    with _import_lock:  # not the lock of core.lazy: pages would wait for those seconds
        if _litellm is None:
            _litellm = _set_up()
        return _litellm


async def loaded() -> Any:
    """Return litellm; the first import runs in a thread so that it does not block the event loop."""
    return _litellm or await asyncio.to_thread(litellm)


def _set_up() -> Any:
    litellm_private.prepare_import()
    import litellm as library

    from core.llm.offline.provider import OfflineProvider
    from core.llm.transport import GuardedTransport, refuse_other_clients

    library.suppress_debug_info = True
    library.drop_params = False
    library.telemetry = False
    library.custom_provider_map = [{"provider": OFFLINE_MODEL.split("/")[0], "custom_handler": OfflineProvider()}]
    litellm_private.install_transport(GuardedTransport())
    litellm_private.check_other_clients(refuse_other_clients)
    redaction.redact_logs()
    return library


def response_format(schema: type[BaseModel]) -> Any:
    """Return *schema* in litellm's form; cached, because the conversion takes a tenth of the time of a call."""
    converted = _converted(schema)
    # A fresh one each time: litellm adapts it to a provider in place.
    return json.loads(converted) if isinstance(converted, str) else converted


@cache
def _converted(schema: type[BaseModel]) -> Any:
    litellm()  # when two threads import it at the same time, one of them gets a half-imported module
    converted = litellm_private.response_format(schema)
    return json.dumps(converted) if isinstance(converted, dict) else converted


def messages_for(request: ChatRequest, links: Sequence[str | None] = ()) -> list[dict[str, Any]]:
    """Return the messages of *request*: images in order, each after its label, the prompt last.

    Args:
        links: an address for each image from which the model server fetches it; base64 where there is none.
    """
    pairs = zip_longest(request.images, links)
    content = [part for image, link in pairs for part in _image_content(image, link)]
    content.append({"type": "text", "text": request.prompt})
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if request.system:
        messages.insert(0, {"role": "system", "content": request.system})
    return messages


def _image_content(image: ImagePart, link: str | None) -> list[dict[str, Any]]:
    url = link or f"data:{image.mime_type};base64,{base64.b64encode(image.data).decode()}"
    label = [{"type": "text", "text": image.label}] if image.label else []
    return [*label, {"type": "image_url", "image_url": {"url": url}}]


async def complete(
    config: ModelConfig,
    messages: list[dict[str, Any]],
    *,
    parameters: Mapping[str, Any] | None = None,
    max_reply_bytes: int | None = None,
    links: Sequence[str | None] = (),
) -> RawReply:
    """Send one chat request exactly once and return the reply.

    Args:
        config: must state ``timeout_s``.
        messages: as :func:`messages_for` makes them.
        parameters: more parameters of the request; they take precedence over those of *config*.
        max_reply_bytes: a larger reply is not read.
        links: the signed addresses in *messages*.

    Raises:
        LLMError: every failure, as a class of :mod:`core.errors`.
    """
    arguments = {**_sampling_parameters(config), **(parameters or {})}
    return await _exchange(config, "acompletion", {"messages": messages, **arguments}, max_reply_bytes, links)


async def request_image(
    config: ModelConfig,
    prompt: str,
    references: Sequence[bytes],
    *,
    parameters: Mapping[str, Any],
    max_reply_bytes: int,
) -> RawReply:
    """Send one request to OpenAI's interface for images exactly once: an edit of *references*, or a new image.

    Raises:
        LLMError: every failure, as a class of :mod:`core.errors`.
    """
    arguments: dict[str, Any] = {"prompt": prompt, **config.extra, **parameters}
    if references:
        arguments["image"] = list(references)
    function = "aimage_edit" if references else "aimage_generation"
    return await _exchange(config, function, arguments, max_reply_bytes)


async def request_vector(config: ModelConfig, given: Mapping[str, Any]) -> RawReply:
    """Send one request for a vector exactly once; the text of the reply is the vector, as the ledger keeps it.

    Args:
        given: ``input``, or ``messages`` for a server that takes those of a chat instead (vLLM).

    Raises:
        LLMError: every failure, as a class of :mod:`core.errors`.
    """
    if "messages" not in given:
        # litellm knows that models of OpenAI take dimensions, and not that those of other servers may.
        more = {"allowed_openai_params": ["dimensions"]} if config.litellm_model.startswith("openai/") else {}
        return await _exchange(config, "aembedding", {**config.extra, **given, **more}, None)
    # OpenAI's client sends what extra_body has beside the input, and leaves out what is omit: vLLM prefers an input.
    from openai import omit

    provider, _, bare = config.litellm_model.partition("/")
    base = config.api_base or providers.find(provider).api_base or providers.find(provider).local_url
    target = replace(config, model=f"openai/{bare}", provider="", api_base=base, api_key=keys.key_for(config))
    body = {**config.extra, **given, "input": omit}
    return await _exchange(target, "aembedding", {"input": "", "extra_body": body}, None)


async def _exchange(
    config: ModelConfig, function: str, arguments: dict[str, Any], max_reply_bytes: int | None,
    links: Sequence[str | None] = (),
) -> RawReply:  # fmt: skip
    timeout_s = config.timeout_s
    if timeout_s is None:
        raise ValueError("The configuration of a call states no time limit; LLMService sets it.")
    key = keys.key_for(config)
    redaction.remember(key)
    library = await loaded()
    from core.llm.transport import MAX_REPLY_BYTES, Exchange, current_exchange

    calls = deferred_calls.get()
    exchange = Exchange(max_reply_bytes or MAX_REPLY_BYTES, destination.of_call(config, key, links), calls)
    token = current_exchange.set(exchange)
    failure: LLMError | ItemWaits
    try:
        with litellm_private.without_cost_logging():
            async with asyncio.timeout(timeout_s):
                response = await getattr(library, function)(**arguments, **_target(config, key, timeout_s))
        reply = _READERS[function](response, config)
        return reply if calls is None or reply.cost is None else replace(reply, cost=reply.cost * calls.price_share)
    except Exception as error:  # noqa: BLE001  litellm raises six classes that share no base with the others
        if exchange.problem == "deferred":
            failure = ItemWaits("The request is answered in a batch.")
        else:
            failure = map_error(error, exchange, config, timeout_s)
            failure.tokens = exchange.tokens
    finally:
        current_exchange.reset(token)
    # Raised outside of the except block: an exception keeps the one it was raised in, which contains the key.
    raise failure


def _target(config: ModelConfig, key: str | None, timeout_s: float) -> dict[str, Any]:
    """Return the arguments that say which model is called at which base URL, with which key and limits."""
    model, api_base = config.litellm_model, config.api_base
    provider, _, bare = model.partition("/")
    own_base = providers.find(provider).api_base
    if own_base:
        model, api_base = f"openai/{bare}", api_base or own_base
    values = {"model": model, "api_key": key, "api_base": api_base}
    given = {name: value for name, value in values.items() if value is not None}
    # litellm's limit is longer and only a backup: asyncio.timeout covers all steps together.
    return {**given, "timeout": timeout_s + 5, "num_retries": 0, "max_retries": 0}


def _sampling_parameters(config: ModelConfig) -> dict[str, Any]:
    values = {"temperature": config.temperature, "max_tokens": config.max_tokens}
    return {**config.extra, **{name: value for name, value in values.items() if value is not None}}


def _read(response: Any, config: ModelConfig) -> RawReply:
    choice = response.choices[0] if response.choices else None
    message = choice.message if choice else None
    extras = getattr(message, "provider_specific_fields", None) or {}
    images = getattr(message, "images", None) or []
    prompt_tokens, completion_tokens = _tokens(getattr(response, "usage", None))
    text, tool = str(getattr(message, "content", None) or ""), ""
    if not text.strip() and not images:
        tool, text = _called_tool(message)
    return RawReply(
        text=text,
        tool=tool,
        thinking=str(getattr(message, "reasoning_content", None) or ""),
        finish_reason=str(getattr(choice, "finish_reason", "") or ""),
        refusal=str(extras.get("refusal") or getattr(message, "refusal", None) or ""),
        image_urls=tuple(url for image in images if (url := reply_body.image_url(image))),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=_cost(response, config, prompt_tokens, completion_tokens),
    )


def _read_images(response: Any, config: ModelConfig) -> RawReply:
    entries = [dict(entry) for entry in response.data or []]
    usage = getattr(response, "usage", None)
    prompt_tokens = getattr(usage, "input_tokens", None) or None
    completion_tokens = getattr(usage, "output_tokens", None) or None
    return RawReply(
        text="",
        finish_reason="stop",
        refusal="",
        image_urls=tuple(url for entry in entries if (url := reply_body.image_url(entry))),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=_cost(response, config, prompt_tokens, completion_tokens),
    )


def _read_vector(response: Any, config: ModelConfig) -> RawReply:
    entries = [dict(entry) for entry in response.data or []]
    vector = entries[0].get("embedding") if len(entries) == 1 else None
    prompt_tokens, completion_tokens = _tokens(getattr(response, "usage", None))
    cost = _cost(response, config, prompt_tokens, completion_tokens)
    return RawReply(
        text=packed(vector) if isinstance(vector, list) and _are_numbers(vector) else "",
        finish_reason="stop",
        refusal="",
        image_urls=(),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=cost if cost is not None else models.price_of_image(config.litellm_model),
    )


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)


_READERS: dict[str, Callable[[Any, ModelConfig], RawReply]] = {
    "acompletion": _read, "aimage_edit": _read_images, "aimage_generation": _read_images, "aembedding": _read_vector,
}  # fmt: skip


def _called_tool(message: Any) -> tuple[str, str]:
    """Return the name of the tool that the model called, and its arguments; "" when it called none."""
    calls = [call.function for call in getattr(message, "tool_calls", None) or []]
    name = next((str(call.name) for call in calls if call.name), "a tool") if calls else ""
    return name, "\n".join(str(call.arguments or "") for call in calls)


def _tokens(usage: Any) -> tuple[int | None, int | None]:
    prompt, completion = getattr(usage, "prompt_tokens", 0), getattr(usage, "completion_tokens", 0)
    return (int(prompt or 0), int(completion or 0)) if prompt or completion else (None, None)


def _cost(response: Any, config: ModelConfig, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
    if config.is_offline:
        return 0.0

    def compute() -> float | None:
        return models.price_of_call(config.litellm_model, prompt_tokens, completion_tokens)

    if providers.find(keys.provider_of(config)).api_base:
        return compute()  # litellm was called as another provider and knows only its prices
    return litellm_private.response_cost(response, compute)
