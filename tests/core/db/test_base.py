import re
from unittest.mock import patch

from core.db import new_id
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
