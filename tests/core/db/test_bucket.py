"""Dividing rows by two characters of their id."""

import pytest
from sqlalchemy import literal, select

from core.db import Database
from core.db.base import ID_ALPHABET
from core.db.bucket import BUCKETS, bucket

ID = "0123456789ABCDEFGHIJz"


def _bucket(db: Database, id_: str, place: int) -> int:
    with db.reading() as session:
        return int(session.execute(select(bucket(literal(id_), place))).scalar_one())


@pytest.mark.parametrize(("place", "expected"), [(3, 2 * 64 + 3), (4, 3 * 64 + 4), (20, 19 * 64 + 61)])
def test_a_bucket_is_the_number_of_two_characters_of_the_id(db: Database, place: int, expected: int) -> None:
    assert _bucket(db, ID, place) == expected


def test_buckets_reach_from_the_first_to_the_last_number(db: Database) -> None:
    first, last = ID_ALPHABET[0], ID_ALPHABET[-1]

    assert _bucket(db, f"xx{first}{first}", 3) == 0
    assert _bucket(db, f"xx{last}{last}", 3) == BUCKETS - 1


@pytest.mark.parametrize("place", [2, 21])
def test_a_place_outside_the_uniform_characters_is_refused(place: int) -> None:
    with pytest.raises(ValueError, match="3 to 20"):
        bucket(literal(ID), place)
