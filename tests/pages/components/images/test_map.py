"""The map of the images: its colors can be told apart, and its keys are documented."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from pages.components.images import map as image_map

ROOT = Path(__file__).parents[4]
HERE = Path(image_map.__file__).parent
PALETTE = json.loads((HERE / "palette.json").read_text(encoding="utf-8"))
BACKGROUNDS = {"light": "#ffffff", "dark": "#14181c"}
# How colors are seen by most people, and without red, green or blue cones; on linear RGB.
# Machado, Oliveira, Fernandes 2009, https://doi.org/10.1109/TVCG.2009.113
SEEN_AS = {
    "by most": np.eye(3),
    "without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "without blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}  # fmt: skip
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(color: str) -> np.ndarray:
    values = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    relative = _TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colors_stand_out_from_the_background(theme: str) -> None:
    below = _TO_XYZ[1] @ linear(BACKGROUNDS[theme]) + 0.05
    for color in PALETTE[theme]:
        contrast = (_TO_XYZ[1] @ linear(color) + 0.05) / below
        assert max(contrast, 1 / contrast) >= 3, color


@pytest.mark.parametrize("seen_as", SEEN_AS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colors_can_be_told_apart(theme: str, seen_as: str) -> None:
    seen = {color: lab(np.array(SEEN_AS[seen_as]) @ linear(color)) for color in PALETTE[theme]}
    least = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in itertools.combinations(seen, 2)}
    assert min(least.values()) >= 25, min(least, key=lambda pair: float(least[pair]))


def test_the_documentation_has_the_keys_of_the_map() -> None:
    _, _, section = (ROOT / "docs/KEYS.md").read_text(encoding="utf-8").partition("## The map")
    rows = [tuple(line.strip("| ").split(" | ")) for line in section.splitlines() if line.startswith("| ")]
    keys = json.loads((HERE / "keys.json").read_text(encoding="utf-8"))
    assert rows[1:] == [(key["shown"], key["label"]) for key in keys]
