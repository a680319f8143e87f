"""The labels of languages."""

import pytest

from pages.components.shared import language


@pytest.mark.parametrize(("code", "label"), [("en", "English"), ("tr", "Türkçe (Turkish)"), ("Klingon", "Klingon")])
def test_a_language_is_named_by_itself_and_in_english(code: str, label: str) -> None:
    assert language.label(code) == label
