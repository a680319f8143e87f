"""The words of offline/see: names of labels and wordings of questions, in each language."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.llm.offline.topics import Word
from core.llm.offline.translations import LANGUAGES, normalized, translations

_FOLDER = Path(__file__).parent
_QUOTED = "[\"'“”„‘’«»「」『』](?P<text>.+)[\"'“”„‘’«»「」『』]"
_MEASURE = "[个只辆架列艘张匹头把条副块根支朵台部本]"
TOPICS = ("has_text", "says", "written", "written_on", "beside", "side", "present", "count", "place", "color")
"""In this order questions are matched."""


_ROWS = [line.split("\t") for line in (_FOLDER / "labels.tsv").read_text(encoding="utf-8").splitlines()]
LABELS = tuple(row[0] for row in _ROWS)
"""The classes of COCO, which have names here."""


@dataclass(frozen=True)
class Asked:
    """What a question asks."""

    topic: str
    """One of :data:`TOPICS`."""
    label: str = ""
    """As the detector calls it."""
    other: str = ""
    text: str = ""
    """What was quoted."""


@dataclass(frozen=True)
class Names:
    """The names of a label in one language."""

    all: tuple[str, ...]
    """Singular first; in English with the plural behind it."""
    measure: str = ""
    """The measure word, in Chinese."""


class Vocabulary:
    """The words of one language."""

    def __init__(self, language: str, entries: Mapping[str, Any], names: Mapping[str, Names]) -> None:
        self.language = language
        self._entries = entries
        self._names = names
        self._labels = {normalized(name): label for label, own in names.items() for name in own.all}
        self._patterns = [(topic, _pattern(text, entries)) for topic in TOPICS for text in entries["patterns"][topic]]

    def text(self, name: str) -> str:
        """Return "yes", "no" or "unsure" in this language; "is_so" is yes where that differs from "there is"."""
        texts = self._entries["texts"]
        return str(texts.get(name, texts["yes"]))

    def said(self, name: str) -> str:
        """Return the pattern of what answers say: "yes", "no", "hedge" or a side of the image."""
        return str(self._entries["said"][name])

    def number_words(self) -> dict[str, int]:
        """Return the numbers up to twelve by their words."""
        return {word: value for value, text in enumerate(self._entries["said"]["numbers"]) for word in text.split("|")}

    def place(self, region: str) -> str:
        """Return where *region*, one of :data:`core.measure.REGIONS`, is."""
        return str(self._entries["places"][region])

    def color(self, name: str) -> str:
        """Return the name of a color of :data:`core.measure.COLOR_NAMES`."""
        return translations(self.language).word(Word("colors", name))

    def name(self, label: str) -> str:
        """Return the name of a label; the label itself when it has none in this language."""
        return self._of(label).all[0]

    def question(self, topic: str, label: str = "", text: str = "", wording: int = 0) -> str:
        """Return a question; *wording* selects one of several, modulo their number."""
        wordings = self._entries["questions"][topic]
        own = self._of(label)
        values = {
            "thing": own.all[0], "things": own.all[min(1, len(own.all) - 1)], "a_thing": _with_article(own.all[0]),
            "measure": own.measure, "text": text,
        }  # fmt: skip
        asked = str(wordings[wording % len(wordings)]).format(**values)
        first = "İ" if self.language == "tr" and asked[:1] == "i" else asked[:1].upper()
        return first + asked[1:]

    def read(self, question: str, labels: Sequence[str] = ()) -> Asked | None:
        """Return what a question asks; None when it is none of those that can be tested.

        Args:
            labels: labels of a detector that have no names here; they are known by themselves.
        """
        for topic, pattern in self._patterns:
            match = pattern.fullmatch(_asked_as(question))
            parts = match.groupdict() if match else {}
            things = [self._label(parts[part], labels) for part in ("thing", "other") if part in parts]
            if match and all(things):
                label, other = ([thing for thing in things if thing] + ["", ""])[:2]
                return Asked(topic, label, other, _quoted(question) if "text" in parts else "")
        return None

    def _of(self, label: str) -> Names:
        return self._names.get(label) or Names((label,), "个" if self.language == "zh-CN" else "")

    def _label(self, name: str, labels: Sequence[str]) -> str | None:
        own = {label.lower(): label for label in labels}
        return self._labels.get(name) or own.get(name) or own.get(name.removesuffix("s"))


@cache
def vocabulary(language: str) -> Vocabulary:
    """Return the words of *language* ("zh" finds zh-CN); English for an unknown one."""
    lowered = language.lower()
    found = next((known for known in LANGUAGES if known.lower()[:2] == lowered[:2]), LANGUAGES[0])
    entries = tomllib.loads((_FOLDER / "languages" / f"{found}.toml").read_text(encoding="utf-8"))
    return Vocabulary(found, entries, _names(found))


def read_question(question: str, language: str, labels: Sequence[str] = ()) -> tuple[Asked, Vocabulary] | None:
    """Return what a question asks and the words of its language, which may be another than the expected *language*."""
    for words in dict.fromkeys((vocabulary(language), *map(vocabulary, LANGUAGES))):
        if asked := words.read(question, labels):
            return asked, words
    return None


def _names(language: str) -> dict[str, Names]:
    column = {"en": 1, "zh-CN": 2, "tr": 4}[language]
    return {row[0]: Names(tuple(row[column].split(",")), row[3] if language == "zh-CN" else "") for row in _ROWS}


def _pattern(text: str, entries: Mapping[str, Any]) -> re.Pattern[str]:
    parts = {"here": entries["patterns"]["here"], "thing": "(?P<thing>.+?)", "other": "(?P<other>.+?)",
             "text": _QUOTED, "measure": _MEASURE}  # fmt: skip
    return re.compile(re.sub(r"\{(here|thing|other|text|measure)\}", lambda found: parts[found[1]], text))


def _asked_as(question: str) -> str:
    """Return *question* as it is matched; other than by :func:`normalized`, a quote at its end is kept."""
    return " ".join(question.replace("İ", "i").lower().strip(" ?？.。!！").split())


def _quoted(question: str) -> str:
    found = re.search(_QUOTED, question)
    return found["text"].strip() if found else ""


def _with_article(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
