"""Every operation: what it does to pixels, its record, and that the same record gives the same pixels."""

import random

import numpy as np
import pytest
from PIL import Image

import core.transform.families  # noqa: F401
from core.errors import InvalidInputError
from core.transform.augmentation import OPERATIONS, draw
from core.transform.cover import Erase, Redact
from core.transform.steps import STEPS, Step, apply, from_records, records
from core.transform.texture import Blur, Jpeg, Noise
from core.transform.tone import Brightness, Color, Contrast, Grayscale
from tests.core.images.pictures import drawn

_SIZE = (160, 120)


def _pixels(step: Step) -> np.ndarray:
    return np.asarray(step.pixels(drawn()), dtype=float)


def _drawn(operation: str, seed: int = 1) -> Step:
    step = draw(operation, random.Random(seed), _SIZE, 0.5, [])
    assert step is not None
    return step


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_same_record_gives_the_same_pixels(operation: str) -> None:
    step = _drawn(operation)
    again = from_records(records([step]))

    assert again == [step]
    assert apply(drawn(), again).tobytes() == step.pixels(drawn()).tobytes()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_changes_pixels_and_leaves_the_image_it_was_given(operation: str) -> None:
    image = drawn()

    changed = _drawn(operation).pixels(image)

    assert changed.mode == "RGB"
    assert changed.size != image.size or changed.tobytes() != image.tobytes()
    assert image.tobytes() == drawn().tobytes()


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "flip"])
def test_another_seed_draws_other_numbers(operation: str) -> None:
    assert _drawn(operation, 1) == _drawn(operation, 1) != _drawn(operation, 2)


def test_the_ten_operations_have_a_step_each() -> None:
    assert len(OPERATIONS) == 10
    assert set(OPERATIONS) < set(STEPS)


def test_an_unknown_record_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no operation 'melt'"):
        from_records([{"operation": "melt"}])
    with pytest.raises(InvalidInputError, match="record of blur"):
        from_records([{"operation": "blur", "radius": 3}])


def test_tone_and_color() -> None:
    plain = np.asarray(drawn(), dtype=float)

    assert _pixels(Brightness(0.5)).mean() == pytest.approx(plain.mean() / 2, abs=1)
    assert _pixels(Contrast(0.5)).std() < 0.7 * plain.std()
    assert np.ptp(_pixels(Color(0.0)), axis=2).max() <= 1
    assert np.ptp(_pixels(Grayscale()), axis=2).max() == 0


def test_texture() -> None:
    plain = np.asarray(drawn(), dtype=float)

    assert np.abs(np.diff(_pixels(Blur(3.0)), axis=1)).mean() < np.abs(np.diff(plain, axis=1)).mean()
    assert (_pixels(Noise(10.0, 7)) - plain).std() == pytest.approx(10, abs=1.5)
    assert 0 < np.abs(_pixels(Jpeg(30)) - plain).mean() < 20


def test_an_erased_part_has_one_color_and_the_rest_is_as_it_was() -> None:
    changed = np.asarray(Erase(10, 20, 50, 60, (1, 2, 3)).pixels(drawn()))
    plain = np.asarray(drawn()).copy()
    plain[20:60, 10:50] = (1, 2, 3)

    assert (changed == plain).all()


@pytest.mark.parametrize("how", ["blur", "black"])
def test_a_redacted_part_has_hardly_any_pixel_of_its_own(how: str) -> None:
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (120, 160, 3), dtype=np.uint8))

    changed = np.asarray(Redact(((40, 30, 120, 70),), how).pixels(image), dtype=float)  # type: ignore[arg-type]
    inside = changed[30:70, 40:120]

    assert (changed[:30] == np.asarray(image)[:30]).all()
    # Random pixels have a deviation of 74; six averages across of them have nearly none.
    assert inside.std() < 8


def test_a_crop_keeps_what_it_must_and_an_erased_part_does_not_touch_it() -> None:
    kept = (100.0, 80.0, 150.0, 118.0)
    for seed in range(50):
        crop, erase = (draw(name, random.Random(seed), _SIZE, 1.0, [kept]) for name in ("crop", "erase"))
        if crop is not None:
            left, top, right, bottom = crop.move(kept, _SIZE)
            width, height = crop.size_after(_SIZE)
            assert left >= 0
            assert top >= 0
            assert right <= width
            assert bottom <= height
        if isinstance(erase, Erase):
            assert erase.right <= 100 or erase.bottom <= 80 or erase.left >= 150 or erase.top >= 118


def test_noise_is_added_to_all_channels_alike_and_ends_at_black_and_white() -> None:
    def noisy(gray: int) -> np.ndarray:
        return np.asarray(Noise(10.0, 7).pixels(Image.new("RGB", (3, 1), (gray, gray, gray))), dtype=int)

    added = [15, -11, 12]
    assert noisy(128)[0].tolist() == [[128 + one] * 3 for one in added]
    assert noisy(0)[0, :, 0].tolist() == [max(one, 0) for one in added]
    assert noisy(255)[0, :, 0].tolist() == [min(255 + one, 255) for one in added]


@pytest.mark.parametrize(("size_wh", "half"), [((100, 2), (0, 0, 100, 1)), ((2, 100), (0, 0, 1, 100))])
def test_of_a_thin_part_nothing_is_left_either(size_wh: tuple[int, int], half: tuple[int, int, int, int]) -> None:
    image = Image.new("RGB", size_wh)
    image.paste((255, 255, 255), half)

    assert np.ptp(np.asarray(Redact(((0, 0, *size_wh),)).pixels(image))) <= 1


def test_a_part_in_black_is_black() -> None:
    assert not np.asarray(Redact(((0, 0, *_SIZE),), "black").pixels(drawn())).any()
