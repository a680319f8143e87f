"""Measurements of drawn images with known values."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.measure import (
    REGIONS,
    Measurement,
    NamedColor,
    _codes,
    _lab,
    _tables,
    color_name,
    hash_distance,
    measure,
)


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


def test_a_drawn_image_has_every_number_that_was_worked_out_for_it() -> None:
    y, x = np.indices((30, 21))
    drawn = np.stack([x * 12, y * 8, (x * y * 5) % 256], axis=-1).astype(np.uint8)
    assert measure(Image.fromarray(drawn)) == Measurement(
        size_wh=(21, 30), orientation="portrait", average_color="#787471",
        colors=(
            NamedColor("green", "#4baa41", 0.2619), NamedColor("purple", "#9148c0", 0.1413),
            NamedColor("pink", "#d1489d", 0.0984), NamedColor("blue", "#5780d0", 0.0841),
            NamedColor("turquoise", "#3aa8ac", 0.0794),
        ),
        brightness=52.91, contrast=20.39, sharpness=1265.48, saturation=0.4575, warmth=0.0257,
        brightest_region="bottom right", darkest_region="top left", background=NamedColor("black", "#000000", 0.0095),
        dhash="ffffdfffffffffff", mirror_dhash="0000040000000000",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rgb", "lab", "brightness"),
    [
        ((255, 0, 0), (53.24, 80.09, 67.20), 53.24), ((0, 255, 0), (87.74, -86.18, 83.18), 87.74),
        ((0, 0, 255), (32.30, 79.19, -107.86), 32.32), ((255, 255, 255), (100.0, 0.0, 0.0), 100.0),
        ((128, 128, 128), (53.59, 0.0, 0.0), 53.59), ((10, 10, 10), (2.74, 0.0, 0.0), 2.65),
        ((11, 11, 11), (3.02, 0.0, 0.0), 3.09), ((5, 5, 5), (1.37, 0.0, 0.0), 1.32),
    ],
)  # fmt: skip
def test_lightness_and_lab_are_those_of_the_tables_of_colors(
    rgb: tuple[int, int, int], lab: tuple[float, float, float], brightness: float
) -> None:
    assert _lab(np.array(rgb, dtype=float)) == pytest.approx(lab, abs=0.025)
    assert measure(Image.new("RGB", (5, 5), rgb)).brightness == brightness


def test_a_color_is_looked_up_by_the_middle_of_its_cell() -> None:
    table, _ = _tables()
    assert table.shape == (32_768, 3)
    for rgb, middle in (((255, 0, 0), (251.5, 3.5, 3.5)), ((0, 9, 130), (3.5, 11.5, 131.5))):
        assert table[_codes(np.array(rgb, dtype=np.uint8))] == pytest.approx(_lab(np.array(middle)), abs=1e-4)


@pytest.mark.parametrize("number", range(9))
def test_the_brightest_of_nine_pixels_is_in_the_region_of_its_name(number: int) -> None:
    image = Image.new("RGB", (3, 3), "#808080")
    image.putpixel((number % 3, number // 3), (255, 255, 255))
    image.putpixel(((number + 1) % 9 % 3, (number + 1) % 9 // 3), (0, 0, 0))
    measured = measure(image)
    assert (measured.brightest_region, measured.darkest_region) == (REGIONS[number], REGIONS[(number + 1) % 9])


def test_of_two_rows_the_first_two_regions_share_the_upper_one() -> None:
    image = Image.new("RGB", (2, 2), "black")
    image.putpixel((1, 1), (255, 255, 255))
    assert measure(image).brightest_region == "bottom right"
    image.putpixel((0, 0), (255, 255, 255))
    assert measure(image).darkest_region == "top right"


def test_a_color_of_3_percent_is_dominant_and_there_are_five_at_most() -> None:
    image = Image.new("RGB", (10, 10), "white")
    for place in range(3):
        image.putpixel((place, 0), (255, 0, 0))
    assert [color.name for color in measure(image).colors] == ["white", "red"]
    image.putpixel((0, 0), (255, 255, 255))
    assert [color.name for color in measure(image).colors] == ["white"]
    stripes = Image.new("RGB", (60, 10))
    for number, color in enumerate(("#000000", "#ff0000", "#ffff00", "#00ff00", "#0000ff", "#ffffff")):
        stripes.paste(color, (number * 10, 0, number * 10 + 10, 10))
    assert [color.name for color in measure(stripes).colors] == ["black", "white", "red", "yellow", "green"]


def test_the_background_has_the_pixels_that_look_like_the_border() -> None:
    image = Image.new("RGB", (100, 100), "#808080")
    image.paste("#8a8a8a", (10, 10, 30, 20))  # hardly brighter
    image.paste("#a0a0a0", (40, 40, 60, 50))
    assert measure(image).background == NamedColor("gray", "#808080", 0.98)


@pytest.mark.parametrize(
    ("size_wh", "orientation"),
    [((100, 98), "square"), ((98, 100), "square"), ((100, 97), "landscape"), ((97, 100), "portrait")],
)
def test_sides_within_2_percent_are_square(size_wh: tuple[int, int], orientation: str) -> None:
    assert measure(Image.new("RGB", size_wh)).orientation == orientation


def test_an_image_below_3_pixels_has_no_sharpness_and_a_distance_counts_bits() -> None:
    narrow = Image.new("RGB", (2, 9), "white")
    narrow.putpixel((0, 4), (0, 0, 0))
    assert measure(narrow).sharpness == 0.0
    assert (hash_distance("00ff", "0000"), hash_distance("0f0f", "0f0f")) == (8, 0)
