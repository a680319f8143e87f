"""Limits and other declared numbers: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.tasks.service": {
        "_POSITIONS_PER_STAGE": 100_000_000,
    },
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED
