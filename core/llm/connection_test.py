"""The connection test: sends one small image with a known answer through the normal chat call."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.errors import LLMError
from core.llm import keys, litellm_client, models, providers
from core.llm.types import ChatReply, ChatRequest, ConnectionResult, ImagePart, ModelConfig, Purpose

SendChat = Callable[[ModelConfig, ChatRequest], Awaitable[ChatReply]]

_MAX_TIMEOUT_S = 30.0
_PROMPT = "Which color is this image? Answer with one word in English."
_IMAGE_COLOR, _ACCEPTED_WORDS = (220, 30, 30), ("red", "crimson", "scarlet")


async def test_connection(send_chat: SendChat, config: ModelConfig) -> ConnectionResult:
    """Report whether the model answers and recognizes the test image, its latency and the cost of the call."""
    info = models.model_info(config.litellm_model, config.api_base)
    if info.image_output and providers.find(keys.provider_of(config)).image_api_models:
        return ConnectionResult(
            False, f"{info.model} only makes images. Generate an image to test it; nothing was sent.", 0.0, None
        )
    await litellm_client.loaded()  # so that its import does not count as latency
    image = ImagePart(await asyncio.to_thread(_test_image))
    started = time.monotonic()
    request = ChatRequest(_PROMPT, images=(image,), purpose=Purpose("connection_test"), fresh=True)
    capped = replace(config, timeout_s=min(config.timeout_s or _MAX_TIMEOUT_S, _MAX_TIMEOUT_S))
    try:
        reply = await send_chat(capped, request)
    except LLMError as error:
        return ConnectionResult(False, str(error), time.monotonic() - started, None)
    latency_s = time.monotonic() - started
    return ConnectionResult(True, _describe(reply, latency_s), latency_s, reply.cost)


def _describe(reply: ChatReply, latency_s: float) -> str:
    answer = " ".join(reply.text.split())[:120]
    if any(color in answer.lower() for color in _ACCEPTED_WORDS):
        return f"{reply.model} answered in {latency_s:.1f} s and saw the test image."
    return (
        f"{reply.model} answered in {latency_s:.1f} s, but did not name the color of a red test image. "
        f"It may not see images. Its answer: {answer}"
    )


def _test_image() -> bytes:
    from PIL import Image

    encoded = io.BytesIO()
    Image.new("RGB", (96, 96), _IMAGE_COLOR).save(encoded, "JPEG", quality=80)
    return encoded.getvalue()
