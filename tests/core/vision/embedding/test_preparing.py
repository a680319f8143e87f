"""How an image is prepared for a model, by its ``preprocessor_config.json``."""

from typing import Any

import pytest
from PIL import Image

from core.errors import ConfigurationError
from core.vision.embedding.preparing import Preparation, preparation

MEANS = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1.0]}
CROPPED = {"do_center_crop": True, **MEANS}


@pytest.mark.parametrize(
    ("told", "size_wh", "shortest_px", "crop_wh"),
    [
        ({"size": {"height": 4, "width": 6}}, (6, 4), 0, None),
        ({"size": {"height": 4, "width": 6}, "do_center_crop": True, "crop_size": 3}, (6, 4), 0, (3, 3)),
        ({"size": {"height": 4, "width": 6}, "do_center_crop": False, "crop_size": 3}, (6, 4), 0, None),
        ({"size": 8}, (8, 8), 0, None),
        ({"size": 8, "do_center_crop": True}, None, 8, (8, 8)),
        ({"size": {"shortest_edge": 9}}, None, 9, None),
        (
            {"size": {"shortest_edge": 9}, "do_center_crop": True, "crop_size": {"height": 4, "width": 6}},
            None,
            9,
            (6, 4),
        ),
        ({"size": {"shortest_edge": 7}, "crop_pct": 0.875}, None, 8, (7, 7)),
        ({"size": {"shortest_edge": 9}, "do_center_crop": True, "crop_size": 6, "crop_pct": 0.5}, None, 9, (6, 6)),
        ({"size": {"height": 4096, "width": 1}}, (1, 4096), 0, None),
    ],
)
def test_the_size_is_stretched_or_that_of_the_shortest_side_and_cropped(
    told: dict[str, Any], size_wh: tuple[int, int] | None, shortest_px: int, crop_wh: tuple[int, int] | None
) -> None:
    made = preparation(MEANS | told)

    assert (made.size_wh, made.shortest_px, made.crop_wh) == (size_wh, shortest_px, crop_wh)
    assert made.input_wh == (crop_wh or size_wh)


@pytest.mark.parametrize(
    ("told", "scale", "mean", "std"),
    [
        ({}, 1 / 255, (0.5, 0.5, 0.5), (0.25, 0.5, 1.0)),
        ({"do_normalize": False, "image_mean": None}, 1 / 255, (0, 0, 0), (1, 1, 1)),
        ({"rescale_factor": 0.5}, 0.5, (0.5, 0.5, 0.5), (0.25, 0.5, 1.0)),
        ({"rescale_factor": 0.5, "do_rescale": False}, 1, (0.5, 0.5, 0.5), (0.25, 0.5, 1.0)),
    ],
)
def test_the_numbers_of_the_normalization_are_those_of_the_file(
    told: dict[str, Any], scale: float, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    made = preparation({"size": 8, **MEANS, **told})

    assert (made.scale, made.mean, made.std) == (scale, mean, std)
    assert made.resample == Image.Resampling.BICUBIC


@pytest.mark.parametrize(
    "told",
    [
        {"size": {"height": 4097, "width": 1}}, {"size": {"height": 1, "width": 0}}, {"size": {"longest_edge": 5}},
        {"size": 8, "do_center_crop": True, "crop_size": 0}, {"size": 8, "image_std": [1, 0, 1]},
        {"size": 8, "image_mean": [1, 1]}, {"size": 8, "image_std": [1, 1, 1, 1]}, {"size": 8, "resample": 99},
        {"size": 8, "image_mean": None},
    ],
)  # fmt: skip
def test_a_file_out_of_range_is_named(told: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="form that is not known"):
        preparation(MEANS | told)


def _gradient(width: int, height: int) -> Image.Image:
    """Return an image whose red is 10 for each column, green 10 for each row."""
    image = Image.new("RGB", (width, height))
    image.putdata([(10 * column, 10 * row, 0) for row in range(height) for column in range(width)])
    return image


@pytest.mark.parametrize(
    ("size_wh", "crop_wh", "columns", "rows"),
    [
        ((9, 4), (3, 2), [30, 40, 50], [10, 20]),
        ((4, 9), (2, 3), [10, 20], [30, 40, 50]),
        ((4, 4), (4, 4), [0, 10, 20, 30], [0, 10, 20, 30]),
    ],
)
def test_the_center_is_taken_and_channels_come_first(
    size_wh: tuple[int, int], crop_wh: tuple[int, int], columns: list[int], rows: list[int]
) -> None:
    made = Preparation(None, 4, crop_wh, Image.Resampling.NEAREST, 1.0, (0, 0, 1), (1, 2, 1))

    values = made.prepare(_gradient(*size_wh))

    assert values.shape == (1, 3, crop_wh[1], crop_wh[0])
    assert values[0, 0, 0].tolist() == columns
    assert values[0, 1, :, 0].tolist() == [row / 2 for row in rows]
    assert values[0, 2].min() == values[0, 2].max() == -1


@pytest.mark.parametrize(("size_wh", "made_wh"), [((30, 20), (6, 4)), ((20, 30), (4, 6)), ((25, 10), (10, 4))])
def test_the_other_side_follows_the_shortest(size_wh: tuple[int, int], made_wh: tuple[int, int]) -> None:
    made = Preparation(None, 4, None, Image.Resampling.NEAREST, 1.0, (0, 0, 0), (1, 1, 1))

    assert made.prepare(Image.new("RGB", size_wh)).shape == (1, 3, made_wh[1], made_wh[0])
    assert made.input_wh is None
