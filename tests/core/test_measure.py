"""Measurements of drawn images with known values."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.measure import NamedColor, color_name, hash_distance, measure


def halves(left: str, right: str, size_wh: tuple[int, int] = (200, 100)) -> Image.Image:
    image = Image.new("RGB", size_wh, left)
    image.paste(right, (size_wh[0] // 2, 0, *size_wh))
    return image


def checkerboard(side_px: int = 256, cell_px: int = 8) -> Image.Image:
    y, x = np.indices((side_px, side_px)) // cell_px
    return Image.fromarray((((x + y) % 2) * 255).astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize(
    ("hex_", "name"),
    [
        ("#ff0000", "red"), ("#d62728", "red"), ("#00ff00", "green"), ("#006400", "green"), ("#0000ff", "blue"),
        ("#87ceeb", "blue"), ("#000080", "dark blue"), ("#ffff00", "yellow"), ("#ffd700", "yellow"),
        ("#ff7f0e", "orange"), ("#800080", "purple"), ("#ff69b4", "pink"), ("#8b4513", "brown"),
        ("#40e0d0", "turquoise"), ("#f5f5dc", "beige"), ("#ffffff", "white"), ("#000000", "black"),
        ("#808080", "gray"), ("#444444", "dark gray"), ("#cccccc", "light gray"),
    ],
)  # fmt: skip
def test_a_color_gets_its_common_name(hex_: str, name: str) -> None:
    assert color_name(tuple(bytes.fromhex(hex_[1:]))) == name


def test_the_dominant_colors_of_two_halves_have_the_exact_hex_value_and_share() -> None:
    measured = measure(halves("#d62728", "#1f77b4"))

    assert measured.size_wh == (200, 100)
    assert measured.orientation == "landscape"
    assert measured.colors == (NamedColor("red", "#d62728", 0.5), NamedColor("blue", "#1f77b4", 0.5))
    assert measured.average_color == "#7a4f6e"


def test_the_share_of_a_drawn_square_is_its_area() -> None:
    image = Image.new("RGB", (100, 100), "white")
    image.paste("#2ca02c", (20, 30, 70, 80))

    measured = measure(image)

    assert measured.colors == (NamedColor("white", "#ffffff", 0.75), NamedColor("green", "#2ca02c", 0.25))
    assert measured.background == NamedColor("white", "#ffffff", 0.75)


@pytest.mark.parametrize(
    ("size_wh", "orientation"),
    [((300, 200), "landscape"), ((200, 300), "portrait"), ((200, 200), "square"), ((200, 201), "square")],
)
def test_the_orientation_follows_from_the_side_lengths(size_wh: tuple[int, int], orientation: str) -> None:
    assert measure(Image.new("RGB", size_wh)).orientation == orientation


def test_brightness_is_0_for_black_and_100_for_white() -> None:
    assert measure(Image.new("RGB", (50, 50), "black")).brightness == 0.0
    assert measure(Image.new("RGB", (50, 50), "white")).brightness == 100.0
    assert measure(Image.new("RGB", (50, 50), "#777777")).brightness == pytest.approx(50, abs=0.5)


def test_contrast_is_the_standard_deviation_of_the_lightness() -> None:
    assert measure(Image.new("RGB", (50, 50), "red")).contrast == 0.0
    assert measure(halves("black", "white")).contrast == 50.0


def test_a_blurred_image_is_less_sharp() -> None:
    sharp = checkerboard()

    assert measure(sharp).sharpness > 50 * measure(sharp.filter(ImageFilter.GaussianBlur(4))).sharpness
    assert measure(Image.new("RGB", (50, 50), "red")).sharpness == 0.0


def test_warmth_and_saturation_reach_their_extremes_for_pure_colors_and_gray() -> None:
    assert measure(Image.new("RGB", (50, 50), "#ff0000")).warmth == 1.0
    assert measure(Image.new("RGB", (50, 50), "#0000ff")).warmth == -1.0
    assert measure(Image.new("RGB", (50, 50), "#ff0000")).saturation == 1.0
    assert measure(Image.new("RGB", (50, 50), "#808080")).saturation == 0.0


def test_the_brightest_and_the_darkest_region_are_named() -> None:
    image = Image.new("RGB", (90, 90), "#808080")
    ImageDraw.Draw(image).rectangle((60, 0, 89, 29), fill="white")
    ImageDraw.Draw(image).rectangle((0, 30, 29, 59), fill="black")

    measured = measure(image)

    assert (measured.brightest_region, measured.darkest_region) == ("top right", "left")


def test_a_plain_image_has_no_brightest_region_and_is_all_background() -> None:
    measured = measure(Image.new("RGB", (90, 90), "#ff7f0e"))

    assert measured.brightest_region is None
    assert measured.darkest_region is None
    assert measured.background == NamedColor("orange", "#ff7f0e", 1.0)


def test_the_hash_is_robust_to_scaling_and_the_mirror_hash_to_mirroring() -> None:
    image = Image.new("RGB", (640, 480), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 300, 300), fill="#d62728")
    draw.rectangle((350, 200, 600, 460), fill="#1f77b4")

    measured = measure(image)
    smaller = measure(image.resize((320, 240)))
    mirrored = measure(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))

    assert len(measured.dhash) == 16
    assert hash_distance(measured.dhash, smaller.dhash) <= 2
    assert hash_distance(measured.mirror_dhash, mirrored.dhash) <= 2
    assert hash_distance(measured.dhash, mirrored.dhash) > 8


def test_equal_pixels_give_equal_measurements() -> None:
    image = checkerboard()

    assert measure(image) == measure(image.copy())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_image_mode_of_pillow_can_be_measured(mode: str) -> None:
    white = Image.new(
        mode, (40, 40), {"CMYK": (0, 0, 0, 0), "I;16": 65535, "I": 65535, "F": 65535.0}.get(mode, "white")
    )

    assert measure(white).average_color == "#ffffff"


def test_transparent_pixels_count_as_white() -> None:
    assert measure(Image.new("RGBA", (10, 10), (255, 0, 0, 0))).average_color == "#ffffff"


@pytest.mark.parametrize("size_wh", [(1, 1), (1, 500), (500, 1), (2, 3)])
def test_a_tiny_image_can_be_measured(size_wh: tuple[int, int]) -> None:
    measured = measure(Image.new("RGB", size_wh, "blue"))

    assert measured.size_wh == size_wh
    assert measured.colors[0].name == "blue"


def test_measuring_does_not_change_the_image() -> None:
    image = checkerboard(1000)
    measure(image)

    assert image.size == (1000, 1000)
