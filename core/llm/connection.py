"""The connection test: one small image with a known answer, sent the way every other is."""

import asyncio
import io
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import LLMError
from core.llm import models
from core.llm.types import ChatReply, ChatRequest, ConnectionResult, ImagePart, ModelConfig, Purpose

if TYPE_CHECKING:
    from core.llm.service import LLMService

_LONGEST_WAIT_S = 30.0
_PROMPT = "Which color is this image? Answer with one word in English."
_SHOWN, _COUNTS_AS = (220, 30, 30), ("red", "crimson", "scarlet")


async def test(llm: "LLMService", config: ModelConfig) -> ConnectionResult:
    """Say whether the model answers, whether it sees, how fast, and what that cost."""
    info = models.model_info(config.litellm_model, config.api_base)
    if info.image_output and not config.is_offline and info.provider in ("openai", "azure"):
        return ConnectionResult(
            False, f"{info.model} only makes images. It is tested by making one; nothing was sent.", 0.0, None
        )
    await asyncio.to_thread(llm.warm_up)
    started = time.monotonic()
    image = ImagePart(await asyncio.to_thread(_test_image))
    request = ChatRequest(_PROMPT, images=(image,), purpose=Purpose("connection_test"), fresh=True)
    quick = replace(config, timeout_s=min(config.timeout_s or _LONGEST_WAIT_S, _LONGEST_WAIT_S))
    try:
        reply = await llm.chat(quick, request)
    except LLMError as error:
        return ConnectionResult(False, str(error), time.monotonic() - started, None)
    latency_s = time.monotonic() - started
    return ConnectionResult(True, _in_words(reply, latency_s), latency_s, reply.cost)


def _in_words(reply: ChatReply, latency_s: float) -> str:
    said = " ".join(reply.text.split())[:120]
    if any(color in said.lower() for color in _COUNTS_AS):
        return f"{reply.model} answered in {latency_s:.1f} s and saw the test image."
    return (
        f"{reply.model} answered in {latency_s:.1f} s, but did not name the color of a red test image. "
        f"It may not see images. It said: {said}"
    )


def _test_image() -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.new("RGB", (96, 96), _SHOWN).save(written, "JPEG", quality=80)
    return written.getvalue()
