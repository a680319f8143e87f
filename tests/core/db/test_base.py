import re
from datetime import UTC, datetime
from unittest.mock import patch

from core.db import ImageDatasets, Projects, Tasks, new_id
from core.db.base import ID_ALPHABET


def test_ids_are_21_url_safe_characters_and_start_with_a_letter_or_a_digit() -> None:
    ids = {new_id() for _ in range(2_000)}

    assert len(ids) == 2_000
    assert all(re.fullmatch(r"[0-9A-Za-z][\w-]{20}", id_) for id_ in ids)


def test_ids_of_the_same_sixteenth_of_a_second_begin_alike_and_those_of_the_next_one_follow_them() -> None:
    sixteenths = [3 * 64 + 5.1, 3 * 64 + 5.9, 3 * 64 + 6.0, 62 * 64 + 0.0]
    with patch("core.db.base.time.time", side_effect=[number / 16 for number in sixteenths]):
        starts = [new_id()[:2] for _ in range(4)]

    assert starts == [f"3{ID_ALPHABET[5]}", f"3{ID_ALPHABET[5]}", f"3{ID_ALPHABET[6]}", "00"]


def test_a_row_shows_the_columns_that_have_a_value_and_cuts_long_ones() -> None:
    at = datetime(2026, 5, 1, 12, 0, 30, 999, tzinfo=UTC)
    config = {f"{number:03}": number for number in range(100)}
    written = ", ".join(f"{name}: {number}" for name, number in config.items())

    assert repr(Projects(id="p", name="Shelf", description="", create_at=at, update_at=at)) == (
        "Projects(id='p', name='Shelf', create_at=2026-05-01 12:00:30, update_at=2026-05-01 12:00:30)"
    )
    assert f"name='{'x' * 100}', " in repr(Projects(name="x" * 100))
    assert f"name='{'x' * 100}…', " in repr(Projects(name="x" * 101))
    assert "options=['a', 'a', 'a', 'a', 'a']" in repr(ImageDatasets(options=["a"] * 5))
    assert "options=[6 items]" in repr(ImageDatasets(options=["a"] * 6))
    assert "config={a: 1, b: 'x'}, " in repr(Tasks(config={"a": 1, "b": "x"}))
    assert f"config={{{written[:199]}, total_count=0, " in repr(Tasks(config=config))
