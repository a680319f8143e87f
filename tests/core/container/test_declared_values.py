"""Limits and other declared numbers: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.container.archive": {
        "MAX_ARCHIVE_FILES": 200_000,
        "MAX_RATIO": 200,
        "_RATIO_FREE_BYTES": 10_000_000,
        "_ENCRYPTED_FLAGS": 0x1 | 0x40 | 0x2000,
        "MAX_ARCHIVE_RECORDS": 420_000,
    },
    "core.container.archive_names": {
        "_UTF8_FLAG": 0x800,
        "_UNICODE_PATH_FIELD": 0x7075,
        "_SAMPLE_BYTES": 20_000,
    },
    "core.container.base": {
        "MAX_TEXT_BYTES": 256_000_000,
    },
    "core.container.folder": {
        "_NO_LIMIT": 1 << 62,
    },
    "core.container.shared": {
        "IDLE_S": 20.0,
    },
    "core.container.unpacking": {
        "_READ_BYTES": 1 << 16,
        "_LZMA_MEMORY_BYTES": 300_000_000,
        "_END_MARKER_FLAG": 0x2,
    },
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED
