"""What is read from the lines of a provider's result file, whatever they hold."""

from typing import Any

import pytest

from core.llm.batches.wire import part, status_of


@pytest.mark.parametrize(
    ("value", "status"),
    [(100, 100), (200, 200), (599, 599), (99, None), (600, None), ("200", None), (200.0, None), (True, None)],
)  # fmt: skip
def test_only_a_whole_number_from_100_to_599_is_a_status(value: Any, status: int | None) -> None:
    assert status_of(value) == status


@pytest.mark.parametrize("found", ["text", 1, None, ["a"]])
def test_what_is_no_object_is_an_empty_one(found: Any) -> None:
    assert part({"error": found}, "error") == {}
    assert part({}, "error") == {}
    assert part({"error": {"code": 1}}, "error") == {"code": 1}
