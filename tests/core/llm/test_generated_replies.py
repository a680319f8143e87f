"""Replies made by a grammar: what was said is read word for word, and nothing else is.

The short form tests a few hundred replies, the long one 20,000. Each is a list of questions, written in one of the ways
of models, with the damage and the surroundings that models add.
"""

import json
import os
import random
from collections.abc import Callable

import pytest
from rapidfuzz.distance import Levenshtein

from core.errors import BadReplyError
from core.llm import replies
from core.llm.schemas import QuestionList

REPLIES = 20_000 if os.environ.get("VITRINE_PROVE") else 600

_SUBJECTS = [
    "the car", "the sign <think>", "the “EXIT” sign", "the word “</think>” in print", "the poster [1, 2, ]",
    "the {cup}", "招牌上的“欢迎”", "el niño", "der „Hund“", "la «porte»", "the dog's bowl", "a 3.5 cm nail", "number 2",
    "the 😀 face", "kırmızı araba", "C:\\temp\\new", "the price, in $,", "http://example.org/a?b=c", "the list: a; b",
    "«عنوان»",
]  # fmt: skip
_FORMS = [
    "What color is {}?",
    "Is {} to the left?",
    "How often does {} appear?",
    "{}是什么颜色？",
    "Where, exactly, is {}?",
]
_KINDS = ["", "object", "count", "yes/no"]
_PROSE = [
    "Here are the questions:",
    "Sure!",
    "I looked at {a, b} first.",
    "Of course. [EXIT] is a sign.",
    "",
    "Üzerinde:",
]
_AFTER = ["I hope this helps.", "", "", "Let me know {if} you need more!", "(3 questions)"]
_DRAFTED = ["Is this a draft?", "Is that?", "And?", "?"]
_DRAFT = json.dumps({"questions": [{"question": text} for text in _DRAFTED]})


