"""Limits and other declared numbers: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.export.bundle": {
        "_FIRST_ENTRIES": 5,
        "_LARGE_IMAGE_PX": 768 * 768,
    },
    "core.export.checks.base": {
        "_EXAMPLES": 3,
    },
    "core.export.checks.conversations": {
        "_MAX_IMAGE_BYTES": 10_000_000,
    },
    "core.export.checks.documents": {
        "_LARGEST_EXACT": 2**53,
    },
    "core.export.checks.images": {
        "_ORIENTATION": 0x0112,
        "_ROTATED_BY_90": (5, 6, 7, 8),
    },
    "core.export.entries": {
        "_MAX_NAME_CHARS": 60,
    },
    "core.export.formats.vitrine": {
        "SCHEMA_VERSION": 1,
    },
    "core.export.formats.vqa_v2": {
        "_ID_BITS": 52,
    },
    "core.export.reporting.card": {
        "_MAX_CELL_CHARS": 160,
        "_MAX_LISTED": 12,
    },
    "core.export.entry_index": {
        "_ID_BYTES": 21,
        "_SPLIT_SHIFT": 28,
    },
    "core.export.reporting.report": {
        "_MAX_NAMED_LEAKS": 50,
    },
    "core.export.service": {
        "_MAX_PREVIEW_IMAGES": 300,
    },
    "core.export.writing.target": {
        "_FIXED_TIME": (1980, 1, 1, 0, 0, 0),
    },
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED
