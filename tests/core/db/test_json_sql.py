"""Keys of JSON objects in SQL."""

from sqlalchemy import JSON, literal, select

from core.db import Database
from core.db.json_sql import json_has_key

FEATURES = literal({"palette": [1], "light": None}, JSON())


def test_a_key_is_found_also_when_its_value_is_null(db: Database) -> None:
    with db.reading() as session:
        found = session.execute(select(*(json_has_key(FEATURES, key) for key in ("palette", "light", "hue")))).one()

    assert [bool(one) for one in found] == [True, True, False]
