"""Texts are stored trimmed, without placeholders and control characters: one by one, or a column at a time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataset.values import MAX_TEXT_CHARS
from core.importing.texts import clean_text, clean_texts, plain_texts

PIECES = st.sampled_from(
    [
        "<image>",
        "<IMAGE>",
        "<|image|>",
        "<",
        " ",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\x85",
        "\xa0",
        "\ud800",
        "ç",
        "😀",
        "red",
        "?",
    ]
)


@given(texts=st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=1, max_size=5))
def test_texts_are_cleaned_together_as_each_of_them(texts: list[str]) -> None:
    assert clean_texts(texts) == [clean_text(text) for text in texts]


@pytest.mark.parametrize("odd", ["", " <image> ", None, 3, ["red"], "x" * (MAX_TEXT_CHARS + 1)])
def test_a_column_with_a_value_that_is_no_plain_text_is_refused(odd: Any) -> None:
    assert plain_texts(["<image>\nWhat?", " red "]) == ["What?", "red"]
    assert plain_texts(["What?", odd]) is None


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA1)])
def test_control_characters_but_tab_and_line_feed_are_left_out(code: int) -> None:
    kept = chr(code) if code in (0x09, 0x0A, 0xA0) else ""

    assert clean_text(f"a{chr(code)}b") == f"a{kept}b"
    assert clean_texts([f"a{chr(code)}b", "ç"]) == [f"a{kept}b", "ç"]


def test_a_column_may_have_texts_of_just_the_largest_length() -> None:
    assert plain_texts(["x" * MAX_TEXT_CHARS]) == ["x" * MAX_TEXT_CHARS]
