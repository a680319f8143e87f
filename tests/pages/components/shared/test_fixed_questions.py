"""What a fixed question says about its answers."""

from typing import Any

import pytest

from core.db import QuestionTemplates
from pages.components.shared import fixed_questions


@pytest.mark.parametrize(
    ("answer_type", "options", "one_label", "words"),
    [
        ("text", None, False, "en, text"),
        ("label", ["red", "blue"], True, "en, one of: red, blue"),
        ("label", ["red", "blue"], False, "en, one or more of: red, blue"),
        ("custom_format", {"type": "é"}, False, 'en, JSON: {"type": "é"}'),
    ],
)
def test_a_fixed_question_is_described_by_its_answers(
    answer_type: str, options: Any, one_label: bool, words: str
) -> None:
    template = QuestionTemplates(
        project_id="p", question="Which?", answer_type=answer_type, options=options, one_label=one_label, language="en"
    )

    assert fixed_questions._description(template) == words
