"""Removes what a model wrote before its answer: thinking blocks, drafts before a closing tag, and control tokens.

A tag is a mark only where a model puts one. It is text, and stays, inside a JSON document, in quotes, and in the middle
of a sentence ("The poster says <think> in red letters.").
"""

import bisect
import re
from collections.abc import Sequence
from itertools import islice

from core.llm.relaxed_json import CLOSING_QUOTES

_NAMES = r"(?:seed:)?(?:think|thinking|thought|reasoning|reflection)"
_TAG = re.compile(
    # Of Magistral, Kimi-VL, Gemma 4 and Cohere; the last ones are gpt-oss, also without its special tokens.
    rf"(?P<opening><{_NAMES}>|\[THINK\]|◁think▷|<\|channel>\s*thought|<\|START_THINKING\|>)"
    rf"|(?P<closing></{_NAMES}>|\[/THINK\]|◁/think▷|<channel\|>|<\|END_THINKING\|>"
    r"|<\|channel\|>\s*final\s*(?:<\|constrain\|>\s*\w*\s*)?<\|message\|>|(?<=[.!?)}\]])assistantfinal(?=\S))",
    re.IGNORECASE,
)
_BOX = re.compile(r"<\|(?:begin|end)_of_box\|>")
_TOKEN = re.compile(r"\s*(?:<\|\w{1,40}\|?>|<\w{1,40}\|>)")
_ANSWER = re.compile(r"\s*<answer>(.*)</answer>\s*", re.DOTALL | re.IGNORECASE)
_LONGEST_QUOTED_BLOCK = 40
_MAX_TAGS = 10_000
_QUOTES = "".join({*CLOSING_QUOTES, *"".join(CLOSING_QUOTES.values())})

Span = tuple[int, int]


def remove(text: str, documents: Sequence[Span] = ()) -> str:
    """Return *text* without thinking and control tokens.

    Args:
        text: a reply as it came.
        documents: start and end of each JSON document in it, in order; the tags in them are text.
    """
    found = islice(_TAG.finditer(text), _MAX_TAGS)
    tags = [tag for tag in found if not _is_inside(tag.start(), documents) and not _is_quoted(text, tag)]
    kept_from, parts = 0, list[str]()
    for start, end in _thinking(text, tags):
        parts.append(text[kept_from:start])
        kept_from = end
    text = _without_tokens_at_the_edges(_BOX.sub("", "".join([*parts, text[kept_from:]])))
    answer = _ANSWER.fullmatch(text)
    return (answer[1] if answer else text).strip()


def has_tag(text: str) -> bool:
    """Return whether there may be thinking in *text*."""
    return _TAG.search(text) is not None


def _thinking(text: str, tags: Sequence[re.Match[str]]) -> list[Span]:
    """Return the spans of thinking, in their order; before a lone closing tag is a draft."""
    spans: list[Span] = []
    opened: re.Match[str] | None = None
    quoted: re.Match[str] | None = None
    for tag in tags:
        if tag["opening"]:
            if opened is None and _follows_a_word(text, tag):
                quoted = tag
            else:
                opened = opened or tag
        elif opened is not None:
            spans.append((opened.start(), tag.end()))
            opened = None
        elif quoted is not None and _is_mentioned(text, quoted, tag):
            quoted = None
        elif quoted is not None or not (_follows_a_word(text, tag) and _goes_on(text, tag)):
            spans = [*spans, (quoted.start(), tag.end())] if quoted else [(0, tag.end())]
            quoted = None
    if opened is not None and _begins_a_line(text, opened):
        spans.append((opened.start(), len(text)))
    return spans


def _is_inside(position: int, documents: Sequence[Span]) -> bool:
    index = bisect.bisect(documents, (position, position)) - 1
    return index >= 0 and documents[index][0] < position < documents[index][1]


def _without_tokens_at_the_edges(text: str) -> str:
    start = 0
    while match := _TOKEN.match(text, start):
        start = match.end()
    text = text[start:].strip()
    end = len(text)
    while text.endswith("|>", 0, end) and _TOKEN.fullmatch(text, begin := max(text.rfind("<", 0, end), 0), end):
        end = begin
        while end and text[end - 1].isspace():
            end -= 1
    return text[:end]


def _is_quoted(text: str, tag: re.Match[str]) -> bool:
    """Return whether quotes enclose the tag, or a quote precedes it as at the beginning of a text."""
    before, after = text[tag.start() - 1 : tag.start()], text[tag.end() : tag.end() + 1]
    return before != "" and before in _QUOTES and (after == "" or after in _QUOTES or bool(tag["opening"]))


def _begins_a_line(text: str, tag: re.Match[str]) -> bool:
    return text[: tag.start()].rpartition("\n")[2].strip() == ""


def _follows_a_word(text: str, tag: re.Match[str]) -> bool:
    """Return whether a word and a space precede the tag, so that it stands in the middle of a sentence."""
    before = text[max(tag.start() - 2, 0) : tag.start()]
    return before[-1:] == " " and (before[:1].isalnum() or before[:1] == ",")


def _goes_on(text: str, tag: re.Match[str]) -> bool:
    """Return whether the sentence goes on behind the tag."""
    return re.match(r"[.,?!]| [^\W\dA-Z_]", text[tag.end() : tag.end() + 2]) is not None


def _is_mentioned(text: str, opening: re.Match[str], closing: re.Match[str]) -> bool:
    """Return whether a sentence mentions both tags ("between <think> and </think> is nothing")."""
    between = text[opening.end() : closing.start()]
    return len(between) <= _LONGEST_QUOTED_BLOCK and "\n" not in between and _goes_on(text, closing)
