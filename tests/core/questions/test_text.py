from core.questions.text import clean


def test_clean_removes_control_characters_and_lone_surrogates() -> None:
    assert clean(" a\x00b\x07\nc\ud800 ", 100) == "ab\nc?"


def test_clean_cuts_what_is_too_long() -> None:
    assert clean("x" * 50, 10) == "x" * 10
