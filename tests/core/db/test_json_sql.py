"""Keys of JSON objects and values of JSON lists in SQL."""

from sqlalchemy import JSON, literal, select

from core.db import Database
from core.db.json_sql import is_in_json, json_has_key

FEATURES = literal({"palette": [1], "light": None}, JSON())


def test_a_key_is_found_also_when_its_value_is_null(db: Database) -> None:
    with db.reading() as session:
        found = session.execute(select(*(json_has_key(FEATURES, key) for key in ("palette", "light", "hue")))).one()

    assert [bool(one) for one in found] == [True, True, False]


def test_a_text_is_found_in_a_list_whatever_signs_it_has(db: Database) -> None:
    with db.reading() as session:
        texts = ("a", "it's", 'q"', "ab")
        query = select(*(is_in_json(literal(text), '["a", "it\'s", "q\\""]') for text in texts))
        found = session.execute(query).one()

    assert [bool(one) for one in found] == [True, True, True, False]


def test_queries_that_ask_for_another_key_or_text_are_compiled_once(db: Database) -> None:
    for first, second in (
        (json_has_key(FEATURES, "palette"), json_has_key(FEATURES, "light")),
        (is_in_json(literal("a"), '["a"]'), is_in_json(literal("a"), '["b"]')),
    ):
        queries = [select(condition)._generate_cache_key() for condition in (first, second)]
        assert queries[0] is not None
        assert queries[0] == queries[1]
