"""Pages of text and captioned pictures among photographs."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core import ImageService, Projects, StyleGenerationService
from core.db import Database, ImageAnalyses
from core.style.features import measure_style
from core.style.references import TEXT
from core.style.requests import StyleRequest
from core.style.text_pages import looks_like_page, text_share, without_their_kind
from tests.core.style.looks import COLD_GRAINY, DARK, WARM_SOFT, drawn, encoded


def page(seed: int, paper: int = 252, ink: int = 20) -> Image.Image:
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (420, 594), (paper,) * 3)
    canvas = ImageDraw.Draw(image)
    for line in range(36):
        words = " ".join("".join("etaoinsh"[i] for i in chance.integers(0, 8, 5)) for _ in range(9))
        canvas.text((30, 24 + 15 * line), words, fill=(ink,) * 3)
    return image


def test_paper_with_letters_is_a_page_and_drawings_and_blank_paper_are_not() -> None:
    assert looks_like_page(measure_style(page(1)))
    assert looks_like_page(measure_style(page(2, paper=20, ink=230)))
    for other in (drawn(WARM_SOFT, 1), drawn(COLD_GRAINY, 1), drawn(DARK, 1), Image.new("RGB", (200, 200), "white")):
        assert not looks_like_page(measure_style(other))


def test_text_that_was_read_counts_more_than_the_look_of_the_image() -> None:
    photo, paper = measure_style(drawn(WARM_SOFT, 1)), measure_style(page(1))
    features = {"photo": photo, "meme": photo, "sign": photo, "paper": paper, "drawing": paper}
    shares = {"meme": (0.2, 2), "sign": (0.03, 1), "drawing": (0.0, 0)}
    assert without_their_kind(features, shares) == {"meme", "paper"}


@pytest.mark.parametrize(
    ("share", "lines", "is_text"),
    [(0.08, 0, False), (0.081, 0, True), (0.0, 20, False), (0.0, 21, True)],
)
def test_much_text_is_more_than_8_percent_of_an_image_or_more_than_20_lines(
    share: float, lines: int, is_text: bool
) -> None:
    assert without_their_kind({"one": None, "other": None}, {"one": (share, lines)}) == ({"one"} if is_text else set())


@pytest.mark.parametrize(
    ("measured", "is_page"),
    [
        ({}, True), ({"highlight": 0.0, "shadow": 70.1}, True), ({"highlight": 70.0}, False), ({"chroma": 6.0}, False),
        ({"detail": 0.8}, False),
    ],
)  # fmt: skip
def test_a_page_has_no_color_much_paper_and_fine_detail(measured: dict[str, float], is_page: bool) -> None:
    values = {"chroma": 5.9, "highlight": 70.1, "shadow": 0.0, "detail": 0.81} | measured
    features: Any = SimpleNamespace(overall=values.__getitem__, group=lambda _name: [values["detail"], 0.0])

    assert looks_like_page(features) is is_page


def test_texts_are_the_style_of_a_set_only_where_they_are_more_than_half_of_it() -> None:
    much, little = (0.5, 9), (0.0, 0)
    half = {"a": much, "b": much, "c": little, "d": little}

    assert without_their_kind(dict.fromkeys(half), half) == {"a", "b"}
    assert without_their_kind(dict.fromkeys("abc"), {"a": much, "b": much, "c": little}) == set()


def test_in_a_set_of_pages_pages_are_the_style() -> None:
    features = {str(number): measure_style(page(number)) for number in range(3)} | {"photo": None}
    assert without_their_kind(features, {}) == set()


def test_the_share_of_text_is_that_of_its_boxes() -> None:
    lines = [{"box_xyxy": [0, 0, 50, 10]}, {"box_xyxy": [0, 20, 50, 30]}]
    assert text_share(lines, 100, 100) == (0.1, 2)
    assert text_share([], None, None) == (0.0, 0)
    assert text_share(lines, 100, None) == text_share(lines, None, 100) == (1_000.0, 2)
    assert text_share([{"box_xyxy": [50, 10, 0, 20]}, {"box_xyxy": [0, 20, 50, 10]}], 100, 100) == (0.0, 2)


def test_a_page_is_no_reference_among_photographs_unless_it_is_pinned(
    style: StyleGenerationService, images: ImageService, project: Projects, db: Database
) -> None:
    files = [(f"warm-{n}.png", encoded(drawn(WARM_SOFT, n))) for n in range(5)] + [("page.png", encoded(page(1)))]
    ids = [outcome.image.id for outcome in images.intake.add_images(project.id, files) if outcome.image]
    dataset = style.create_style_dataset(project.id, "Mixed")
    rows = style.add_images(dataset.id, ids)
    style.analysis.measure_images(dataset.id)
    with db.transaction() as session:  # the first photograph has a caption over it
        result = {"lines": [{"text": "WHEN", "score": 1, "box_xyxy": [0, 0, 192, 40]}]}
        session.add(ImageAnalyses(image_id=ids[0], project_id=project.id, analyzer="text", version="1", result=result))

    shown = style.generator.preview(StyleRequest("A cup", dataset.id), project_id=project.id)
    left_out = {group.reason: {entry.name for entry in group.examples} for group in shown.left_out}
    assert left_out[TEXT] == {"warm-0.png", "page.png"}

    pinned = style.generator.preview(StyleRequest("A cup", dataset.id, pinned=(rows[-1].id,)), project_id=project.id)
    assert pinned.references[0].name == "page.png"
