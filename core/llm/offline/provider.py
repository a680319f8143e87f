"""offline/measure as a provider of litellm, so that its calls take the same way as everybody else's."""

import asyncio
import base64
import io
import zlib
from collections.abc import Mapping
from typing import Any

from litellm import Usage
from litellm.llms.custom_llm import CustomLLM

from core.llm.offline import judge, palette_study, speaker
from core.measure import Measurement, measure

_MAX_PIXELS = 50_000_000


class OfflineProvider(CustomLLM):
    """Answers from measurements alone; what is asked for comes as the parameter ``purpose``."""

    async def acompletion(  # type: ignore[override]  # litellm passes everything by name
        self, model: str, messages: list[Any], model_response: Any, optional_params: Mapping[str, Any], **_: Any
    ) -> Any:
        if model != "measure":
            raise _refusal(404, f"The model offline/{model} does not exist. Use offline/measure.")
        purpose = dict(optional_params.get("purpose") or {})
        text, image = await asyncio.to_thread(_work, messages, purpose)
        choice = model_response.choices[0]
        choice.message.content, choice.finish_reason = text, "stop"
        if image is not None:
            url = "data:image/png;base64," + base64.b64encode(image).decode()
            choice.message.images = [{"type": "image_url", "image_url": {"url": url}}]
        model_response.model = "measure"
        model_response.usage = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
        return model_response


def _work(messages: list[Any], purpose: dict[str, Any]) -> tuple[str, bytes | None]:
    name = str(purpose.pop("name", "free"))
    measured = [_measured(url) for url in _image_urls(messages)]
    if name == "style_image":
        seed = zlib.crc32(f"{purpose.get('variant', 1)} {purpose.get('prompt', '')}".encode())
        return "", palette_study.draw(measured, str(purpose.get("aspect_ratio") or "1:1"), seed)
    if name == "style_judgement":
        if len(measured) < 2:
            raise _refusal(400, "A judge needs references and a new image. Send both.")
        return judge.reply(measured[:-1], measured[-1]), None
    # The image that is meant comes last; those before it are examples.
    return speaker.reply(measured[-1] if measured else None, name, purpose), None


def _image_urls(messages: list[Any]) -> list[str]:
    contents = [message["content"] for message in messages if isinstance(message.get("content"), list)]
    return [part["image_url"]["url"] for content in contents for part in content if part["type"] == "image_url"]


def _measured(url: str) -> Measurement:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1])), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise _refusal(400, "The image is larger than offline/measure takes. Send a smaller one.")
            return measure(image)
    except (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError) as error:
        raise _refusal(400, "The image cannot be read. Send a JPEG, PNG or WebP image.") from error


def _refusal(status: int, sentence: str) -> Exception:
    from litellm.llms.custom_llm import CustomLLMError

    return CustomLLMError(status, sentence)  # type: ignore[no-untyped-call]
