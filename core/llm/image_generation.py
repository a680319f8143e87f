"""Making images: each family of models wants its request in a form of its own.

Gemini, OpenRouter and gateways take a chat with image output, which keeps the order of the references, a label
before each, the system prompt, and the words of a refusal. OpenAI's image models take an edit of the references.
"""

import hashlib
import math
from dataclasses import replace
from typing import Any, Literal

from core.errors import EmptyReplyError, FilteredReplyError, LLMError, RefusedReplyError
from core.llm import keys, litellm_client
from core.llm.ledger import CallStart, Ledger, parameters_of, request_hash
from core.llm.retry import Sender
from core.llm.types import ChatRequest, ImagePart, ImageReply, ImageRequest, ModelConfig, RetryPolicy

Route = Literal["offline", "gemini", "openai images", "gateway"]

_FIXED_SIZES = ("1024x1024", "1536x1024", "1024x1536")
_EDGES_PX = {"1K": 1024, "2K": 2048, "4K": 3840}
_MAX_EDGE_PX = 3840
_STEP_PX = 16
_REFERENCE_TOKENS = 1000


def route_of(config: ModelConfig) -> Route:
    """Return which form of request the model takes."""
    provider = keys.provider_of(config)
    if config.is_offline:
        return "offline"
    if provider in ("gemini", "vertex_ai"):
        return "gemini"
    if provider in ("openai", "azure") and ("gpt-image" in config.model or "chatgpt-image" in config.model):
        return "openai images"
    return "gateway"


def parameters(config: ModelConfig, request: ImageRequest) -> dict[str, Any]:
    """Return the parameters that carry aspect ratio and size in the form of the model's family."""
    size = request.size.upper() if request.size else None
    match route_of(config):
        case "offline":
            wanted = {"aspect_ratio": request.aspect_ratio, "prompt": request.prompt, "variant": request.variant}
            return {"purpose": {"name": "style_image", **wanted}}
        case "gemini":
            # litellm drops size= and aspect_ratio= without a word; only this form arrives.
            image_config = {"aspectRatio": request.aspect_ratio, **({"imageSize": size} if size else {})}
            return {"modalities": ["image", "text"], "imageConfig": image_config}
        case "openai images":
            return {"size": pixels(config.model, request.aspect_ratio, size)}
        case "gateway":
            gateway = {"aspect_ratio": request.aspect_ratio, **({"image_size": size} if size else {})}
            return {"modalities": ["image", "text"], "image_config": gateway}


def pixels(model: str, aspect_ratio: str, size: str | None) -> str:
    """Return "1536x1024" and the like for OpenAI's image models.

    The older ones know three sizes, the nearest ratio is taken. Later ones take multiples of 16 with a longer
    side of at most 3840 and a ratio of at most 3:1.
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


def labelled(references: tuple[ImagePart, ...]) -> tuple[ImagePart, ...]:
    """Return the references, each with a label the prompt can name it by."""
    return tuple(
        part if part.label else replace(part, label=f"Style reference {number}:")
        for number, part in enumerate(references, start=1)
    )


async def make(config: ModelConfig, request: ImageRequest, ledger: Ledger | None, policy: RetryPolicy) -> ImageReply:
    """Make one image; a call whose reply never came is not repeated, because it may have been paid.

    Raises:
        RefusedReplyError: the model answered in words instead.
        FilteredReplyError: the provider's filter withheld the image.
        EmptyReplyError: neither image nor words came.
        LLMError: as drawn in :mod:`core.errors`.
    """
    # The pixels count as tokens: a limit meant for texts would cut the image.
    config = replace(config, max_tokens=None)
    given = parameters(config, request)
    start = CallStart(
        model=config.litellm_model, request_hash=request_hash(config, request), prompt=request.prompt,
        params={**parameters_of(config), "aspect_ratio": request.aspect_ratio, "size": request.size},
        attempt=1, purpose="style_image",
    )  # fmt: skip
    sender = Sender(start, ledger, replace(policy, max_maybe_paid=1))
    tokens = len(request.prompt) // 3 + _REFERENCE_TOKENS * (len(request.references) + 1)
    reply, call_id = await sender.send(config, tokens, lambda: _send(config, request, given))
    images = litellm_client.decoded_images(reply)
    if not images:
        failure = _why_no_image(reply)
        await sender.write_failure(call_id, failure, reply)
        raise failure
    return ImageReply(
        # Earlier ones are drafts: Gemini 3 shows its sketches first.
        images=images[-1:] if route_of(config) != "openai images" else images,
        text=reply.text, finish_reason=reply.finish_reason, cost=reply.cost, model=config.litellm_model,
        call_id=call_id, sent=_described(config, request, given),
    )  # fmt: skip


async def _send(config: ModelConfig, request: ImageRequest, given: dict[str, Any]) -> litellm_client.WireReply:
    from core.llm.transport import MAX_IMAGE_REPLY_BYTES

    if route_of(config) == "openai images":
        prompt = f"{request.system}\n\n{request.prompt}" if request.system else request.prompt
        references = [part.data for part in request.references]
        return await litellm_client.make_image(
            config, prompt, references, parameters=given, max_reply_bytes=MAX_IMAGE_REPLY_BYTES
        )
    messages = litellm_client.messages_for(
        ChatRequest(request.prompt, images=labelled(request.references), system=request.system)
    )
    return await litellm_client.complete(config, messages, parameters=given, max_reply_bytes=MAX_IMAGE_REPLY_BYTES)


def _why_no_image(reply: litellm_client.WireReply) -> LLMError:
    words = " ".join((reply.refusal or reply.text).split())
    if reply.finish_reason == "content_filter":
        said = f" It said: {words[:500]}" if words else ""
        return FilteredReplyError(
            f"The provider's filter withheld the image.{said} Change the prompt or the references.",
            reply_head=words[:2048],
        )
    if words:
        return RefusedReplyError(
            f"The model answered in words instead of an image: {words[:500]} Say more plainly what to draw.",
            reply_head=words[:2048],
        )
    return EmptyReplyError("The model sent neither an image nor words. Try again, or use another model.")


def _described(config: ModelConfig, request: ImageRequest, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": config.litellm_model,
        "route": route_of(config),
        "parameters": {name: value for name, value in given.items() if name != "purpose"},
        "system": request.system,
        "prompt": request.prompt,
        "references": [
            {"label": part.label, "sha256": hashlib.sha256(part.data).hexdigest(), "mime_type": part.mime_type}
            for part in (request.references if route_of(config) == "openai images" else labelled(request.references))
        ],
    }
