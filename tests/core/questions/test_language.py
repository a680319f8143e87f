"""Language detection reports clear mismatches only."""

import pytest

from core.questions.language import entry_language_mismatch, language_mismatch


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What color is the cup on the table?", "en"),
        ("What color is the cup on the table?", "English"),
        ("Masanın üzerindeki bardak ne renk görünüyor?", "tr"),
        ("桌子上的杯子是什么颜色？", "zh-CN"),
        ("Quelle est la couleur de la tasse?", "Klingon"),
        ("Bardak?", "en"),
    ],
)
def test_a_text_in_its_language_or_too_short_to_tell_has_no_mismatch(text: str, language: str) -> None:
    assert language_mismatch(text, language) == ""


def test_a_text_in_another_language_is_named_with_both() -> None:
    mismatch = language_mismatch("Masanın üzerindeki bardak ne renk görünüyor?", "en")

    assert mismatch == "Not in the asked language: this looks like tr, not en."


def test_short_answers_are_not_checked_and_long_ones_are() -> None:
    question = "What color is the cup on the table?"
    long = "Masanın üzerindeki bardak koyu mavi, kulpu ise beyaz renkte görünüyor."

    assert entry_language_mismatch(question, "koyu mavi bir bardak", "en") == ""
    assert "this looks like tr" in entry_language_mismatch(question, long, "en")
    assert "this looks like tr" in entry_language_mismatch(question, long[:40], "en")
    assert entry_language_mismatch(question, long[:39], "en") == ""
