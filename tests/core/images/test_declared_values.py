"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

import math

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.images.bucket_originals": {
        "_REQUESTS": 16,
        "_FRESH_S": 1800.0,
        "_ATTEMPTS": 3,
    },
    "core.images.cleanup": {
        "ORPHAN_GRACE_S": 3600,
    },
    "core.images.color": {
        "_SRGB_PRIMARIES": (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06),
        "_D50_XYZ": (0.9642, 1.0, 0.8249),
        "_MAX_EXPONENT": 32_767,
        "_SRGB_GAMMA": 1 / 2.2,
        "_SAME_GAMMA": 0.01,
    },
    "core.images.decode": {
        "_THUMBNAIL_QUALITY": 82,
        "_QUALITIES": ((512, 82), (1600, 86), (math.inf, 92)),
    },
    "core.images.end_marker": {
        "_TAILS": (b"", b"\x55" * 64, b"\xaa" * 64),
        "_PNG_END": b"\0\0\0\0IEND\xaeB`\x82",
    },
    "core.images.filter": {
        "MAX_SORTED_ROWS": 4000,
        "_PROJECT_CONDITIONS": 2,
    },
    "core.images.import_outcome": {
        "MAX_NAME_CHARS": 200,
    },
    "core.images.intake": {
        "_BATCH_FILES": 64,
        "_BATCH_BYTES": 32_000_000,
    },
    "core.images.near_duplicates": {
        "MAX_DISTANCE_BITS": 3,
    },
    "core.images.opened_storage": {
        "_EXAMINED_S": 5.0,
    },
    "core.images.original_cache": {
        "IN_USE_S": 180.0,
        "_MAX_KNOWN": 50_000,
        "_LOCKS": 64,
        "_ATTEMPTS": 3,
        "_SHARE_BETWEEN_REMOVALS": 0.05,
    },
    "core.images.pixels": {
        "_SIDEWAYS": (5, 6, 7, 8),
        "_EXIF_ORIENTATION": 0x0112,
    },
    "core.images.placing": {
        "_ATTEMPTS": 5,
    },
    "core.images.png_rows": {
        "_ADAM7": ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
        "_CHANNELS": {0: 1, 2: 3, 3: 1, 4: 2, 6: 4},
    },
    "core.images.presence": {
        "_PROJECTS": 5,
    },
    "core.images.queries": {
        "_MAX_NAMES": 12,
    },
    "core.images.query_facets": {
        "MAX_VALUES": 40,
        "MAX_TEXTS": 20_000,
    },
    "core.images.query_ranking": {
        "MAX_BY_WORDS": 4_000,
        "MAX_SIMILAR": 500,
        "_HAS_IN_NAME": 1.0,
    },
    "core.images.renditions": {
        "_FETCHES": 8,
    },
    "core.images.service": {
        "VIEW_SIDE_PX": 2048,
    },
    "core.images.storage": {
        "_MAX_TILE_BYTES": 2_000_000_000,
    },
    "core.images.structure": {
        "MAX_JPEG_SCANS": 100,
        "MAX_PNG_EXTRA_CHUNKS": 10_000,
        "MAX_PNG_CHUNKS": 200_000,
        "_CLEAN_JPEG_MARKERS": frozenset((0xE0, 0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDD, 0xDA, 0xD9)),
    },
    "core.images.tiles": {
        "_READING_ATTEMPTS": 3,
        "SIDE_PX": 512,
        "_MAX_LEVEL": 16,
    },
    "core.images.worker": {
        "OUT_OF_MEMORY": 99,
        "_REUSED_BLOCK_BYTES": 32 * 1024 * 1024,
        "_KEPT_BYTES": 64_000_000,
        "_M_TRIM_THRESHOLD": -1,
        "_M_MMAP_THRESHOLD": -3,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.images.duplicate_groups:DuplicateFinder.find_groups": {"limit": 20},
    "core.images.filter:ImageFilter": {"near_duplicates": False},
    "core.images.import_context:ImportContext": {"is_unlimited": False},
    "core.images.import_context:ImportContext.resolve": {"in_roots": False},
    "core.images.library:ImageLibrary.find_images": {"limit": 60},
    "core.images.service:ImageService.upload_image": {"generate_thumb": False},
    "core.images.service:ImageService.get_image": {"include_hidden": False},
    "core.images.service:ImageService.list_images": {"limit": 100, "offset": 0},
    "core.images.service:ImageService.view_path": {"as_jpeg": False},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS
