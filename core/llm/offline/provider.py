"""offline/measure as a custom provider of litellm, so that its calls go through the same code as all others."""

import asyncio
import base64
import io
import zlib
from collections.abc import Mapping
from typing import Any

from litellm import CustomLLM, Usage  # type: ignore[attr-defined]  # public by its documentation

from core.llm.litellm_private import provider_error
from core.llm.offline import judge, palette_study, responses
from core.measure import Measurement, measure

_MAX_PIXELS = 50_000_000


class OfflineProvider(CustomLLM):
    """Replies from measurements alone; the parameter ``purpose`` states what is requested."""

    async def acompletion(  # type: ignore[override]  # litellm passes everything by name
        self, model: str, messages: list[Any], model_response: Any, optional_params: Mapping[str, Any], **_: Any
    ) -> Any:
        """Fill *model_response* with the reply and return it."""
        if model != "measure":
            raise provider_error(404, f"The model offline/{model} does not exist. Use offline/measure.")
        purpose = dict(optional_params.get("purpose") or {})
        text, image = await asyncio.to_thread(_reply, messages, purpose)
        choice = model_response.choices[0]
        choice.message.content, choice.finish_reason = text, "stop"
        if image is not None:
            url = "data:image/png;base64," + base64.b64encode(image).decode()
            choice.message.images = [{"type": "image_url", "image_url": {"url": url}}]
        model_response.model = "measure"
        model_response.usage = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
        return model_response


def _reply(messages: list[Any], purpose: dict[str, Any]) -> tuple[str, bytes | None]:
    name = str(purpose.pop("name", "free"))
    if int(purpose.pop("images", 1)) > 1:
        raise provider_error(
            400, "offline/measure looks at one image at a time. Choose another model for sets of images."
        )
    measured = [_measured(url) for url in _image_urls(messages)]
    if name == "style_image":
        seed = zlib.crc32(f"{purpose.get('variant', 1)} {purpose.get('prompt', '')}".encode())
        return "", palette_study.draw(measured, str(purpose.get("aspect_ratio") or "1:1"), seed)
    if name == "style_judgement":
        if len(measured) < 2:
            raise provider_error(400, "A judge needs references and a new image. Send both.")
        return judge.reply(measured[:-1], measured[-1]), None
    # The image in question comes last; those before it are examples.
    return responses.reply(measured[-1] if measured else None, name, purpose), None


def _image_urls(messages: list[Any]) -> list[str]:
    contents = [message["content"] for message in messages if isinstance(message.get("content"), list)]
    return [part["image_url"]["url"] for content in contents for part in content if part["type"] == "image_url"]


def _measured(url: str) -> Measurement:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1])), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise provider_error(400, "The image is larger than offline/measure takes. Send a smaller one.")
            return measure(image)
    except (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError) as error:
        raise provider_error(400, "The image cannot be read. Send a JPEG, PNG or WebP image.") from error
