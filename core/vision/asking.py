"""Asking the vision model of a task about one image."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from core.errors import LLMError, VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.llm import ChatReply, ModelConfig

Size = tuple[int, int]


async def ask(
    image: AnalyzedImage, tools: Tools, prompt: Callable[[Size], str], schema: "type[BaseModel] | None" = None
) -> "tuple[ChatReply, Size]":
    """Return the reply of the model, and the size in px of the image that it was sent.

    Args:
        prompt: makes the prompt for the size of the image that is sent.

    Raises:
        ImageRejectedError: the original cannot be decoded.
        LLMError: the model could not be reached, or its reply cannot be used.
    """
    from core.llm import ChatRequest, ImagePart  # workers, which import analyzers too, ask no model

    config = model_of(tools)
    sent = await asyncio.to_thread(tools.images.model_image, image.row, config.max_side_px)
    part = ImagePart(sent.data, sent.mime_type)
    request = ChatRequest(prompt(sent.size_wh), images=(part,), schema=schema)
    return await tools.llm.chat(config, request, ledger=tools.ledger), sent.size_wh


_VECTOR_SIDE_PX = 512
"""Of images that are sent for a vector: such models see 224 to 512 px, and some charge by the pixel."""


async def vector_of(image: AnalyzedImage, tools: Tools) -> "tuple[list[float], ChatReply]":
    """Return the vector of an image by the embedding model of the task, and the reply that it came in.

    Raises:
        ImageRejectedError: the original cannot be decoded.
        LLMError: the model could not be reached, or its reply cannot be used.
    """
    from core.llm import ImagePart

    config = tools.embedding_model
    assert config is not None  # noqa: S101 - the caller has looked
    sent = await asyncio.to_thread(tools.images.model_image, image.row, config.max_side_px or _VECTOR_SIDE_PX)
    return await tools.llm.embed_image(config, ImagePart(sent.data, sent.mime_type), ledger=tools.ledger)


async def each(
    images: Sequence[AnalyzedImage], analyze: Callable[[AnalyzedImage], Awaitable[Analysis]]
) -> list[Analysis | VitrineError]:
    """Return the analysis of each image, one after the other; an error takes the position of one that failed.

    Raises:
        LLMError: every further call would fail the same way.
    """
    found: list[Analysis | VitrineError] = []
    for image in images:
        try:
            found.append(await analyze(image))
        except VitrineError as error:
            if isinstance(error, LLMError) and error.stops_task:
                raise
            found.append(error)
    return found


def model_of(tools: Tools) -> "ModelConfig":
    """Return the model of the task; the caller has checked that it names one."""
    assert tools.model is not None  # noqa: S101 - ``missing`` of the analyzer says so before
    return tools.model
