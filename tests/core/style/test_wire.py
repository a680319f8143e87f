"""What each family of image models really receives: references, order, prompt last, aspect ratio and size."""

import base64
import json
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from core import ImageService, LLMService, Projects, StyleGenerationService
from core.db import Database
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.http_server import Answer
from tests.fakes.provider import Call, FakeProvider, Reply

NEW = encoded(drawn(WARM_SOFT, 90, (64, 64)))
PROMPT = "A teapot on a table"
CASES = [(0, 0), (1, 0), (1, 1), (5, 0), (5, 2), (5, 5), (14, 0), (14, 3), (14, 14)]
"""How many references are wanted, and how many of them (the first ones) cannot be read."""


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(Reply(text=None, images=(NEW,))) as running:
        yield running


class StyleSetup:
    """A style dataset of fourteen images, some of which can be made unreadable."""

    def __init__(self, db: Database, project: Projects) -> None:
        self.images = ImageService(db)
        self.style = StyleGenerationService(db, LLMService(), self.images)
        files = [(f"{content}.png", encoded(drawn(WARM_SOFT, content, (96, 72)))) for content in range(14)]
        self.stored = [outcome.image for outcome in self.images.intake.add_images(project.id, files) if outcome.image]
        self.bytes = [self.images.model_image(image, 1024).data for image in self.stored]
        self.dataset = self.style.create_style_dataset(project.id, "Warm")
        self.rows = self.style.add_images(self.dataset.id, [image.id for image in self.stored])

    async def generate(self, config: dict[str, Any], wanted: int, broken: int, **more: Any) -> list[bytes]:
        """Generate an image, and return the bytes of the references that should have been sent."""
        originals = [self.images.original_path(image) for image in self.stored[:broken]]
        for path in originals:
            path.rename(path.with_suffix(".away"))
        try:
            await self.style.generate_image(
                PROMPT, self.dataset.id, aspect_ratio="16:9", reference_image_count=wanted, config=config, keep=False,
                pinned=[row.id for row in self.rows[:wanted]], **more,
            )  # fmt: skip
        finally:
            for path in originals:
                path.with_suffix(".away").rename(path)
        return self.bytes[broken:wanted]


@pytest.fixture
def setup(db: Database, project: Projects) -> StyleSetup:
    return StyleSetup(db, project)


def expected_texts(wanted: int, broken: int) -> list[str]:
    """Return the texts between the images, the prompt last."""
    sent = wanted - broken
    match = f"Match the style and aesthetic of the {sent} reference image(s) provided.\n" if sent else ""
    return [*(f"Reference {number}:" for number in range(broken + 1, wanted + 1)), match + PROMPT]


async def test_gemini_gets_references_in_order_labeled_and_the_prompt_last(
    setup: StyleSetup, provider: FakeProvider
) -> None:
    config = provider.config("gemini", model="gemini/gemini-3-pro-image")
    given = {"model": config.model, "api_base": config.api_base, "api_key": config.api_key}

    for wanted, broken in CASES:
        sent = await setup.generate(given, wanted, broken, size="2K")
        call = provider.calls[-1]

        assert call.images == sent
        assert call.texts == expected_texts(wanted, broken)
        assert "text" in call.body["contents"][-1]["parts"][-1]
        generation = call.body["generationConfig"]
        assert generation["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}
        assert {modality.upper() for modality in generation["responseModalities"]} == {"IMAGE", "TEXT"}
    assert len(provider.calls) == len(CASES)


@pytest.mark.parametrize(
    ("model", "most", "size"),
    [("openrouter/google/gemini-3-pro-image", 14, {"size": "2K"}), ("openai/house-painter-image", 5, {})],
)
async def test_openrouter_and_gateways_get_the_same_as_a_chat(
    setup: StyleSetup, provider: FakeProvider, model: str, most: int, size: dict[str, str]
) -> None:
    given = {"model": model, "api_base": f"{provider.url}/v1", "api_key": "key-of-the-tests"}

    for wanted, broken in CASES:
        wanted, broken = min(wanted, most), min(broken, most)
        sent = await setup.generate(given, wanted, broken, **size)
        call = provider.calls[-1]

        assert call.images == sent
        assert call.texts == expected_texts(wanted, broken)
        content = call.body["messages"][-1]["content"]
        assert isinstance(content, str) or content[-1]["type"] == "text"
        assert call.body["image_config"] == {"aspect_ratio": "16:9"} | {f"image_{name}": v for name, v in size.items()}
        assert call.body["modalities"] == ["image", "text"]


async def test_gpt_image_gets_an_edit_with_all_references_in_order(setup: StyleSetup, provider: FakeProvider) -> None:
    body = json.dumps({"created": 1, "data": [{"b64_json": base64.b64encode(NEW).decode()}]}).encode()
    provider.default = Answer(body=body)
    given = {"model": "openai/gpt-image-2", "api_base": f"{provider.url}/v1", "api_key": "key-of-the-tests"}

    for wanted, broken in CASES:
        sent = await setup.generate(given, wanted, broken)
        call = provider.calls[-1]
        prompt = expected_texts(wanted, broken)[-1]

        if not sent:
            assert call.received.path.endswith("/images/generations")
            assert call.body["prompt"] == prompt
            assert call.body["size"] == "1360x768"
            continue
        fields = multipart(call)
        assert call.received.path.endswith("/images/edits")
        assert [content for name, content in fields if name == "image[]"] == sent
        assert dict(fields)["prompt"].decode() == prompt
        assert dict(fields)["size"] == b"1360x768"


def multipart(call: Call) -> list[tuple[str, bytes]]:
    """Return the fields of a multipart request in their order."""
    head = f"Content-Type: {call.received.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + call.received.body)
    return [
        (str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]
