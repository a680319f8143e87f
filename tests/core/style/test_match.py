"""The match score relative to the spread of the references, words for each dimension, detection of copies."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from core.style.features import DIMENSIONS, LENGTH, StyleFeatures, measure_style
from core.style.match import COPY_DISTANCE_BITS, find_copy, match_style
from tests.core.style.looks import COLD_GRAINY, DARK, WARM_SOFT, drawn

REFERENCES = [measure_style(drawn(WARM_SOFT, content)) for content in range(5)]
DATASET = [measure_style(drawn(WARM_SOFT, content)) for content in range(20)]


def test_an_image_of_the_same_look_scores_about_one() -> None:
    match = match_style(measure_style(drawn(WARM_SOFT, 90)), REFERENCES)

    assert 0.5 < match.score < 1.3
    assert match.word == "fits"


def test_an_image_of_another_look_scores_far_above() -> None:
    match = match_style(measure_style(drawn(COLD_GRAINY, 90)), REFERENCES)

    assert match.score > 2
    assert match.word == "off"


def test_every_dimension_has_a_word_and_a_direction_when_it_is_off() -> None:
    match = match_style(measure_style(drawn(COLD_GRAINY, 90)), REFERENCES)
    words = {row.dimension: row.word for row in match.dimensions}

    assert list(words) == list(DIMENSIONS)
    assert words["light"] == "off: darker"
    assert words["palette"] == "off: cooler"
    assert words["texture"] == "off: rougher"


def test_a_darker_image_is_called_darker() -> None:
    darker = ImageEnhance.Brightness(drawn(WARM_SOFT, 90)).enhance(0.35)

    words = {row.dimension: row.word for row in match_style(measure_style(darker), REFERENCES).dimensions}

    assert words["light"] == "off: darker"


def test_the_percentile_is_taken_among_the_images_of_the_dataset() -> None:
    inside = match_style(measure_style(drawn(WARM_SOFT, 90)), REFERENCES, DATASET)
    outside = match_style(measure_style(drawn(DARK, 90)), REFERENCES, DATASET)

    assert inside.percentile is not None
    assert inside.percentile > 0
    assert outside.percentile == 0


def plain(value: float) -> StyleFeatures:
    """Return features that are *value* in every place."""
    return StyleFeatures(np.full(LENGTH, value, np.float32), bytes(32), bytes(32))


def test_the_score_is_the_root_mean_square_of_the_ratios() -> None:
    match = match_style(measure_style(drawn(COLD_GRAINY, 90)), REFERENCES)
    ratios = [dimension.ratio for dimension in match.dimensions]

    assert match.score == pytest.approx((sum(ratio**2 for ratio in ratios) / 8) ** 0.5, abs=0.002)
    assert match.score == round(match.score, 3)


def test_the_percentile_compares_a_reference_with_the_other_references() -> None:
    references = [plain(value) for value in (0, 100, 200, 300, 400)]

    # Mean distances: 120 for the image; 250, 175, 150, 175, 250 for the references.
    assert match_style(plain(200), references, references).percentile == 100


def test_a_small_dataset_has_no_percentile() -> None:
    assert match_style(REFERENCES[0], REFERENCES, DATASET[:4]).percentile is None


def test_one_reference_is_compared_by_the_usual_spread() -> None:
    assert match_style(measure_style(drawn(WARM_SOFT, 90)), REFERENCES[:1]).word == "fits"
    assert match_style(measure_style(drawn(COLD_GRAINY, 90)), REFERENCES[:1]).word == "off"


def test_identical_references_do_not_make_everything_infinitely_far() -> None:
    match = match_style(measure_style(drawn(WARM_SOFT, 90)), [REFERENCES[0]] * 3)

    assert match.score < 20


def test_without_references_there_is_nothing_to_match() -> None:
    with pytest.raises(ValueError, match="no references"):
        match_style(REFERENCES[0], [])


def test_a_resized_and_recolored_copy_is_detected() -> None:
    original = drawn(WARM_SOFT, 2)
    copy = ImageEnhance.Color(original.resize((150, 110))).enhance(0.6)

    copy = find_copy(measure_style(copy), [("a", REFERENCES[1]), ("b", measure_style(original))])

    assert copy is not None
    assert copy.reference_id == "b"
    assert copy.distance_bits <= COPY_DISTANCE_BITS
    assert not copy.mirrored


def test_a_mirrored_copy_is_detected_as_mirrored() -> None:
    original = drawn(COLD_GRAINY, 2)
    mirrored = original.transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    copy = find_copy(measure_style(mirrored), [("b", measure_style(original))])

    assert copy is not None
    assert copy.mirrored


def test_a_copy_of_a_symmetric_image_is_not_called_mirrored() -> None:
    half = drawn(COLD_GRAINY, 2, (96, 144))
    symmetric = Image.new("RGB", (192, 144))
    symmetric.paste(half, (0, 0))
    symmetric.paste(half.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (96, 0))

    copy = find_copy(measure_style(symmetric), [("b", measure_style(symmetric))])

    assert copy is not None
    assert not copy.mirrored


def test_new_content_in_the_same_style_is_no_copy() -> None:
    named = [(str(number), features) for number, features in enumerate(DATASET)]

    assert find_copy(measure_style(drawn(WARM_SOFT, 90)), named) is None
    assert find_copy(measure_style(drawn(WARM_SOFT, 90)), []) is None


def test_two_plain_images_are_not_copies_of_each_other() -> None:
    plain, with_corner = Image.new("RGB", (160, 120), "white"), Image.new("RGB", (160, 120), "white")
    with_corner.paste("black", (120, 0, 160, 30))

    assert find_copy(measure_style(with_corner), [("plain", measure_style(plain))]) is None
