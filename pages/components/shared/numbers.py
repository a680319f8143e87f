"""Numbers as the visitor's browser writes them: 1,234.5 or 1.234,5."""

from typing import Any

import streamlit as st

# Languages that separate thousands by a dot or a space, and decimals by a comma; with a region, only there.
_DOT = frozenset(
    [
        "az",
        "ca",
        "da",
        "de",
        "el",
        "es",
        "eu",
        "gl",
        "hr",
        "id",
        "is",
        "it",
        "mk",
        "nl",
        "pt",
        "ro",
        "sl",
        "sr",
        "tr",
        "vi",
    ]
)
_SPACE = frozenset(
    [
        "be",
        "bg",
        "cs",
        "et",
        "fi",
        "fr",
        "hu",
        "ka",
        "kk",
        "lt",
        "lv",
        "nb",
        "nn",
        "no",
        "pl",
        "pt-PT",
        "ru",
        "sk",
        "sv",
        "uk",
    ]
)
_AS_IN_ENGLISH = frozenset(["es-419", "es-DO", "es-GT", "es-MX", "es-PA", "es-PE", "es-PR", "es-SV", "es-US"])
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
# Languages with a space before the percent sign, and the regions of some that have none.
_SPACE_PERCENT = frozenset(
    ["be", "ca", "cs", "da", "de", "es", "fi", "fr", "gl", "hr", "lt", "nb", "nn", "no", "ro", "ru", "sk", "sl", "sv"]
)  # fmt: skip
_NO_SPACE_PERCENT = _AS_IN_ENGLISH | {"de-CH", "de-LI", "fr-CH"}


def text(value: float | None, decimals: int = 0) -> str:
    """Return a number with separated thousands, rounded to *decimals*; "?" for one that is not known."""
    return "?" if value is None else exact(value, decimals, st.context.locale)


def percent(share: float) -> str:
    """Return a share of 0 to 1 in whole percent; what is not quite none or all is never shown as 0% or 100%."""
    if 0 < share < 0.005:
        return f"under {_percent(0.01)}"
    return f"over {_percent(0.99)}" if 0.995 < share < 1 else _percent(share)


def percents(*names: str, help: str | None = None) -> dict[str, Any]:
    """Return the configuration of columns of a table that hold percent, as 0 to 100."""
    column = st.column_config.NumberColumn(format=percent_format(), help=help)
    return dict.fromkeys(names, column)


def percent_format() -> str:
    """Return what writes percent, given as 0 to 100, in a column of a table."""
    return _percent_mark(st.context.locale).replace("%", "%%").format("%.0f")


def dollars(amount: float) -> str:
    """Return US dollars: in cents, and below ten cents in hundredths of one, so that what costs little is not $0.00."""
    return f"${text(amount, 2 if amount >= 0.1 or not amount else 4)}"


def pluralize(number: int, one: str, many: str = "") -> str:
    """Return *number* with its noun: "1 image", "2,400 entries"; *many* where it is not made by the noun's end."""
    if number == 1:
        return f"1 {one}"
    return f"{text(number)} {many or (one[:-1] + 'ies' if one.endswith('y') else one + 's')}"


def span(first: int, last: int, total: str) -> str:
    """Return where a page of a list is: "61 to 120 of 6,000 images"."""
    return f"{text(first)} to {text(last)} of {total}"


def counts(*names: str) -> dict[str, Any]:
    """Return the configuration of columns of a table that hold counts: with separated thousands."""
    return {name: st.column_config.NumberColumn(format="localized") for name in names}


def words(*names: str) -> dict[str, Any]:
    """Return the configuration of columns of a table that hold numbers in words, such as "3 of 4": right-aligned."""
    return {name: st.column_config.TextColumn(alignment="right") for name in names}


def exact(value: float, decimals: int, locale: str | None) -> str:
    """Return a number for a browser with *locale*; as in English for one that does not tell."""
    group, point = _marks(locale or "")
    return f"{value:,.{decimals}f}".translate({ord(","): group, ord("."): point})


def _percent(share: float) -> str:
    return _percent_mark(st.context.locale).format(text(share * 100))


def _percent_mark(locale: str | None) -> str:
    """Return where the percent sign is: before or after the number, with a space or without."""
    language = (locale or "").partition("-")[0]
    if language == "tr":
        return "%{}"
    return f"{{}}{_NO_BREAK_SPACE}%" if language in _SPACE_PERCENT and locale not in _NO_SPACE_PERCENT else "{}%"


def _marks(locale: str) -> tuple[str, str]:
    """Return what separates thousands and decimals."""
    names = {locale, locale.partition("-")[0]}
    if locale in _AS_IN_ENGLISH:
        return ",", "."
    if locale in ("de-CH", "de-LI", "it-CH"):
        return "\N{RIGHT SINGLE QUOTATION MARK}", "."
    if names & _SPACE:
        return _NO_BREAK_SPACE, ","
    return (".", ",") if names & _DOT else (",", ".")
