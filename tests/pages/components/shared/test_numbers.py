"""Numbers follow the language of the browser."""

import pytest

from pages.components.shared import numbers


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        (None, "1,234,567.8"),
        ("en-GB", "1,234,567.8"),
        ("zh-CN", "1,234,567.8"),
        ("de-DE", "1.234.567,8"),
        ("tr", "1.234.567,8"),
        ("fr-FR", "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,8"),
        ("pt-BR", "1.234.567,8"),
        ("pt-PT", "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,8"),
        ("es-MX", "1,234,567.8"),
        ("de-CH", "1\N{RIGHT SINGLE QUOTATION MARK}234\N{RIGHT SINGLE QUOTATION MARK}567.8"),
    ],
)
def test_a_number_is_shown_as_the_browser_would(locale: str | None, shown: str) -> None:
    assert numbers.exact(1_234_567.84, 1, locale) == shown


def test_a_number_has_its_noun() -> None:
    assert [numbers.pluralize(n, "entry") for n in (0, 1, 2_400)] == ["0 entries", "1 entry", "2,400 entries"]
    assert numbers.pluralize(2, "web address", "web addresses") == "2 web addresses"
    assert numbers.span(61, 1_120, "6,000 images") == "61 to 1,120 of 6,000 images"
