"""Planning variants: every one leaves the questions true that it keeps, and what is missing has its reason."""

import pytest

from core.transform.augmentation import OPERATIONS, Augmentation
from core.transform.boxes import move
from core.transform.geometry import Resize
from core.transform.rules import Asked, broken_by
from core.transform.variants import NO_OTHER, NOTHING_HOLDS, Planned, Unit, plan_variants

_SIZE = (640, 480)
_CAT = Asked("object", "What animal does the boy hold?", "A cat.", "en")
_LEFT = Asked("position", "What stands left of the chair?", "A lamp.", "en")
_RED = Asked("attribute", "What color does the car have?", "Red.", "en")
_BOXED = Asked("grounding", "Point to the cat.", "It sits.", "en", [(300.0, 200.0, 400.0, 300.0)])


def _plan(*asked: Asked, key: str = "sha", **recipe: object) -> Planned:
    values = {"variants": 8} | recipe
    return plan_variants([Unit([one]) for one in asked], Augmentation.model_validate(values), key, _SIZE)


def test_every_question_of_a_variant_stays_true() -> None:
    asked = (_CAT, _LEFT, _RED, _BOXED)

    planned = _plan(*asked, variants=20)

    assert len(planned.variants) == 20
    for variant in planned.variants:
        assert variant.kept
        for position in variant.kept:
            for step in variant.steps:
                assert broken_by(step.operation, asked[position]) == ""
            assert not move(asked[position].boxes, variant.steps, _SIZE).lost
    assert {position for variant in planned.variants for position in variant.kept} == {0, 1, 2, 3}


def test_variants_differ_and_the_same_seed_draws_them_again() -> None:
    planned = _plan(_CAT)

    assert len({variant.steps for variant in planned.variants}) == 8
    assert _plan(_CAT).variants == planned.variants
    assert _plan(_CAT, seed=1).variants != planned.variants
    assert _plan(_CAT, key="other").variants != planned.variants


def test_more_variants_leave_the_first_ones_as_they_were() -> None:
    assert _plan(_CAT, variants=20).variants[:8] == _plan(_CAT).variants


def test_a_variant_has_at_most_so_many_operations_in_their_order() -> None:
    for variant in _plan(_CAT, variants=20, most=2).variants:
        places = [OPERATIONS.index(step.operation) for step in variant.steps]  # type: ignore[arg-type]
        assert len(places) <= 2
        assert places == sorted(places)


def test_what_would_break_a_question_is_counted_with_the_reason() -> None:
    planned = _plan(_LEFT, operations=["flip", "noise"], variants=1)

    assert [[step.operation for step in variant.steps] for variant in planned.variants] == [["noise"]]
    assert planned.broken == {("flip", "left and right change places"): 1}


def test_without_an_operation_that_holds_no_variant_is_made() -> None:
    planned = _plan(_LEFT, operations=["flip", "crop"])

    assert planned.variants == []
    assert planned.not_made == {NOTHING_HOLDS: 1}


def test_an_image_is_flipped_once() -> None:
    planned = _plan(_CAT, operations=["flip"], variants=3)

    assert len(planned.variants) == 1
    assert planned.not_made == {NO_OTHER: 1}


def test_the_turns_of_a_conversation_stay_together() -> None:
    recipe = Augmentation.model_validate({"variants": 4, "operations": ["flip"]})

    planned = plan_variants([Unit([_CAT, _LEFT])], recipe, "sha", _SIZE)

    assert planned.not_made == {NOTHING_HOLDS: 1}


def test_a_variant_has_the_size_that_is_asked_for() -> None:
    recipe = Augmentation.model_validate({"variants": 6, "operations": ["rotate", "crop", "erase"]})

    planned = plan_variants([Unit([_CAT])], recipe, "sha", _SIZE, settle=lambda size_wh: [Resize(224, 224)])

    for variant in planned.variants:
        size_wh = _SIZE
        for step in variant.steps:
            size_wh = step.size_after(size_wh)
        assert size_wh == (224, 224)


@pytest.mark.parametrize("seed", range(5))
def test_an_erased_part_and_a_crop_spare_the_boxes(seed: int) -> None:
    planned = _plan(_BOXED, operations=["crop", "erase", "flip"], seed=seed)

    for variant in planned.variants:
        assert variant.kept == (0,)
