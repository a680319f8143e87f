"""Which schemas are checked at once, and which by a worker process with a time limit."""

import json

import pytest

from core.json_schema import _CHEAP_KEYWORDS, is_cheap

PLAIN = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}}}


@pytest.mark.parametrize(
    ("schema", "cheap"),
    [
        (PLAIN, True), (True, True), ({}, True), ({"pattern": "(a+)+$"}, False), ({"$ref": "#"}, False),
        ({"properties": {"a": {"pattern": "a"}}}, False), ({"items": {"oneOf": []}}, False),
        ({"additionalProperties": {"$ref": "#"}}, False), ({"additionalProperties": False}, True),
        ({"properties": ["pattern"]}, True), ({"required": ["pattern"]}, True),
    ],
)  # fmt: skip
def test_a_schema_without_patterns_references_and_unions_is_checked_at_once(schema: object, cheap: bool) -> None:
    assert is_cheap(json.dumps(schema), "{}") is cheap


def test_a_text_that_is_no_schema_is_refused_at_once_and_large_texts_are_not_compared_here() -> None:
    assert is_cheap("{", "{}")
    assert is_cheap("{}", "x" * 500_000)
    assert not is_cheap("{}", "x" * 500_001)


def test_a_schema_may_have_all_keywords_that_are_fast() -> None:
    assert is_cheap(json.dumps({keyword: {} for keyword in _CHEAP_KEYWORDS}), "{}")