class ReplyGrammar:
    """Makes one reply after the other from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.is_one_text = False
        """Whether all questions of the last reply are lines of one text, which a lost line break joins."""

    def make(self) -> tuple[str, list[str]]:
        """Return a reply and the questions that it says."""
        rng = self._random
        said = [self._question() for _ in range(rng.randint(1, 5))]
        said = list(dict.fromkeys(said))
        write = rng.choice(self._bodies())
        self.is_one_text = write == self._text_of_lines
        body = write(said)
        return self._surrounded(body), said

    def _question(self) -> str:
        return self._random.choice(_FORMS).format(self._random.choice(_SUBJECTS))

    def _bodies(self) -> list[Callable[[list[str]], str]]:
        return [
            self._document, self._document, self._document, self._bare_list, self._texts, self._by_number,
            self._lines_of_json,
            self._numbered_texts, self._with_bad_items, self._trailing_commas, self._single_quoted, self._other_quotes,
            self._unquoted_names, self._commented, self._encoded, self._wrapped, self._text_of_lines,
        ]  # fmt: skip

    def _dumped(self, value: object) -> str:
        rng = self._random
        indent = rng.choice([None, None, 2])
        return json.dumps(value, ensure_ascii=rng.random() < 0.2, indent=indent)

    def _items(self, said: list[str]) -> list[dict[str, str | None]]:
        return [{"question": text, "kind": self._random.choice([*_KINDS, None])} for text in said]

    def _document(self, said: list[str]) -> str:
        return self._dumped({"questions": self._items(said)})

    def _bare_list(self, said: list[str]) -> str:
        return self._dumped(self._items(said))

    def _texts(self, said: list[str]) -> str:
        return self._dumped({"questions": said})

    def _by_number(self, said: list[str]) -> str:
        return self._dumped({"questions": {str(number): text for number, text in enumerate(said, start=1)}})

    def _lines_of_json(self, said: list[str]) -> str:
        return "\n".join(json.dumps(item, ensure_ascii=False) for item in self._items(said))

    def _numbered_texts(self, said: list[str]) -> str:
        sign = self._random.choice([". ", ") ", ": "])
        return self._dumped({"questions": [f"{number}{sign}{text}" for number, text in enumerate(said, start=1)]})

    def _text_of_lines(self, said: list[str]) -> str:
        return self._dumped({"questions": "\n".join(f"{number}. {text}" for number, text in enumerate(said, start=1))})

    def _with_bad_items(self, said: list[str]) -> str:
        items: list[object] = [*self._items(said)]
        bad_items: list[object] = [None, {"question": ""}, {"question": None}, {"kind": "object"}, 7, []]
        for bad in self._random.sample(bad_items, 2):
            items.insert(self._random.randint(0, len(items)), bad)
        return self._dumped({"questions": items})

    def _trailing_commas(self, said: list[str]) -> str:
        items = ", ".join(f'{{"question": {json.dumps(text, ensure_ascii=False)},}}' for text in said)
        return f'{{"questions": [{items},],}}'

    def _single_quoted(self, said: list[str]) -> str:
        items = ", ".join(f"{{'question': {_quoted(text, chr(39), chr(39))}}}" for text in said)
        return f"{{'questions': [{items}]}}"

    def _other_quotes(self, said: list[str]) -> str:
        begin, end = self._random.choice([("“", "”"), ("„", "“"), ("«", "»"), ("「", "」"), ("＂", "＂"), ("”", "”")])
        items = ", ".join(f"{{{begin}question{end}: {_quoted(text, begin, end)}}}" for text in said)
        return f"{{{begin}questions{end}: [{items}]}}"

    def _unquoted_names(self, said: list[str]) -> str:
        items = ", ".join(f"{{question: {json.dumps(text, ensure_ascii=False)}, kind: None}}" for text in said)
        return f"{{questions: [{items}]}}"

    def _commented(self, said: list[str]) -> str:
        items = ",\n".join(f'{{"question": {json.dumps(text, ensure_ascii=False)}}} // one' for text in said)
        return f'{{"questions": [ /* all */\n{items}\n]}}'

    def _encoded(self, said: list[str]) -> str:
        return json.dumps(self._document(said))

    def _wrapped(self, said: list[str]) -> str:
        return self._dumped({"result": {"questions": self._items(said)}})

    def _surrounded(self, body: str) -> str:
        rng = self._random
        if body.startswith('"'):
            return body  # a text that is JSON has nothing around it
        if rng.random() < 0.4:
            body = f"```{rng.choice(['json', '', 'JSON'])}\n{body}\n```"
        if rng.random() < 0.4:
            body = f"{rng.choice(_PROSE)}\n{body}\n{rng.choice(_AFTER)}"
        thinking = [
            f"<think>{_DRAFT}</think>", "<think>\nI see it. {\n</think>\n\n", f"Draft: {_DRAFT}\n</think>\n",
            "<thinking>Is it [1]?</thinking>", "[THINK]hm[/THINK]", "◁think▷hm◁/think▷",
        ]  # fmt: skip
        return rng.choice(thinking) + body if rng.random() < 0.4 else body


def _quoted(text: str, begin: str, end: str) -> str:
    escaped = text.replace("\\", "\\\\")
    return f"{begin}{escaped}{end}"


@pytest.mark.parametrize("seed", range(10))
def test_everything_that_was_said_is_read_and_nothing_else(seed: int) -> None:
    grammar = ReplyGrammar(seed)
    wrong = []
    for _ in range(REPLIES // 10):
        text, said = grammar.make()
        try:
            parsed = replies.parse(text, QuestionList)
            read = [asked["question"] for asked in parsed.model_dump()["questions"]]
        except BadReplyError as error:
            read = [f"{type(error).__name__}: {error}"]
        if read != said:
            wrong.append((text, said, read))
    assert not wrong, f"{len(wrong)} of {REPLIES // 10}: " + "\n".join(map(str, wrong[:3]))


@pytest.mark.parametrize("seed", range(10))
def test_of_a_reply_that_was_cut_or_damaged_nothing_is_read_that_was_not_said(seed: int) -> None:
    """A character is lost or put in anywhere: whole questions may be lost with it, but none is made up."""
    grammar, rng = ReplyGrammar(seed + 100), random.Random(seed)
    wrong = []
    for _ in range(REPLIES // 10):
        text, said = grammar.make()
        if grammar.is_one_text:
            continue
        place = rng.randrange(len(text))
        damaged = (
            text[:place]
            if rng.random() < 0.3
            else text[:place] + rng.choice(["", "", '"', "}", ","]) + text[place + 1 :]
        )
        try:
            read = replies.parse(damaged, QuestionList).model_dump()["questions"]
        except BadReplyError:
            continue
        wrong += [(damaged, said, asked) for asked in read if not _was_said(asked["question"], said)]
    assert not wrong, f"{len(wrong)} of {REPLIES // 10}: " + "\n".join(map(str, wrong[:3]))


def _was_said(read: str, said: list[str]) -> bool:
    """Return whether *read* is one of the questions or a part of one.

    Or nearly: with the remains of an escape or of a numbering that lost a character.
    """
    return any(_letters(read) in _letters(text) for text in [*said, *_DRAFTED]) or any(
        Levenshtein.distance(read, text) <= 6 for text in said
    )


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalpha())
