import asyncio
import io

import pytest
from PIL import Image

from core.llm import ChatRequest, LLMService
from tests.fakes.provider import WIRE_FORMATS, FakeProvider


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A small JPEG, red on the left and blue on the right."""
    image = Image.new("RGB", (96, 64), "blue")
    image.paste("red", (0, 0, 64, 64))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=90)
    return written.getvalue()


@pytest.fixture(scope="session", autouse=True)
def _warm_litellm() -> None:
    """Make litellm import what each wire format needs, which takes seconds, before any time limit is measured."""

    async def one_call_each() -> None:
        with FakeProvider() as provider:
            for wire in WIRE_FORMATS:
                await LLMService().chat(provider.config(wire), ChatRequest("Hello"))

    asyncio.run(one_call_each())
