"""Image generation: each family of models takes its request in a different form.

Gemini, OpenRouter and gateways take a chat with image output. It keeps the order of the references, a label before
each, the system prompt, and the text of a refusal. OpenAI's image models take an edit of the references.
"""

import asyncio
import hashlib
import math
from dataclasses import replace
from typing import Any, Literal

from core.errors import BadReplyError, EmptyReplyError, FilteredReplyError, RefusedReplyError
from core.llm import keys, litellm_client, providers, replies, reply_images
from core.llm.ledger import CallStart, Ledger, parameters_of, request_hash
from core.llm.retry import RetryingSender
from core.llm.types import ChatRequest, ImagePart, ImageReply, ImageRequest, ModelConfig, RetryPolicy

Route = Literal["offline", "gemini", "openai images", "gateway"]

_FIXED_SIZES = ("1024x1024", "1536x1024", "1024x1536")
_EDGES_PX = {"1K": 1024, "2K": 2048, "4K": 3840}
_MAX_EDGE_PX = 3840
_STEP_PX = 16
_REFERENCE_TOKENS = 1000


def route_of(config: ModelConfig) -> Route:
    """Return which form of request the model takes."""
    if config.is_offline:
        return "offline"
    provider = providers.find(keys.provider_of(config))
    if any(name in config.model for name in provider.image_api_models):
        return "openai images"
    return provider.image_request or "gateway"


def parameters(config: ModelConfig, request: ImageRequest) -> dict[str, Any]:
    """Return the parameters for aspect ratio and size in the form of the model's family."""
    size = request.size.upper() if request.size else None
    match route_of(config):
        case "offline":
            wanted = {"aspect_ratio": request.aspect_ratio, "prompt": request.prompt, "variant": request.variant}
            return {"purpose": {"name": "style_image", **wanted}}
        case "gemini":
            # litellm drops size= and aspect_ratio= silently; only this form arrives.
            image_config = {"aspectRatio": request.aspect_ratio, **({"imageSize": size} if size else {})}
            return {"modalities": ["image", "text"], "imageConfig": image_config}
        case "openai images":
            return {"size": openai_size(config.model, request.aspect_ratio, size)}
        case "gateway":
            gateway = {"aspect_ratio": request.aspect_ratio, **({"image_size": size} if size else {})}
            return {"modalities": ["image", "text"], "image_config": gateway}


def openai_size(model: str, aspect_ratio: str, size: str | None) -> str:
    """Return width and height in pixels for OpenAI's image models, such as "1536x1024".

    Older models have three sizes; the one with the nearest ratio is used. Newer ones take multiples of 16 with a
    longer side of at most 3840 and a ratio of at most 3:1.
    """
    wide, _, high = aspect_ratio.partition(":")
    ratio = min(max(int(wide) / int(high), 1 / 3), 3.0) if wide.isdigit() and high.isdigit() and int(high) else 1.0
    if "gpt-image-1" in model or "chatgpt-image" in model:
        return min(_FIXED_SIZES, key=lambda known: abs(math.log(ratio) - math.log(_ratio(known))))
    edge = _EDGES_PX.get(size or "1K", 1024)
    width, height = edge * math.sqrt(ratio), edge / math.sqrt(ratio)
    shrink = min(1.0, _MAX_EDGE_PX / max(width, height))
    return "x".join(str(max(round(side * shrink / _STEP_PX), 1) * _STEP_PX) for side in (width, height))


def _ratio(size: str) -> float:
    width, height = size.split("x")
    return int(width) / int(height)


def labeled(references: tuple[ImagePart, ...]) -> tuple[ImagePart, ...]:
    """Return the references, each with a label by which the prompt can refer to it."""
    return tuple(
        part if part.label else replace(part, label=f"Style reference {number}:")
        for number, part in enumerate(references, start=1)
    )


