"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import are_frozen, read, read_defaults, read_limits

DECLARED: dict[str, dict[str, object]] = {
    "core.transform.augmentation": {
        "MAX_VARIANTS": 20,
        "_ERASE_TRIES": 20,
    },
    "core.transform.boxes": {
        "MIN_VISIBLE": 0.25,
    },
    "core.transform.cover": {
        "_MOSAIC_PX": 6,
    },
    "core.transform.geometry": {
        "_ROUNDING": 1e-6,
    },
    "core.transform.preprocessing": {
        "MAX_SIDE_PX": 8192,
        "_REDACT_MARGIN": 0.1,
    },
    "core.transform.variants": {
        "_TRIES": 8,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.transform.cover:Erase": {"color": (127, 127, 127)},
    "core.transform.geometry:Rotate": {"color": (127, 127, 127)},
    "core.transform.geometry:Pad": {"color": (255, 255, 255)},
    "core.transform.rendering:Rendering": {"quality": 92},
    "core.transform.rendering:format_for": {"needs_jpeg": False},
    "core.transform.rules:broken_by": {"has_text": False},
    "core.transform.variants:plan_variants": {"has_text": False},
}
LIMITS: dict[str, dict[str, object]] = {
    "core.transform.augmentation:Augmentation": {
        "variants": {"default": 0, "maximum": 20, "minimum": 0},
        "operations": {
            "default": ["flip", "rotate", "crop", "brightness", "contrast", "color", "blur", "noise", "jpeg", "erase"],
            "minItems": 1,
        },
        "most": {"default": 3, "maximum": 10, "minimum": 1},
        "seed": {"default": 0, "minimum": 0},
    },
    "core.transform.preprocessing:CropRecipe": {
        "share": {"default": 0.8, "exclusiveMinimum": 0, "maximum": 1},
        "margin": {"default": 0.1, "maximum": 2, "minimum": 0},
    },
    "core.transform.preprocessing:ResizeRecipe": {
        "multiple_of": {"default": 1, "maximum": 256, "minimum": 1},
        "enlarge": {"default": False},
    },
    "core.transform.preprocessing:Preprocessing": {
        "grayscale": {"default": False},
        "quality": {"default": 92, "maximum": 100, "minimum": 1},
    },
}
FROZEN = ["core.transform.augmentation:Augmentation", "core.transform.preprocessing:Preprocessing"]


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS


def test_fields_have_the_defaults_and_bounds_that_callers_rely_on() -> None:
    assert read_limits(LIMITS) == LIMITS


def test_what_is_settled_cannot_be_changed_afterwards() -> None:
    assert are_frozen(FROZEN) == dict.fromkeys(FROZEN, True)
