"""Reads JSON with the mistakes that models make, as strict JSON: one pass, no guessing.

Accepted besides JSON: quotes of any script as delimiters, three of them, unescaped quotes within a text, names without
quotes, comments, trailing and repeated commas, an ellipsis for more items, Python's ``True``, ``False`` and ``None``,
and escapes that JSON does not have. Anything else is left to json-repair, see :mod:`core.llm.json_documents`.
"""

import json
import re
from functools import cache

MAX_DEPTH = 64
"""Deeper nesting is no reply."""

CLOSING_QUOTES = {
    '"': '"', "'": "'", "`": "`", "\uff02": "\uff02",
    "\u201c": "\u201d", "\u201d": "\u201d", "\u201e": "\u201c\u201d", "\u201f": "\u201d",
    "\u2018": "\u2019", "\u2019": "\u2019", "\u201a": "\u2018\u2019",
    "\u00ab": "\u00bb", "\u00bb": "\u00ab\u00bb", "\u2039": "\u203a", "\u203a": "\u2039",
    "\u300c": "\u300d", "\u300e": "\u300f", "\u301d": "\u301e\u301f",
}  # fmt: skip
"""The quotes that can close a text, by the quote that opens it."""

_QUOTES = "".join(CLOSING_QUOTES)
_ANY_QUOTE = re.escape(_QUOTES)
_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.{0,500}?\*/)*", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w-]*(?=\s*:)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*(?:[,}\]\n]|//|/\*|$))")
_WORD = re.compile(r"(?:true|false|null|True|False|None|NaN|undefined)\b")
_TRIPLE_QUOTES = ('"""', "'''")
_WORDS = {"true": "true", "True": "true", "false": "false", "False": "false"}
_ELLIPSIS = re.compile(r"\.{3}|\u2026")
_NAME_OR_END = re.compile(rf"[{_ANY_QUOTE}][^{_ANY_QUOTE}]{{1,80}}[{_ANY_QUOTE}]\s*:|[^\W\d][\w-]*\s*:|[}}\]]|$")
_VALUE_OR_END = re.compile(rf"[{_ANY_QUOTE}{{\[}}\]\-\d.\u2026]|(?:true|false|null|True|False|None)\b|$")
_BROKEN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\u(?![0-9a-fA-F]{4})")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\"}
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class NotRelaxedJson(ValueError):  # noqa: N818  a signal to the caller, never shown
    """Raised where the text is not JSON even with these mistakes; *position* is where reading stopped."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class RelaxedReader:
    """Reads one object or list of *text* that ends before the position *limit*; create one per document."""

    def __init__(self, text: str, limit: int) -> None:
        self._text = text
        self._limit = min(limit, len(text))
        self._parts: list[str] = []
        self._open: list[str] = []
        self._expects_name = False

    def read(self, start: int) -> tuple[str, int]:
        """Return the document that begins with the bracket at *start* as strict JSON, and where it ends.

        Raises:
            NotRelaxedJson: it is not one.
        """
        position = start
        while True:
            position = _skip(_BLANK, self._text, position)
            if position >= self._limit:
                raise NotRelaxedJson(position)
            position = self._token(position)
            if not self._open:
                return "".join(self._parts), position

    def _token(self, position: int) -> int:
        char = self._text[position]
        if char in "{[":
            return self._begin(char, position)
        if char in "}]":
            return self._end(char, position)
        if char == ",":
            if self._parts[-1] not in (",", "{", "["):
                self._parts.append(",")
            self._expects_name = self._open[-1] == "{"
            return position + 1
        if char == ":":
            if not self._expects_name or self._parts[-1][-1:] != '"':
                raise NotRelaxedJson(position)
            self._parts.append(":")
            self._expects_name = False
            return position + 1
        return self._scalar(char, position)

    def _begin(self, char: str, position: int) -> int:
        if len(self._open) >= MAX_DEPTH:
            raise NotRelaxedJson(position)
        self._require_place_for_value(position)
        self._open.append(char)
        self._parts.append(char)
        self._expects_name = char == "{"
        return position + 1

    def _end(self, char: str, position: int) -> int:
        if self._open.pop() != ("{" if char == "}" else "["):
            raise NotRelaxedJson(position)
        if self._parts[-1] == ",":
            self._parts.pop()
        if self._parts[-1] == ":":
            raise NotRelaxedJson(position)
        self._parts.append(char)
        self._expects_name = False
        return position + 1

    def _scalar(self, char: str, position: int) -> int:
        if self._expects_name:
            if match := _NAME.match(self._text, position):
                self._parts.append(json.dumps(match[0]))
                return match.end()
            if char not in CLOSING_QUOTES:
                return self._ellipsis(position)
        if self._parts[-1] not in (",", "{", "[", ":"):
            raise NotRelaxedJson(position)
        if char in CLOSING_QUOTES:
            return self._string(char, position)
        if match := _NUMBER.match(self._text, position):
            self._parts.append(match[0])
        elif match := _WORD.match(self._text, position):
            self._parts.append(_WORDS.get(match[0], "null"))
        else:
            return self._ellipsis(position)
        return match.end()

    def _ellipsis(self, position: int) -> int:
        match = _ELLIPSIS.match(self._text, position)
        if match is None or self._parts[-1] == ":":
            raise NotRelaxedJson(position)
        return match.end()

    def _require_place_for_value(self, position: int) -> None:
        if self._parts and (self._expects_name or self._parts[-1] not in (",", "[", ":")):
            raise NotRelaxedJson(position)

    def _string(self, opening: str, position: int) -> int:
        """Read a text up to the quote that is followed by what follows a text, so that quotes within it stay."""
        if self._text.startswith(_TRIPLE_QUOTES, position):
            return self._long_string(position)
        for match in _closing(opening).finditer(self._text, position + 1, self._limit):
            if match[0][0] == "\\" or not self._closes(match.end()):
                continue
            raw = self._text[position + 1 : match.start()]
            if _swallowed(opening).search(raw) or _BROKEN_ESCAPE.search(raw):
                raise NotRelaxedJson(match.end())
            self._parts.append(json.dumps(_unescaped(raw)))
            return match.end()
        raise NotRelaxedJson(self._limit)

    def _long_string(self, position: int) -> int:
        """Read a text in three quotes, as in Python."""
        start = position + 3
        end = self._text.find(self._text[position:start], start, self._limit)
        if end < 0:
            raise NotRelaxedJson(self._limit)
        self._parts.append(json.dumps(_unescaped(self._text[start:end])))
        return end + 3

    def _closes(self, after: int) -> bool:
        position = _skip(_BLANK, self._text, after)
        char = self._text[position : position + 1]
        if self._expects_name:
            return char == ":"
        if char == ",":
            following = _NAME_OR_END if self._open[-1] == "{" else _VALUE_OR_END
            return following.match(self._text, _skip(_BLANK, self._text, position + 1)) is not None
        return char in ("}", "]")


@cache
def _closing(opening: str) -> re.Pattern[str]:
    return re.compile(rf"\\.|[{re.escape(CLOSING_QUOTES[opening])}]", re.DOTALL)


@cache
def _swallowed(opening: str) -> re.Pattern[str]:
    """Return what shows that two texts were taken for one: a quote beside what stands between texts."""
    quote = rf"(?<!\\)[{re.escape(opening + CLOSING_QUOTES[opening])}]"
    return re.compile(rf"{quote}\s*[,:}}\]]|[,:{{\[]\s*{quote}|{quote}\s+{quote}")


def _unescaped(text: str) -> str:
    """Return *text* without its escapes; a backslash that JSON does not know stays."""

    def plain(match: re.Match[str]) -> str:
        char = match[1]
        if len(char) == 5:
            return chr(int(char[1:], 16))
        return _PLAIN_ESCAPES.get(char, char if char in _QUOTES else match[0])

    unescaped = _ESCAPE.sub(plain, text) if "\\" in text else text
    return _SURROGATE_PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), unescaped)


def _skip(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
