"""Images to try Vitrine with, on the disk: what the sample project has, and what ``help(vitrine)`` imports."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Drawing:
    """One drawn image."""

    name: str
    data: bytes
    """An encoded image: JPEG, PNG or WebP."""


def sample_images() -> Path:
    """Return a directory of 21 rendered pictures: still lifes, charts, signs, games; free under the project's license.

    Three pairs differ in one thing, such as ``apples_four.jpg`` and ``apples_five.jpg``.
    """
    return Path(__file__).with_name("sample_images")


def drawn_images() -> Path:
    """Return a directory of twelve drawn images; free under the project's license.

    They share a style that can be learned from them: warm paper, five flat colors, simple shapes. Their finish differs
    (plain, grain, dusk), so that the style has variation.
    """
    return Path(__file__).with_name("drawn_images")


def drawings() -> list[Drawing]:
    """Return the drawn images, by name."""
    return [Drawing(file.name, file.read_bytes()) for file in sorted(drawn_images().iterdir())]
