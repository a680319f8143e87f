"""offline/measure and offline/see as a custom provider of litellm, so that calls go through the same code as all."""

import asyncio
import base64
import io
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from litellm import CustomLLM, Usage  # type: ignore[attr-defined]  # public by its documentation

from core.llm.litellm_private import provider_error
from core.llm.offline import judge, palette_study, responses
from core.llm.offline.see import replies as seen_replies
from core.measure import measure

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_PIXELS = 50_000_000


class OfflineProvider(CustomLLM):
    """Replies from what was measured and found; the parameter ``purpose`` states what is requested."""

    async def acompletion(  # type: ignore[override]  # litellm passes everything by name
        self, model: str, messages: list[Any], model_response: Any, optional_params: Mapping[str, Any], **_: Any
    ) -> Any:
        """Fill *model_response* with the reply and return it."""
        if model not in ("measure", "see"):
            raise provider_error(404, f"The model offline/{model} does not exist. Use offline/measure or offline/see.")
        purpose = dict(optional_params.get("purpose") or {})
        text, image = await asyncio.to_thread(_reply, model, messages, purpose)
        choice = model_response.choices[0]
        choice.message.content, choice.finish_reason = text, "stop"
        if image is not None:
            url = "data:image/png;base64," + base64.b64encode(image).decode()
            choice.message.images = [{"type": "image_url", "image_url": {"url": url}}]
        model_response.model = model
        model_response.usage = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
        return model_response


def _reply(model: str, messages: list[Any], purpose: dict[str, Any]) -> tuple[str, bytes | None]:
    name = str(purpose.pop("name", "free"))
    if int(purpose.pop("images", 1)) > 1:
        raise provider_error(
            400, f"offline/{model} looks at one image at a time. Choose another model for sets of images."
        )
    images = [_opened(url) for url in _image_urls(messages)]
    if name == "style_image":
        seed = zlib.crc32(f"{purpose.get('variant', 1)} {purpose.get('prompt', '')}".encode())
        measured = [measure(image) for image in images]
        return "", palette_study.draw(measured, str(purpose.get("aspect_ratio") or "1:1"), seed)
    if name == "style_judgement":
        if len(images) < 2:
            raise provider_error(400, "A judge needs references and a new image. Send both.")
        *references, made = [measure(image) for image in images]
        return judge.reply(references, made), None
    # The image in question comes last; those before it are examples.
    last = images[-1] if images else None
    if model == "see":
        return seen_replies.reply(last, name, purpose), None
    return responses.reply(measure(last) if last else None, name, purpose), None


def _image_urls(messages: list[Any]) -> list[str]:
    contents = [message["content"] for message in messages if isinstance(message.get("content"), list)]
    return [part["image_url"]["url"] for content in contents for part in content if part["type"] == "image_url"]


def _opened(url: str) -> "Image":
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1])), formats=("JPEG", "PNG", "WEBP"))
        if image.width * image.height > _MAX_PIXELS:
            raise provider_error(400, "The image is larger than the offline models take. Send a smaller one.")
        image.load()
        return image
    except (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError) as error:
        raise provider_error(400, "The image cannot be read. Send a JPEG, PNG or WebP image.") from error
