"""Pictures to try Vitrine with, on the disk: what the notebook ``docs/tour.ipynb`` and ``help(vitrine)`` import."""

from pathlib import Path


def sample_images() -> Path:
    """Return a directory of 21 rendered pictures: still lifes, charts, signs, games; free under the project's license.

    Three pairs differ in one thing, such as ``apples_four.jpg`` and ``apples_five.jpg``.
    """
    return Path(__file__).with_name("sample_images")
