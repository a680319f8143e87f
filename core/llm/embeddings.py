"""Vectors of images by embedding models of providers: each takes an image in a form of its own.

Most take a data URL in the place of a text, which litellm turns into what Jina, Cohere, Gemini, Vertex AI and Bedrock
want. Voyage takes a list of parts; vLLM takes the messages of a chat instead of an input.
"""

import base64
from typing import Any

from core.errors import BadReplyError
from core.llm import keys, litellm_client, providers
from core.llm.ledger import CallStart, Ledger, parameters_of, request_hash
from core.llm.packed_vectors import unpacked
from core.llm.retry import RetryingSender
from core.llm.types import ChatReply, ChatRequest, ImagePart, ModelConfig, RetryPolicy

_TOKENS = 600
"""An estimate for the limit of tokens per minute: an image of 512 px has 250 (Gemini) to 1,600 (Cohere)."""


async def embed_image(
    config: ModelConfig, image: ImagePart, ledger: Ledger | None, policy: RetryPolicy
) -> tuple[list[float], ChatReply]:
    """Return the vector of *image*, and the reply that it came in, whose text is the vector as the ledger keeps it.

    An image whose vector was paid for before is answered from the ledger.

    Raises:
        BadReplyError: the reply has no vector.
        LLMError: as listed in :mod:`core.errors`.
    """
    digest = request_hash(config, ChatRequest("", images=(image,)))
    paid = await ledger.find_paid(digest) if ledger is not None else None
    if paid is not None and (known := unpacked(paid.text)) is not None:
        return known, _reply(config, paid.text, None, None, 0.0, paid.call_id, cached=True)
    start = CallStart(config.litellm_model, digest, "", parameters_of(config), attempt=1, purpose="embedding")
    sender = RetryingSender(start, ledger, policy)
    raw, call_id = await sender.send(
        config, _TOKENS, lambda: litellm_client.request_vector(config, _input(config, image))
    )
    vector = unpacked(raw.text)
    if vector is None:
        error = BadReplyError(
            f"{config.litellm_model} sent no vector of finite numbers. Choose a model that makes vectors of images."
        )
        await sender.write_failure(call_id, error, raw)
        raise error
    return vector, _reply(config, raw.text, raw.prompt_tokens, raw.completion_tokens, raw.cost, call_id)


def _input(config: ModelConfig, image: ImagePart) -> dict[str, Any]:
    """Return the arguments that carry the image, in the form of the provider."""
    url = f"data:{image.mime_type};base64,{base64.b64encode(image.data).decode()}"
    match providers.find(keys.provider_of(config)).image_embedding:
        case "content":
            return {"input": [{"content": [{"type": "image_base64", "image_base64": url}]}]}
        case "messages":
            content = [{"type": "image_url", "image_url": {"url": url}}]
            return {"messages": [{"role": "user", "content": content}]}
        case "data url":
            return {"input": [url]}


def _reply(
    config: ModelConfig, text: str, prompt_tokens: int | None, completion_tokens: int | None, cost: float | None,
    call_id: int | None, *, cached: bool = False,
) -> ChatReply:  # fmt: skip
    return ChatReply(
        text=text, parsed=None, model=config.litellm_model, prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens, cost=cost, finish_reason="stop", call_id=call_id, cached=cached,
    )  # fmt: skip
