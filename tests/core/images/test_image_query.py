"""A search line for images: its words rank, its other terms select."""

import pytest

from core.images.image_query import parse_image_query


@pytest.mark.parametrize(
    ("line", "parts", "words", "unranked", "is_ranked"),
    [
        ("red car -blue -tag:x format:png", ["red car", "-blue", "-tag:x", "format:png"], "red car",
         "-blue -tag:x format:png", True),
        ("-blue", ["-blue"], "", "-blue", False),
        ("format:png", ["format:png"], "", "format:png", False),
        ("", [], "", "", False),
    ],
)  # fmt: skip
def test_the_words_of_a_line_rank_together_and_the_rest_selects(
    line: str, parts: list[str], words: str, unranked: str, is_ranked: bool
) -> None:
    query = parse_image_query(line)

    assert [str(part) for part in query.parts()] == parts
    assert (query.words, str(query.unranked), query.is_ranked) == (words, unranked, is_ranked)
