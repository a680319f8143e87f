"""The key under which two wordings of a question count as the same.

Stored with each question: whoever changes the rule adds a migration that makes the keys again, as ``m0018`` does.
"""

import re
import unicodedata
from functools import cache

_SIGN = re.compile(r"[^\w\s]")
_DASHES = "-\u2010\u2011\u2012\u2013\u2212"
_FRACTIONS = "/\u2044\u2215\u00f7"
_BETWEEN_NUMBERS = "*^:.,"
_MEANT = frozenset("%‰°′″")
_NOT_MEANT = frozenset("|©®\ufe0e\ufe0f")
# A digit or one letter alone: "2 - 3" and "a/b" are calculations, "T-shirt" and "yes/no" are not.
_ENDS_WITH_OPERAND = re.compile(r"(?:\d|(?<!\w)[^\W\d_]|[)²³])\s?$")
_BEGINS_WITH_OPERAND = re.compile(r"\s?(?:\d|[^\W\d_](?!\w)|[(])")


def question_key(question: str) -> str:
    """Return *question* folded by NFKC and case, without punctuation that only separates, with single spaces.

    Signs that carry meaning stay, each as a word of its own: those of calculations (``2+3`` is not ``2-3``), units,
    currencies, emoji, and those of ``C++`` and ``C#``.
    """
    return " ".join(_SIGN.sub(_meant, folded(question)).split())


def folded(text: str) -> str:
    """Return *text* in one form of each character and case; a power is written as such: ``x²`` as ``x^2``."""
    powers = "".join(f"^{sign}" if _is_superscript(sign) else sign for sign in text)
    return unicodedata.normalize("NFKC", powers).casefold()


def without_separator(match: re.Match[str]) -> str:
    """Return what was found in a folded text, words or a sign; empty for a sign that only separates."""
    return _meant(match).strip() if _SIGN.fullmatch(match[0]) else match[0]


@cache
def _is_superscript(sign: str) -> bool:
    return unicodedata.decomposition(sign).startswith("<super>") and sign.isnumeric()


def _meant(match: re.Match[str]) -> str:
    """Return the sign with spaces around it, or a space for one that only separates."""
    sign, text = match[0], match.string
    before, after = text[max(0, match.start() - 3) : match.start()], text[match.end() : match.end() + 3]
    if sign in _NOT_MEANT:
        return " "
    if sign in _DASHES:
        is_sign = after[:1].isdigit() and not before[-1:].isalnum()
        return " - " if is_sign or _is_between_operands(before, after) else " "
    if sign in _FRACTIONS:
        return " / " if sign == "\u00f7" or _is_between_operands(before, after) else " "
    if sign in _BETWEEN_NUMBERS:
        is_between = before[-1:].isdigit() and after[:1].isdigit()
        is_decimal = sign == "." and after[:1].isdigit() and not before[-1:].isalnum()
        is_operator = sign in "*^" and _is_between_operands(before, after)
        return f" {sign} " if is_between or is_decimal or is_operator else " "
    if sign == "#":
        return " # " if before[-1:].isalpha() else " "
    category = unicodedata.category(sign)
    if category[0] == "M":  # vowels of many scripts, and accents that have no character with their letter
        return sign
    return f" {sign} " if sign in _MEANT or category in ("Sm", "Sc", "So") else " "


def _is_between_operands(before: str, after: str) -> bool:
    return bool(_ENDS_WITH_OPERAND.search(before) and _BEGINS_WITH_OPERAND.match(after))
