"""Numbers follow the language of the browser."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.runtime.context import ContextProxy

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


@pytest.mark.parametrize(
    ("locale", "shown", "column"),
    [
        (None, ["0%", "under 1%", "95%", "over 99%", "100%"], "%.0f%%"),
        ("de-DE", ["0 %", "under 1 %", "95 %", "over 99 %", "100 %"], "%.0f %%"),
        ("de-CH", ["0%", "under 1%", "95%", "over 99%", "100%"], "%.0f%%"),
        ("tr", ["%0", "under %1", "%95", "over %99", "%100"], "%%%.0f"),
    ],
)
def test_percent_are_written_as_the_browser_would(
    locale: str | None, shown: list[str], column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContextProxy, "locale", locale)

    found = [numbers.percent(share) for share in (0, 0.004, 0.95, 0.996, 1)]

    assert found == [re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text) for text in shown]
    assert numbers.percent_format() == column.replace("f %", "f\N{NO-BREAK SPACE}%")


_ROOT = Path(__file__).parents[4]
_NO_PERCENT = re.compile(r"in %|^%\.\d[df]$|^%g$|[{;]\s*[\w-]+:|%[YmdHMSBba]|\[%s\]")
"""The unit of a field, the format of a number, rules of CSS, parts of a time, and words for the log."""


def test_pages_write_percent_by_their_numbers() -> None:
    own = "numbers.py"
    found = [
        f"{path.relative_to(_ROOT)}:{line} {text}"
        for path in sorted((_ROOT / "pages").rglob("*.py")) if path.name != own
        for line, text in _texts(path)
        if "%" in text and not _NO_PERCENT.search(text)
    ]  # fmt: skip
    scripts = [
        f"{path.relative_to(_ROOT)} {text}"
        for path in sorted((_ROOT / "pages").rglob("*.js"))
        for text in re.findall(r"`[^`\n]*[\d}] %[^`\n]*`|\"[^\"\n]*\d ?%[^\"\n]*\"", path.read_text(encoding="utf-8"))
    ]

    assert found + scripts == [], "numbers.percent writes it, and in scripts toLocaleString with the style percent"


def test_english_texts_have_no_space_before_a_percent_sign() -> None:
    found = [
        f"{path.relative_to(_ROOT)}:{line} {text}"
        for path in sorted((_ROOT / "core").rglob("*.py"))
        for line, text in _texts(path)
        if re.search(r"(?:\d|^) %[ .,;)]", text)
    ]

    assert found == []


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module that are no docstrings, each with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value
