"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.importing.annotation_files": {
        "MAX_FILE_BYTES": 64_000_000_000,
        "MAX_TABLE_BYTES": 4_000_000_000,
        "MAX_TEXT_BYTES": 1_000_000,
    },
    "core.importing.answers": {
        "_MAX_INDEX": 10**9,
        "MAX_OPTIONS": 1_000,
        "_MAX_LITERAL_CHARS": 20_000,
        "_SEPARATORS": ("\n", "|", ";", ","),
    },
    "core.importing.arrow_rows": {
        "MAX_BATCH_ROWS": 100_000,
        "MAX_BATCHES": 50_000,
    },
    "core.importing.bucket_items": {
        "_MAX_FETCHED_BYTES": 20_000_000_000,
        "_MAX_LISTED": 1_000,
    },
    "core.importing.caption_lines": {
        "_HEAD_BYTES": 65_536,
    },
    "core.importing.class_directories": {
        "MAX_CLASSES": 1_000,
        "_MIN_IMAGES": 2,
    },
    "core.importing.delimited": {
        "_HEAD_BYTES": 65_536,
        "_MAX_COLUMNS": 1_000,
    },
    "core.importing.heads": {
        "SAMPLE_ROWS": 20,
        "MAX_KEYS": 200,
    },
    "core.importing.json_text": {
        "_TRIES": 6,
        "MAX_ROW_BYTES": 64 << 20,
        "_MAX_DEPTH": 100,
    },
    "core.importing.opened": {
        "_SUMMARY_TIMEOUT_S": 120.0,
    },
    "core.importing.opening_items": {
        "MAX_UNPACKED_BYTES": 20_000_000_000,
    },
    "core.importing.path_items": {
        "_MAX_LISTED": 1_000,
    },
    "core.importing.pdf": {
        "_MIN_PIXELS_PER_POINT": 0.25,
        "_MAX_FORM_DEPTH": 16,
        "MAX_PAGES": 500,
        "MAX_PAGE_PIXELS": 25_000_000,
        "RENDER_DPI": 150,
        "_POINTS_PER_INCH": 72,
        "_COMPARED_SIDE_PX": 512,
        "_SAME_MEAN": 4,
    },
    "core.importing.previewing": {
        "LIMIT": 10,
        "_SIDE_PX": 320,
        "_IMAGES_PER_RECORD": 3,
        "_MAX_UNPACKED_BYTES": 200_000_000,
    },
    "core.importing.problems": {
        "MAX_PROBLEMS": 10_000,
        "MAX_NOTES": 1_000,
        "_MAX_REASON_CHARS": 500,
    },
    "core.importing.readers.boxes": {
        "_MAX_SIDE_PX": 1_000_000,
        "MAX_BOXES": 2_000,
        "_MAX_LABEL_CHARS": 200,
    },
    "core.importing.readers.coco": {
        "_MAX_NAME_CHARS": 4096,
        "MAX_IMAGES": 2_000_000,
        "MAX_ALL_BOXES": 5_000_000,
    },
    "core.importing.readers.columns": {
        "_MAX_TAGS": 100,
        "_MAX_CHARS": {"language": 35, "kind": 60, "model": 200, "system": 20_000, "note": 20_000},
    },
    "core.importing.readers.conventions": {
        "_MIN_CORNERS": 5,
    },
    "core.importing.readers.ids": {
        "_MAX_CHARS": 200,
    },
    "core.importing.readers.images": {
        "_MAX_PLAIN_CHARS": 200,
        "MAX_IMAGES": 64,
        "_MAX_NAME_CHARS": 4096,
        "_MIN_EMBEDDED_CHARS": 1024,
        "_MAX_ID_CHARS": 200,
    },
    "core.importing.readers.img2dataset": {
        "_KEY_DIGITS": 4,
    },
    "core.importing.readers.label_studio": {
        "_DECIMALS": 9,
    },
    "core.importing.readers.messages": {
        "_MAX_SCORE": 5.0,
    },
    "core.importing.readers.rows": {
        "MAX_CAPTIONS": 1_000,
    },
    "core.importing.readers.turns": {
        "MAX_TURNS": 1_000,
    },
    "core.importing.readers.vitrine_rows": {
        "_KNOWN_VERSIONS": (1, 2),
    },
    "core.importing.readers.vlmevalkit": {
        "_MAX_INDEX_CHARS": 64,
    },
    "core.importing.readers.vqa_v2": {
        "MAX_WAITING": 3_000_000,
    },
    "core.importing.reading": {
        "MAX_EMBEDDED_BYTES": 100_000_000,
    },
    "core.importing.record_items": {
        "_TELL_EVERY_S": 0.5,
        "_MOST": 0.95,
        "_TIMEOUT_S": 3600.0,
    },
    "core.importing.samples": {
        "MAX_BATCH_SAMPLES": 1_000,
        "MAX_MEMBERS": 2_000_000,
        "MAX_TEXT_BYTES": 16_000_000,
    },
    # First: the other modules can be imported behind this package only.
    "core.importing.sources.hub": {
        "MAX_DOWNLOAD_BYTES": 10_000_000_000,
    },
    "core.importing.sources.urls": {
        "MAX_URLS": 100_000,
    },
    "core.importing.spool": {
        "RECORDS_PER_PART": 2_000,
        "_PART_BYTES": 8_000_000,
    },
    "core.importing.stages": {
        "OPEN": 0,
        "LOAD": 1,
        "MATCH": 2,
        "FETCH": 3,
        "MATCH_FETCHED": 4,
        "STORE": 5,
    },
    "core.importing.survey": {
        "_TIMEOUT_S": 120.0,
    },
    "core.importing.table_files": {
        "MAX_FILES": 200_000,
        "MAX_TOTAL_BYTES": 20_000_000_000,
    },
    "core.importing.tables": {
        "SAMPLE_ROWS": 20,
    },
    "core.importing.upload": {
        "MAX_CHUNK_BYTES": 16_000_000,
        "_MAX_NAME_BYTES": 200,
    },
    "core.importing.uploads": {
        "ABANDONED_S": 24 * 3600,
        "KEPT_S": 7 * 24 * 3600,
        "_FREE_BYTES": 500_000_000,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.importing.class_directories:classes_of": {"is_chosen": False},
    "core.importing.delimited:delimited_runs": {"is_tab": False},
    "core.importing.json_rows:json_runs": {"is_head": False},
    "core.importing.json_text:JsonText": {"is_head": False},
    "core.importing.json_text:JsonText.skip": {"depth": 0},
    "core.importing.opened:table_items": {"is_beside_others": True},
    "core.importing.previewing:ImportPreview": {"has_images_inside": False},
    "core.importing.readers.boxes:corners": {"is_size": False},
    "core.importing.readers.images:written_images": {"depth": 0},
    "core.importing.readers.sidecar:sample_records": {"captions": True},
    "core.importing.readers.unread:unread_columns": {"has_turns": False},
    "core.importing.reading:Preview": {"has_images_inside": False},
    "core.importing.reading:preview": {"limit": 10},
    "core.importing.records:Record": {"confirmed": False, "rejected": False},
    "core.importing.records:Fields": {"confirmed": False, "rejected": False},
    "core.importing.upload:Upload": {"is_started": False},
    "core.importing.uploads:UploadService.create": {"modified_ms": 0},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS
