"""For any configuration: a model without vision is sent no image, and every other the intended one, upright."""

import asyncio
import io
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core import ImageService, ProjectService, connect
from core.errors import NoVisionError
from core.llm import OFFLINE_MODELS, ChatRequest, ImagePart, LLMService, ModelConfig
from core.llm.models import entry_of
from tests.fakes.provider import WIRE_FORMATS, FakeProvider, WireFormat

WITHOUT_VISION = ("gpt-3.5-turbo", "gpt-4", "gpt-4-0613", "o3-mini", "gpt-3.5-turbo-16k")
CORNERS = ("#d01010", "#10a010", "#1010d0", "#e0e010")
"""Top left, top right, bottom left, bottom right, seen upright."""
# The transformation of an upright image that this EXIF orientation reverses.
TRANSFORMATIONS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    """A provider that also receives calls without a custom address."""
    with FakeProvider() as running, pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_API_BASE", f"{running.url}/v1")
        yield running


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ImageService, str]]:
    with connect(tmp_path_factory.mktemp("library")) as db:
        yield ImageService(db), ProjectService(db).create_project("Shelf").id


def _photo(size_wh: tuple[int, int], orientation: int) -> bytes:
    """Return a JPEG with a color in each corner, stored transformed and marked with its EXIF orientation."""
    width, height = size_wh
    image = Image.new("RGB", size_wh, CORNERS[0])
    image.paste(CORNERS[1], (width // 2, 0, width, height // 2))
    image.paste(CORNERS[2], (0, height // 2, width // 2, height))
    image.paste(CORNERS[3], (width // 2, height // 2, width, height))
    turn = TRANSFORMATIONS[orientation]
    image = image if turn is None else image.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    written = io.BytesIO()
    image.save(written, "JPEG", quality=95, exif=exif)
    return written.getvalue()


def _corners(image: Image.Image) -> list[tuple[int, int, int]]:
    width, height = image.size
    points = [(x, y) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [image.convert("RGB").getpixel(point) for point in points]  # type: ignore[misc]


def _near(color: tuple[int, int, int], hex_color: str) -> bool:
    other = bytes.fromhex(hex_color[1:])
    return all(abs(a - b) <= 40 for a, b in zip(color, other, strict=True))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wire=st.sampled_from(WIRE_FORMATS),
    size_wh=st.tuples(st.integers(200, 700), st.integers(200, 700)),
    orientation=st.integers(1, 8),
    cap_px=st.integers(160, 600),
    temperature=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(16, 4096),
)
def test_the_intended_image_is_sent_upright_and_within_the_size_limit(
    provider: FakeProvider,
    library: tuple[ImageService, str],
    wire: WireFormat,
    size_wh: tuple[int, int],
    orientation: int,
    cap_px: int,
    temperature: float | None,
    max_tokens: int | None,
) -> None:
    images, project_id = library
    (added,) = images.intake.add_images(project_id, [("meant.jpg", _photo(size_wh, orientation))])
    if added.image is None:  # a size that was drawn before
        return
    sent = images.model_image(added.image, cap_px)
    config = provider.config(wire, max_side_px=cap_px, temperature=temperature, max_tokens=max_tokens)
    asyncio.run(LLMService().chat(config, ChatRequest("What is it?", (ImagePart(sent.data, sent.mime_type),))))
    (arrived,) = provider.calls[-1].images
    shown = Image.open(io.BytesIO(arrived))
    assert shown.format == "JPEG"
    assert max(shown.size) <= cap_px
    assert shown.getexif().get(0x0112, 1) == 1
    scale = min(1.0, cap_px / max(size_wh))
    assert all(abs(seen - side * scale) <= 1 for seen, side in zip(shown.size, size_wh, strict=True))
    assert all(_near(seen, meant) for seen, meant in zip(_corners(shown), CORNERS, strict=True))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    model=st.sampled_from(WITHOUT_VISION),
    prefixed=st.booleans(),
    images=st.integers(1, 3),
    key=st.text("abcdef0123456789", min_size=8, max_size=20),
    temperature=st.none() | st.floats(0, 2),
)
def test_no_image_is_sent_to_a_model_without_vision(
    provider: FakeProvider, model: str, prefixed: bool, images: int, key: str, temperature: float | None
) -> None:
    before = len(provider.calls)
    config = ModelConfig(f"openai/{model}" if prefixed else model, api_key=key, temperature=temperature)
    request = ChatRequest("What is it?", tuple(ImagePart(b"image") for _ in range(images)))
    with pytest.raises(NoVisionError) as caught:
        asyncio.run(LLMService().chat(config, request))
    named = str(caught.value).split("for example ")[1].rstrip(".").split(", ")
    assert named
    assert all(name in OFFLINE_MODELS or entry_of(name)["supports_vision"] for name in named)
    assert len(provider.calls) == before


@pytest.mark.parametrize("model", ["openai/unknown-model", "openai/gpt-3.5-turbo"])
async def test_at_a_custom_url_vision_is_unknown_from_the_name(provider: FakeProvider, model: str, jpeg: bytes) -> None:
    await LLMService().chat(provider.config(model=model), ChatRequest("?", (ImagePart(jpeg),)))
    assert provider.calls[-1].images == [jpeg]
