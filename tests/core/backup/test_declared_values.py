"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import are_frozen, read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.backup.database_copy": {
        "_MAX_RESTARTS": 3,
    },
    "core.backup.make": {
        "_REMOVAL_TIMEOUT_S": 60.0,
    },
    "core.backup.schedule": {
        "_RETRY_S": 3600.0,
    },
    "core.backup.status": {
        "_LATE": 2.0,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED


DEFAULTS: dict[str, dict[str, object]] = {
    "core.backup.copying:CopiedOriginals": {"files": 0, "size_bytes": 0, "new_files": 0, "new_bytes": 0},
    "core.backup.restore:restore_backup": {"replace": False},
}


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS


def test_a_manifest_cannot_be_changed() -> None:
    assert are_frozen(["core.backup.layout:Manifest"]) == {"core.backup.layout:Manifest": True}
