"""What a model takes: size, order and range of its pixels, and the way back from its boxes to the image."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

from core.errors import ConfigurationError
from core.vision.detecting.inputs import Pixels, Placement, Tensor, pixels_for
from core.vision.models.folders import ModelFolder

OPEN = Tensor("images", (None, 3, None, None))


def _folder(path: Path, told: Any = None) -> ModelFolder:
    if told is not None:
        (path / "preprocessor_config.json").write_text(json.dumps(told))
    return ModelFolder(path, path / "model.onnx", ("cup",), {})


def _size(pixels: Pixels) -> tuple[Any, ...]:
    return pixels.width, pixels.height, pixels.shortest_px, pixels.fit


@pytest.mark.parametrize(
    ("shape", "size_wh", "channels_first"),
    [
        ((1, 3, 20, 30), (30, 20), True), ((None, 20, 30, 3), (30, 20), False), ((1, 3, 20, 3), (3, 20), True),
        ((None, 3, None, None), (64, 64), True), ((1, None, 30, 3), (30, 64), False),
        ((1, 3, 20, None), (64, 20), True),
    ],
)  # fmt: skip
def test_the_size_is_that_of_the_input_where_it_states_one(
    tmp_path: Path, shape: tuple[int | None, ...], size_wh: tuple[int, int], channels_first: bool
) -> None:
    pixels = pixels_for(Tensor("images", shape), 64, _folder(tmp_path))

    assert (pixels.width, pixels.height, pixels.channels_first) == (*size_wh, channels_first)
    assert (pixels.scale, pixels.mean, pixels.std, pixels.fit) == (1 / 255, (0, 0, 0), (1, 1, 1), "stretch")


@pytest.mark.parametrize(
    "given",
    [
        Tensor("x", (1, 3, 20)), Tensor("x", (1, 3, 20, 30, 1)), Tensor("x", (1, 4, 20, 30)), Tensor("x", (1, 1, 3, 9)),
        Tensor("x", (3, 20, 30, 1)), Tensor("x", (1, 3, 20, 30), "tensor(int64)"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_named(tmp_path: Path, given: Tensor) -> None:
    with pytest.raises(ConfigurationError, match="is not an RGB image"):
        pixels_for(given, 64, _folder(tmp_path))


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
def test_numbers_have_the_type_that_the_model_takes(tmp_path: Path, dtype: str) -> None:
    pixels = pixels_for(Tensor("x", (1, 2, 2, 3), dtype), 64, _folder(tmp_path))

    values, _ = pixels.prepare(Image.new("RGB", (2, 2), (255, 51, 0)))
    assert values.dtype == dtype
    assert values.shape == (1, 2, 2, 3)
    expected = [255, 51, 0] if dtype == "uint8" else [1, 0.2, 0]
    assert values[0, 0, 0].tolist() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("told", "fit", "found"),
    [
        ({}, "stretch", (64, 64, 0, "stretch")),
        ({"size": 8}, "stretch", (8, 8, 0, "stretch")),
        ({"size": {"width": 8, "height": 6}}, "letterbox", (8, 6, 0, "letterbox")),
        ({"size": {"width": 8}}, "stretch", (8, 64, 0, "stretch")),
        ({"size": {"shortest_edge": 8}}, "stretch", (64, 64, 0, "stretch")),
        ({"size": {"shortest_edge": 8}}, "crop", (8, 8, 8, "crop")),
        ({"size": {"width": 8, "height": 6}}, "crop", (8, 6, 0, "stretch")),
        ({"size": 8, "do_center_crop": True}, "crop", (8, 8, 8, "crop")),
        ({"size": 8, "do_center_crop": True, "crop_size": 6}, "crop", (6, 6, 8, "crop")),
        ({"size": 8, "do_center_crop": True, "crop_size": {"width": 6, "height": 5}}, "crop", (6, 5, 8, "crop")),
        ({"size": {"shortest_edge": 7}, "crop_pct": 0.875}, "crop", (7, 7, 8, "crop")),
        ({"size": {"shortest_edge": 383}, "crop_pct": 1}, "crop", (383, 383, 383, "crop")),
        ({"size": {"shortest_edge": 384}, "crop_pct": 1}, "crop", (384, 384, 0, "stretch")),
    ],
)
def test_the_size_and_the_crop_are_those_of_the_file(
    tmp_path: Path, told: dict[str, Any], fit: Literal["stretch", "letterbox", "crop"], found: tuple[Any, ...]
) -> None:
    assert _size(pixels_for(OPEN, 64, _folder(tmp_path, told), fit=fit)) == found


@pytest.mark.parametrize("told", [{"size": [8]}, {"size": "8"}, {"size": {"width": "wide"}}])
def test_a_size_in_another_form_is_named(tmp_path: Path, told: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="form that is not known"):
        pixels_for(OPEN, 64, _folder(tmp_path, told))


def test_a_crop_of_nothing_and_a_file_that_is_no_json_are_named_and_a_list_says_nothing(tmp_path: Path) -> None:
    nothing = {"size": {"shortest_edge": 8}, "crop_pct": 0}
    with pytest.raises(ConfigurationError, match="form that is not known"):
        pixels_for(OPEN, 64, _folder(tmp_path, nothing), fit="crop")
    assert _size(pixels_for(OPEN, 64, _folder(tmp_path, [1]))) == (64, 64, 0, "stretch")
    (tmp_path / "preprocessor_config.json").write_text("{")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        pixels_for(OPEN, 64, _folder(tmp_path))


@pytest.mark.parametrize(
    ("told", "scale", "mean", "std"),
    [
        ({}, 1 / 255, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
        ({"do_normalize": False}, 1 / 255, (0, 0, 0), (1, 1, 1)),
        ({"do_normalize": True}, 1 / 255, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
        ({"image_mean": [1, 2, 3], "image_std": [4, 5, 6]}, 1 / 255, (1, 2, 3), (4, 5, 6)),
        ({"image_mean": [1, 2, 3]}, 1 / 255, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
        ({"image_std": [1, 2, 3]}, 1 / 255, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
        ({"rescale_factor": 0.5}, 0.5, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
        ({"rescale_factor": 0.5, "do_rescale": False}, 1, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
    ],
)
def test_the_range_of_the_numbers_is_that_of_the_file_or_the_usual_one(
    tmp_path: Path, told: dict[str, Any], scale: float, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    usual = {"mean": (0.1, 0.2, 0.3), "std": (0.4, 0.5, 0.6)}
    pixels = pixels_for(OPEN, 64, _folder(tmp_path, told), **usual)

    assert (pixels.scale, pixels.mean, pixels.std) == (scale, mean, std)


@pytest.mark.parametrize(
    ("fit", "size_wh", "placement", "row"),
    [
        ("stretch", (4, 4), Placement(0, 0, (4, 4)), [255] * 4),
        ("letterbox", (8, 8), Placement(0, 2, (8, 4)), [255] * 8),
        ("letterbox", (8, 2), Placement(2, 0, (4, 2)), [114, 114, *[255] * 4, 114, 114]),
        ("crop", (4, 4), Placement(-4, -1, (12, 6)), [255] * 4),
    ],
)
def test_an_image_is_stretched_padded_with_gray_or_cropped_at_its_center(
    fit: Literal["stretch", "letterbox", "crop"], size_wh: tuple[int, int], placement: Placement, row: list[int]
) -> None:
    values, found = Pixels(*size_wh, fit=fit, scale=1, shortest_px=6).prepare(Image.new("RGB", (40, 20), "red"))

    assert found == placement
    assert values.shape == (1, 3, size_wh[1], size_wh[0])
    assert values[0, 0, size_wh[1] // 2].tolist() == row
    assert values[0, 0, 0, 0] == (114 if placement.top > 0 or placement.left > 0 else 255)


def test_a_thin_image_keeps_a_pixel() -> None:
    _, found = Pixels(8, 8, fit="letterbox").prepare(Image.new("RGB", (400, 2)))
    assert found == Placement(0, 3, (8, 1))
    _, found = Pixels(8, 8, fit="letterbox").prepare(Image.new("RGB", (2, 400)))
    assert found == Placement(3, 0, (1, 8))


@pytest.mark.parametrize(
    ("mean", "std", "values"),
    [
        ((0, 0, 0), (1, 1, 1), [1, 0, 0]), ((0.5, 0.5, 0.5), (1, 1, 1), [0.5, -0.5, -0.5]),
        ((0, 0, 0), (0.5, 1, 1), [2, 0, 0]), ((0.5, 0, 1), (0.5, 1, 2), [1, 0, -0.5]),
    ],
)  # fmt: skip
def test_numbers_are_normalized_for_each_color(
    mean: tuple[float, ...], std: tuple[float, ...], values: list[float]
) -> None:
    made, _ = Pixels(2, 2, mean=mean, std=std).prepare(Image.new("RGB", (2, 2), (255, 0, 0)))

    assert made[0, :, 0, 0].tolist() == pytest.approx(values)


def test_boxes_are_moved_scaled_and_kept_inside_the_original() -> None:
    placement = Placement(10, 20, (50, 40))
    boxes = np.array([[10, 20, 60, 60], [15, 24, 20, 30], [0, 0, 99, 99]])

    assert placement.to_original(boxes, (100, 120)).tolist() == [
        [0, 0, 100, 120], [10, 12, 20, 30], [0, 0, 100, 120],
    ]  # fmt: skip
