"""The steps of a preprocessing recipe for one image."""

import pytest
from pydantic import ValidationError

from core.transform import Preprocessing, Region
from core.transform.cover import Redact
from core.transform.geometry import Crop, Pad, Resize
from core.transform.preprocessing import CannotChangeError, settle, steps_of
from core.transform.steps import Step, size_after
from core.transform.tone import Grayscale

_SIZE = (400, 300)
_DOG = Region("Dog", (100.0, 100.0, 200.0, 150.0))
_CAT = Region("cat", (300.0, 200.0, 350.0, 250.0))


def _steps(recipe: dict[str, object], regions: dict[str, list[Region]] | None = None) -> list[Step]:
    return steps_of(Preprocessing.model_validate(recipe), "image", _SIZE, regions or {})


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, []),
        ({"crop": {"to": "center", "share": 0.5}}, [Crop(100, 75, 300, 225)]),
        ({"crop": {"to": "box", "box": [0, 0.5, 0.25, 1]}}, [Crop(0, 150, 100, 300)]),
        ({"crop": {"to": "ratio", "ratio": "1:1"}}, [Crop(50, 0, 350, 300)]),
        ({"crop": {"to": "ratio", "ratio": "4:3"}}, []),
        ({"resize": {"width": 200, "height": 200}}, [Resize(200, 150)]),
        ({"resize": {"width": 800, "height": 800}}, []),
        ({"resize": {"width": 800, "height": 800, "enlarge": True}}, [Resize(800, 600)]),
        ({"resize": {"how": "fill", "width": 100, "height": 100}}, [Crop(50, 0, 350, 300), Resize(100, 100)]),
        ({"resize": {"how": "exact", "width": 100, "height": 100}}, [Resize(100, 100)]),
        ({"resize": {"multiple_of": 28}}, [Resize(392, 308)]),
        ({"resize": {"width": 224, "height": 224, "multiple_of": 14}}, [Resize(224, 168)]),
        ({"pad": {"ratio": "1:1", "color": "#010203"}}, [Pad(0, 50, 0, 50, (1, 2, 3))]),
        ({"pad": {"ratio": "2:1"}}, [Pad(100, 0, 100, 0)]),
        (
            {"crop": {"share": 0.5}, "resize": {"width": 100}, "pad": {}, "grayscale": True},
            [Crop(100, 75, 300, 225), Resize(100, 75), Pad(0, 12, 0, 13), Grayscale()],
        ),
    ],
)
def test_a_recipe_becomes_steps(recipe: dict[str, object], expected: list[Step]) -> None:
    assert _steps(recipe) == expected


def test_a_crop_goes_around_the_regions_with_a_margin() -> None:
    crop = {"to": "regions", "labels": ["dog"], "margin": 0.1}

    assert _steps({"crop": crop}, {"objects": [_DOG, _CAT]}) == [Crop(90, 90, 211, 161)]
    assert _steps({"crop": crop | {"labels": [], "margin": 0}}, {"objects": [_DOG, _CAT]}) == [Crop(100, 100, 351, 251)]


def test_without_what_it_should_show_an_image_cannot_be_cropped() -> None:
    crop = {"crop": {"to": "regions", "labels": ["horse"]}}

    with pytest.raises(CannotChangeError, match="it has no horse to crop to"):
        _steps(crop, {"objects": [_DOG]})
    with pytest.raises(CannotChangeError, match="its objects were not analyzed"):
        _steps(crop)


def test_redaction_takes_boxes_of_entries_analyzers_and_people() -> None:
    line = Region("STOP", (10.0, 10.0, 30.0, 20.0))
    recipe = {
        "redact": {"sources": ["text", "objects"], "labels": ["dog"], "drawn": {"image": [[0, 290, 10, 300]]}},
    }  # fmt: skip

    (step,) = _steps(recipe, {"text": [line], "objects": [_DOG, _CAT]})

    assert step == Redact(((0, 289, 12, 300), (9, 9, 32, 22), (95, 95, 206, 156)))


def test_an_image_that_was_not_analyzed_is_not_passed_on_as_redacted() -> None:
    with pytest.raises(CannotChangeError, match="its text was not analyzed"):
        _steps({"redact": {"sources": ["text"]}}, {"objects": []})
    assert _steps({"redact": {"sources": ["text"]}}, {"text": []}) == []
    assert _steps({"redact": {"sources": ["entries"]}}) == []


def test_a_variant_gets_the_size_of_the_recipe_again() -> None:
    recipe = Preprocessing.model_validate({"resize": {"how": "exact", "width": 224, "height": 224}, "pad": {}})
    fitting = Preprocessing.model_validate({"resize": {"width": 224, "height": 224}, "pad": {}})

    assert size_after(settle(recipe, (180, 200)), (180, 200)) == (224, 224)
    assert settle(fitting, (180, 200)) == [Pad(10, 0, 10, 0)]


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"crop": {"to": "box"}}, "needs left, top, right and bottom"),
        ({"crop": {"to": "box", "box": [0.5, 0, 0.5, 1]}}, "needs left, top, right and bottom"),
        ({"crop": {"to": "ratio"}}, "needs the ratio"),
        ({"resize": {"how": "fill", "width": 100}}, "needs a width and a height"),
        ({"pad": {"ratio": "0:1"}}, "pattern"),
        ({"melt": True}, "Extra inputs"),
        ({"resize": {"width": 9000}}, "8192"),
    ],
)
def test_a_recipe_that_cannot_be_used_says_why(recipe: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Preprocessing.model_validate(recipe)


def test_a_recipe_that_changes_nothing_is_known() -> None:
    assert not Preprocessing().changes_images
    assert not Preprocessing.model_validate({"normalize": {}}).changes_images
    assert Preprocessing.model_validate({"normalize": {"write": "float"}}).changes_images
    assert Preprocessing.model_validate({"quality": 80}).changes_images


@pytest.mark.parametrize("box", [[20, 0, 10, 9], [0, 9, 9, 0], [float("nan"), 0, 9, 9], [0, 0, float("inf"), 9]])
def test_a_drawn_box_that_covers_nothing_is_refused(box: list[float]) -> None:
    with pytest.raises(ValidationError, match=r"redact\.drawn\.image"):
        _steps({"redact": {"drawn": {"image": [box]}}})
