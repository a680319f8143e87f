"""Numbers as people write them, read by value: the one rule of every check that compares numbers.

The table in docs/CHECKS.md says what is read how. This file needs the standard library alone, since exports carry a
copy of it to the trainers within ``reward.py``.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

_RATIO_TOLERANCE = 0.005
"""Of a ratio that two decimals cannot state, such as 2/3."""
_BY_POINT = (
    "az", "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "fi", "fr", "hr", "hu", "id", "it", "nb", "nl", "no",
    "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi",
)  # fmt: skip
"""Languages that group digits by a point and write decimals behind a comma; all others do the opposite."""
_WORDS = {
    "en": "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen",
    "de": "null|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dreizehn|vierzehn|fünfzehn|sechzehn|"
    "siebzehn|achtzehn|neunzehn",
    "tr": "sifir||iki|üç|dört|beş|alti|yedi|sekiz|dokuz|on|on bir|on iki|on üç|on dört|on beş|on alti|on yedi|"
    "on sekiz|on dokuz",
    "zh": "零||二|三|四|五|六|七|八|九|十|十一|十二|十三|十四|十五|十六|十七|十八|十九",
}  # fmt: skip
_LIKE_ARTICLES = {
    "de": "ein|eine|einen|einem|einer|kein|keine|keinen|keiner", "tr": "bir|hiç|yok", "zh": "一|没有",
}  # fmt: skip
"""Words for one, and for none, that say so only where no other number stands."""
_NONE = ("none", "kein", "keine", "keinen", "keiner", "hiç", "yok", "没有")
_TOO_LARGE = {
    "en": "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion",
    "de": r"\w*(?:zwanzig|dreissig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig|hundert|tausend)|million(?:en)?",
    "tr": "yirmi|otuz|kirk|elli|altmiş|yetmiş|seksen|doksan|yüz|bin|milyon",
}
_MEASURE = "[个個只隻辆輛架列艘张張匹头頭把条條副块塊根支朵台部本位名件杯瓶颗棵]"
_UNITS = {
    "%": "percent prozent yüzde 百分之", "$": "dollar dollars usd dolar 美元", "€": "euro euros eur avro 欧元",
    "£": "gbp", "¥": "yuan rmb cny yen jpy 元", "₺": "tl try lira", "°": "degrees grad derece 度", "°c": "", "°f": "",
    "kg": "kilogram kilograms kilogramm", "g": "gram grams gramm", "mg": "", "t": "", "mm": "",
    "cm": "centimeter centimeters zentimeter santimetre", "km": "kilometer kilometers kilometre",
    "m": "meter meters metre metres", "ml": "", "l": "liter liters litre", "px": "pixel pixels",
}  # fmt: skip
_UNIT_OF = {word: sign for sign, words in _UNITS.items() for word in (sign, *words.split())}
_SIGNS = r"[%$€£¥₺]|°[cf]?|元|美元|欧元|度"
_BEFORE = r"(?:[%$€£¥₺]|yüzde|百分之|usd|eur)"
_HAN = r"[\u3400-\u9fff]"
_HAN_DIGIT = "[零一二两三四五六七八九十百千万]"
_TIGHT = "|".join(sorted((unit for unit in _UNITS if unit.isalpha()), key=len, reverse=True))
_APART = re.compile(r"(?<=\d)[\u00a0\u202f\u2009'\u2019](?=\d{3}(?!\d))")


class StatedNumber(NamedTuple):
    """A number that a text states."""

    value: float
    """NaN for one that cannot be read."""
    unit: str = ""
    """What is counted or measured: a key of the units, or words without case and plural; may be empty."""
    tolerance: float = 0.0
    """Half a unit of its last decimal: what it leaves open."""

    @property
    def counts_things(self) -> bool:
        """Whether the unit is a word for what is counted, and none of measure or money."""
        return bool(self.unit) and self.unit not in _UNITS


def stated_number(text: str, language: str = "") -> StatedNumber | None:
    """Return the number that a text as a whole is, such as ``1.234,5``, ``$5``, ``8/10``, ``three`` or ``3 dogs``.

    Args:
        language: of the text, such as ``de``; decides what ``1,234`` is. Empty for unknown, which is read as English.
    """
    plain = _folded(text).lstrip(' "').rstrip(' .!?。！？"')
    found = _whole(_base(language)).fullmatch(plain)
    if found is None:
        return None
    written, after, noun = found["number"], found["after"] or "", found["noun"] or found["counted"] or ""
    read = _value((found["sign"] or found["sign2"] or "") + written, language)
    is_in_words = written in _values(_base(language))
    if read is None or re.match(r"0\d", written) or (is_in_words and noun and read.value < 2):
        return None
    if noun and _in_text(_base(language)).search(noun):
        return None  # five million
    if len(after) == 1 and after.isascii() and after.isalpha() and after not in text:
        return None  # 5G is no weight
    return read._replace(unit=_unit(found["before"] or after or noun))


def numbers_in(text: str, language: str = "") -> list[StatedNumber]:
    """Return the numbers that stand in a text, in digits or words up to nineteen; those of larger words are NaN."""
    plain, base = _folded(text).replace(" out of ", "/"), _base(language)
    found = []
    for one in _in_text(base).finditer(plain):
        read = _value(one["number"].rstrip(".,"), language)
        read = StatedNumber(float("nan")) if read is None or one["more"] else read
        found.append(read._replace(unit=_unit(one["before"] or one["sign"] or one["word"] or "")))
    if not found and base in _LIKE_ARTICLES:
        found = [StatedNumber(float(one not in _NONE)) for one in _articles(base).findall(plain)]
    return found


def states(text: str, truth: StatedNumber, language: str = "", tolerance: float = 0.0) -> bool:
    """Return whether the only number of a text is *truth*, with no other unit.

    A known unit such as % or kg differs only from another one. A counted thing may be missing, or stand elsewhere.
    """
    found = numbers_in(text, language)
    values = {one.value for one in found}
    # The slack is for decimals that a double cannot hold.
    if len(values) != 1 or not abs(values.pop() - truth.value) <= tolerance + 1e-9:
        return False
    others = {one.unit for one in found} - {"", truth.unit}
    if not truth.unit or not others:
        return True
    if truth.unit in _UNITS:
        return not others & _UNITS.keys()
    words = [*re.findall(r"\w+", _folded(text)), *others]
    return all(any(_is_same_thing(one, _unit(word)) for word in words) for one in truth.unit.split())


def _is_same_thing(one: str, other: str) -> bool:
    """Return whether two words differ at most in an ending, as ``Hunde`` and ``Hunden`` do, or one has the other."""
    shorter, longer = sorted((one, other), key=len)
    is_ending = len(shorter) > 2 and longer.startswith(shorter) and len(longer) - len(shorter) <= 3
    return one == other or is_ending or (re.match(_HAN, one) is not None and one in other)


def number_key(text: str, language: str = "") -> str | None:
    """Return a text that is the same for numbers of one value and unit; None for a text that is no number."""
    found = stated_number(text, language)
    return f"{found.value:.15g} {found.unit}".strip() if found else None


def _value(written: str, language: str) -> StatedNumber | None:
    """Return the value of digits, a ratio or a word; None when the digits are grouped in no known way."""
    if (value := _values(_base(language)).get(written)) is not None:
        return StatedNumber(value)
    first, is_ratio, second = written.partition("/")
    number = _decimal(first, language)
    if not is_ratio or number is None:
        return number
    divisor = _decimal(second.rstrip(".,"), language)
    if divisor is None or not divisor.value:
        return None
    value = number.value / divisor.value
    is_exact = abs(value - round(value, 2)) < 1e-9
    return StatedNumber(value, tolerance=0.0 if is_exact else min(_RATIO_TOLERANCE, abs(value) / 2))


def _decimal(digits: str, language: str) -> StatedNumber | None:
    sign, digits = (-1.0 if digits.startswith("-") else 1.0), digits.lstrip("+-")
    marks = [mark for mark in ".," if mark in digits]
    whole, decimals = digits, ""
    if len(marks) == 2 or (marks and digits.count(marks[0]) == 1 and not _is_grouped(digits, marks[0], language)):
        last = max(marks, key=digits.rfind)
        whole, _, decimals = digits.rpartition(last)
        marks = [mark for mark in marks if mark != last]
    if last_groups := [mark for mark in marks if mark in whole]:
        if not re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(last_groups[0])}\d{{3}})+", whole):
            return None
        whole = whole.replace(last_groups[0], "")
    try:
        return StatedNumber(sign * float(f"{whole or 0}.{decimals or 0}"), "", _half_unit(decimals))
    except ValueError:
        return None


def _half_unit(decimals: str) -> float:
    return 0.5 * 10.0 ** -len(decimals) if decimals else 0.0


def _is_grouped(digits: str, mark: str, language: str) -> bool:
    """Return whether the only mark groups three digits: where it could also be that of decimals, the language says."""
    is_group = re.fullmatch(rf"[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}", digits) is not None
    return is_group and mark == ("." if _base(language) in _BY_POINT else ",")


def _unit(word: str) -> str:
    words = [_UNIT_OF.get(one, one) for one in word.strip(" -").split()]
    return " ".join(one.removesuffix("s") if len(one) > 3 and not one.endswith("ss") else one for one in words)


def _base(language: str) -> str:
    return language.casefold().partition("-")[0].partition("_")[0]


def _folded(text: str) -> str:
    """Return a text with single spaces and without case; in it, I, İ, ı and i of Turkish are one letter."""
    plain = unicodedata.normalize("NFKC", _APART.sub("", text)).casefold()
    return " ".join(plain.replace("i\u0307", "i").replace("ı", "i").replace("\u2212", "-").split())


@cache
def _values(base: str) -> dict[str, float]:
    """Return the values of the number words of a language and of English."""
    lists = [_WORDS["en"], *([_WORDS[base]] if base in _WORDS else [])]
    values = {word: float(value) for words in lists for value, word in enumerate(words.split("|")) if word}
    ones = {word: 1.0 for word in _articles_of(base) if word not in _NONE}
    return values | ones | {"none": 0.0} | ({"两": 2.0} if base == "zh" else {})


@cache
def _whole(base: str) -> re.Pattern[str]:
    words = "|".join(sorted(_values(base).keys() - {"none"}, key=len, reverse=True))
    digits = r"(?:\d(?:[\d.,]*\d)?|\.\d+)"
    return re.compile(
        rf"(?P<sign>[-+])?(?P<before>{_BEFORE})? ?(?P<sign2>[-+])?(?P<number>{digits}(?:/{digits})*|{words})"
        rf"(?: ?(?P<after>{_SIGNS}|{_TIGHT})|{_MEASURE}(?P<counted>(?:(?!{_HAN_DIGIT}){_HAN}){{0,4}})"
        r"|(?P<noun>(?: [^\W\d_]+){1,2}))?"
    )


@cache
def _in_text(base: str) -> re.Pattern[str]:
    spaced = [word for word in _values(base) if not re.match(_HAN, word) and word not in _articles_of(base)]
    words = "|".join([*sorted(spaced, key=len, reverse=True), _TOO_LARGE["en"], _TOO_LARGE.get(base, "")]).strip("|")
    han = rf"(?:(?!一){_HAN_DIGIT}|{_HAN_DIGIT}{{2,}})+(?=\s*(?:{_MEASURE}|{_SIGNS}|\W|$))|" if base == "zh" else ""
    return re.compile(
        rf"(?P<before>{_BEFORE})?\s?"
        rf"(?P<number>{han}[-+]?\d[\d.,]*(?:/\d[\d.,]*)*|(?<![\w.])[-+]?\.\d+|(?<!\bno )\b(?:{words})\b)"
        rf"(?:(?P<more>k\b)| ?(?P<sign>{_SIGNS})|(?=[ -]?{_MEASURE}?(?P<word>[^\W\d_]*)))?"
    )


def _articles_of(base: str) -> list[str]:
    return _LIKE_ARTICLES[base].split("|") if base in _LIKE_ARTICLES else []


@cache
def _articles(base: str) -> re.Pattern[str]:
    words = _LIKE_ARTICLES[base]
    return re.compile(words if base == "zh" else rf"\b(?:{words})\b")
