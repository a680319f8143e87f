"""The connection test sends one small red image and reads the color."""

import io

import pytest
from PIL import Image

from core.errors import AccessDeniedError
from core.llm import ModelConfig, connection_test, litellm_client
from core.llm.types import ChatReply, ChatRequest

CONFIG = ModelConfig("openai/gpt-4o", api_key="sk-0123456789")


@pytest.fixture(autouse=True)
def _loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def loaded() -> None:
        pass

    monkeypatch.setattr(litellm_client, "loaded", loaded)


class _Model:
    def __init__(self, text: str = "", error: Exception | None = None) -> None:
        self._text, self._error = text, error
        self.sent: list[tuple[ModelConfig, ChatRequest]] = []

    async def chat(self, config: ModelConfig, request: ChatRequest) -> ChatReply:
        self.sent.append((config, request))
        if self._error is not None:
            raise self._error
        return ChatReply(self._text, None, "openai/gpt-4o", 10, 2, 0.5, "stop")


async def test_a_model_that_names_the_color_sees_images() -> None:
    model = _Model("It is  Crimson.")

    found = await connection_test.test_connection(model.chat, CONFIG)

    assert (found.ok, found.cost) == (True, 0.5)
    assert "openai/gpt-4o answered in 0.0 s and saw the test image." in found.message
    ((config, request),) = model.sent
    assert (config.timeout_s, request.fresh, len(request.images)) == (30.0, True, 1)
    with Image.open(io.BytesIO(request.images[0].data)) as image:
        assert (image.format, image.size) == ("JPEG", (96, 96))
        red, green, blue = image.convert("RGB").getpixel((48, 48))  # type: ignore[misc]
    assert red > 200 > 60 > max(green, blue)


@pytest.mark.parametrize(("given", "used"), [(None, 30.0), (5.0, 5.0), (120.0, 30.0)])
async def test_the_test_waits_at_most_thirty_seconds(given: float | None, used: float) -> None:
    model = _Model("red")

    await connection_test.test_connection(model.chat, ModelConfig("openai/gpt-4o", api_key="k", timeout_s=given))

    assert model.sent[0][0].timeout_s == used


async def test_a_model_that_names_no_color_may_not_see_images() -> None:
    found = await connection_test.test_connection(_Model("I cannot " + "x" * 300).chat, CONFIG)

    assert found.ok is True
    assert found.message.endswith("Its answer: " + ("I cannot " + "x" * 300)[:120])


async def test_an_error_of_the_model_is_the_message() -> None:
    found = await connection_test.test_connection(_Model(error=AccessDeniedError("The key is wrong.")).chat, CONFIG)

    assert (found.ok, found.message, found.cost) == (False, "The key is wrong.", None)


async def test_a_model_that_only_makes_images_is_not_called() -> None:
    model = _Model("red")

    found = await connection_test.test_connection(model.chat, ModelConfig("openai/gpt-image-1", api_key="k"))

    assert (found.ok, model.sent) == (False, [])
    assert "only makes images" in found.message
