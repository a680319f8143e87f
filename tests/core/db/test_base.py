import re

from core.db import new_id


def test_ids_are_21_url_safe_characters_and_start_with_a_letter_or_a_digit() -> None:
    ids = {new_id() for _ in range(2_000)}

    assert len(ids) == 2_000
    assert all(re.fullmatch(r"[0-9A-Za-z][\w-]{20}", id_) for id_ in ids)
