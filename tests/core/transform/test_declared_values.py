"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

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


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED
