from core.db import question_key


def test_question_key_ignores_case_punctuation_and_spaces() -> None:
    assert question_key("  How many CUPS are there?! ") == "how many cups are there"
