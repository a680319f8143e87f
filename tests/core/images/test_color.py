"""Colors as sRGB: a gamma, primaries, and profiles of images with an alpha channel."""

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.images.color import matrix_profile, to_srgb

DISPLAY_P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def colors(image: Image.Image, **info: Any) -> list[int]:
    return np.asarray(to_srgb(image, info))[0, 0].tolist()


@pytest.mark.parametrize(
    ("gamma", "expected"),
    # 128 is (128 / 255) ** (1 / gamma) of the light; the curve of sRGB (IEC 61966-2-1) gives the value.
    [(1.0, 188), (0.45455, 128), (0.3, 89), (0.00001, 0), (0.0, 128)],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_gamma_brightens_or_darkens(gamma: float, expected: int, mode: str) -> None:
    image = Image.new(mode, (4, 4), (128, 128, 128) if mode == "RGB" else 128)

    assert colors(image, gamma=gamma) == pytest.approx([expected] * 3, abs=1)


def test_a_png_that_says_srgb_keeps_its_values() -> None:
    assert colors(Image.new("RGB", (4, 4), (1, 128, 200)), gamma=1.0, srgb=0) == [1, 128, 200]


def test_primaries_are_converted() -> None:
    # By the matrix of CSS Color 4, from linear Display P3 to linear sRGB.
    image = Image.new("RGB", (4, 4), (216, 64, 45))

    assert colors(image, gamma=1 / 2.2, chromaticity=DISPLAY_P3) == pytest.approx([236, 39, 19], abs=2)


@pytest.mark.parametrize("primaries", [(0.0,) * 8, (0.3, 0.3) * 4], ids=["zero", "a point"])
def test_senseless_primaries_are_ignored(primaries: tuple[float, ...]) -> None:
    assert colors(Image.new("RGB", (4, 4), (1, 128, 200)), gamma=0.5, chromaticity=primaries) == [1, 128, 200]


@pytest.mark.parametrize(("mode", "color"), [("RGBA", (128, 128, 128, 0)), ("LA", (128, 0))])
def test_transparent_parts_of_an_image_with_a_profile_are_white(mode: str, color: tuple[int, ...]) -> None:
    profile = matrix_profile(1.0, DISPLAY_P3)

    image = Image.new(mode, (4, 4), color)
    opaque = image.copy()
    opaque.putalpha(255)

    assert colors(image, icc_profile=profile) == [255, 255, 255]
    assert colors(opaque, icc_profile=profile) == pytest.approx([188] * 3, abs=1)


def press_profile(darkest: int) -> bytes:
    """Return a CMYK profile whose inks and black are neutral; full black has the lightness L* *darkest*.

    By ICC.1:2001-04: a table of 16 corners (lut8Type), black being the last channel.
    """
    corners = [darkest if ink % 2 else 100 - 20 * (ink >> 1).bit_count() for ink in range(16)]
    table = b"".join(bytes([round(lightness * 2.55), 128, 128]) for lightness in corners)
    identity = (65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = struct.pack(">4s4x4B9i", b"mft1", 4, 3, 2, 0, *identity) + bytes(range(256)) * 4 + table
    lut += bytes(range(256)) * 3
    white = struct.pack(">3i", 63190, 65536, 54061)
    head = struct.pack(">I4xI12s", 132 + 24 + len(lut) + 20, 0x02400000, b"prtrCMYKLab ").ljust(36, b"\0") + b"acsp"
    tags = struct.pack(">I4sII4sII", 2, b"A2B0", 156, len(lut), b"wtpt", 156 + len(lut), 20)
    return head.ljust(68, b"\0") + white.ljust(60, b"\0") + tags + lut + b"XYZ " + bytes(4) + white


@pytest.mark.parametrize(("ink", "expected"), [((0, 0, 0, 0), 255), ((0, 0, 0, 255), 48), ((255, 0, 0, 0), 198)])
def test_print_colors_are_as_light_as_their_profile_says(ink: tuple[int, ...], expected: int) -> None:
    # L* of 100, 20 and 80 as sRGB, by the formulas of CIE 1976 and IEC 61966-2-1.
    assert colors(Image.new("CMYK", (4, 4), ink), icc_profile=press_profile(20)) == pytest.approx([expected] * 3, abs=2)


def test_the_profile_is_read_as_one() -> None:
    from io import BytesIO

    profile = ImageCms.ImageCmsProfile(BytesIO(matrix_profile(0.5, DISPLAY_P3))).profile

    assert (profile.xcolor_space.strip(), profile.connection_space.strip(), profile.version) == ("RGB", "XYZ", 4.3)
    assert profile.is_matrix_shaper