async def generate_image(
    config: ModelConfig, request: ImageRequest, ledger: Ledger | None, policy: RetryPolicy
) -> ImageReply:
    """Generate one image; an attempt that ended without a reply is not repeated, because it may have been charged.

    Raises:
        RefusedReplyError: the model replied with text instead.
        FilteredReplyError: the provider's filter withheld the image.
        EmptyReplyError: the reply has neither an image nor text.
        LLMError: as listed in :mod:`core.errors`.
    """
    # Images count as output tokens: a limit meant for text would cut them off.
    config = replace(config, max_tokens=None)
    given = parameters(config, request)
    start = CallStart(
        model=config.litellm_model, request_hash=request_hash(config, request), prompt=request.prompt,
        params={**parameters_of(config), "aspect_ratio": request.aspect_ratio, "size": request.size},
        attempt=1, purpose="style_image",
    )  # fmt: skip
    sender = RetryingSender(start, ledger, replace(policy, max_maybe_paid=1))
    tokens = len(request.prompt) // 3 + _REFERENCE_TOKENS * (len(request.references) + 1)
    reply, call_id = await sender.send(config, tokens, lambda: _send(config, request, given))
    try:
        images, text = await _read(reply, config)
    except BadReplyError as error:
        await sender.write_failure(call_id, error, reply)
        raise
    return ImageReply(
        images=images, text=text, finish_reason=reply.finish_reason, cost=reply.cost, model=config.litellm_model,
        call_id=call_id, sent=_record_of_request(config, request, given),
        prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens,
    )  # fmt: skip


async def _read(reply: litellm_client.RawReply, config: ModelConfig) -> tuple[tuple[bytes, ...], str]:
    """Return the images of *reply*, also those that its text shows, and the text without them.

    Raises:
        BadReplyError: there is none, or none can be read.
    """
    from core.llm.transport import MAX_IMAGE_REPLY_BYTES

    urls, text = reply.image_urls, await asyncio.to_thread(replies.clean, reply.text)  # it may have 96 MB
    if not urls and reply.finish_reason != "content_filter":
        urls, text = await asyncio.to_thread(reply_images.in_text, text)
    # Earlier images are drafts: Gemini 3 sends its sketches first.
    max_images = reply_images.MAX_IMAGES if route_of(config) == "openai images" else 1
    images = await reply_images.load(
        urls, max_bytes=MAX_IMAGE_REPLY_BYTES, timeout_s=config.timeout_s or 60.0, max_images=max_images
    )
    if not images:
        raise _missing_image_error(reply)
    return images, text


async def _send(config: ModelConfig, request: ImageRequest, given: dict[str, Any]) -> litellm_client.RawReply:
    from core.llm.transport import MAX_IMAGE_REPLY_BYTES

    if route_of(config) == "openai images":
        prompt = f"{request.system}\n\n{request.prompt}" if request.system else request.prompt
        references = [part.data for part in request.references]
        return await litellm_client.request_image(
            config, prompt, references, parameters=given, max_reply_bytes=MAX_IMAGE_REPLY_BYTES
        )
    messages = litellm_client.messages_for(
        ChatRequest(request.prompt, images=labeled(request.references), system=request.system)
    )
    return await litellm_client.complete(config, messages, parameters=given, max_reply_bytes=MAX_IMAGE_REPLY_BYTES)


def _missing_image_error(reply: litellm_client.RawReply) -> BadReplyError:
    text = " ".join((reply.refusal or reply.text).split())
    if reply.finish_reason == "content_filter":
        quoted = f" Its message: {text[:500]}" if text else ""
        return FilteredReplyError(
            f"The provider's filter withheld the image.{quoted} Change the prompt or the references.",
            reply_head=text[:2048],
        )
    if text:
        return RefusedReplyError(
            f"The model replied with text instead of an image: {text[:500]} Describe the image more plainly.",
            reply_head=text[:2048],
        )
    return EmptyReplyError("The model sent neither an image nor text. Try again, or use another model.")


def _record_of_request(config: ModelConfig, request: ImageRequest, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": config.litellm_model,
        "route": route_of(config),
        "parameters": {name: value for name, value in given.items() if name != "purpose"},
        "system": request.system,
        "prompt": request.prompt,
        "references": [
            {"label": part.label, "sha256": hashlib.sha256(part.data).hexdigest(), "mime_type": part.mime_type}
            for part in (request.references if route_of(config) == "openai images" else labeled(request.references))
        ],
    }
