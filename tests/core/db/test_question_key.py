import pytest

from core.db import question_key


def test_question_key_ignores_case_punctuation_and_spaces() -> None:
    assert question_key("  How many CUPS are there?! ") == "how many cups are there"


@pytest.mark.parametrize(
    "alike",
    [
        ("What is 2+3?", "what is 2 + 3"),
        ("What is 2 − 3?", "What is 2-3?", "What is 2–3"),
        ("Is it 5 %?", "Is it 5%?", "is it 5％"),
        ("A T-shirt?", "a t shirt", "A T‑shirt…"),
        ("Yes/no: is it red?", "Yes / no — is it red"),
        ("Look - 3 dogs?", "Look, 3 dogs"),
        ("Is it COVID-19?", "is it covid 19"),
        ("“Stop”, does it say?", "Stop does it say"),
        ("What is x²?", "What is x^2?"),
        ("A *bold* word", "a bold word"),
        ("Is this ❤️?", "is this ❤"),
        ("Is it Nike® (in 2024)? 5 dogs", "is it nike in 2024 5 dogs"),
        ("What is the area, in m²?", "what is the area in m²"),
        ("Is it v.5?", "is it v 5"),
    ],
)
def test_wordings_of_one_question_have_one_key(alike: tuple[str, ...]) -> None:
    assert len({question_key(text) for text in alike}) == 1


@pytest.mark.parametrize(
    "different",
    [
        ("What is 2+3?", "What is 2-3?", "What is 2*3?", "What is 2/3?", "What is 23?", "What is 2 3?", "What is 2^3?"),
        ("Is it C?", "Is it C++?", "Is it C#?"),
        ("Is it 5?", "Is it 5 %?", "Is it -5?", "Is it $5?", "Is it €5?", "Is it 5°?", "Is it .5?"),
        ("Is it 3.5?", "Is it 35?", "Is it 3 5?", "Is it 3:5?"),
        ("Is a < b?", "Is a > b?", "Is a = b?", "Is a ≤ b?", "Is a b?"),
        ("What is a - b?", "What is a b?"),
        ("Is this 😀?", "Is this 😢?"),
        ("What is x²?", "What is x2?"),
        ("क्या यह की है?", "क्या यह का है?"),
    ],
)
def test_questions_that_differ_in_a_sign_with_meaning_have_different_keys(different: tuple[str, ...]) -> None:
    assert len({question_key(text) for text in different}) == len(different)
