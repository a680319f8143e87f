"""The texts of the offline provider, one file per language: filling templates and matching its own questions."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.llm.offline.topics import Values, Word

_FOLDER = Path(__file__).parent / "translations"
# English first: it is the fallback.
LANGUAGES = ("en", *sorted(path.stem for path in _FOLDER.glob("*.toml") if path.stem != "en"))
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Which group of words fills a placeholder in a question.
_GROUP_OF_PLACEHOLDER = {"color": "colors", "other": "colors"}


class Translations:
    """The texts of one language."""

    def __init__(self, language: str, entries: Mapping[str, Any]) -> None:
        self.language = language
        self._entries = entries
        self._patterns = [
            (_pattern(question), topic) for topic, texts in entries["topics"].items() for question in texts["questions"]
        ]

    def text(self, name: str, values: Values) -> str:
        """Return the text called *name*."""
        return self._fill(self._entries["texts"][name], values)

    def question(self, topic: str, variant: int, values: Values) -> str:
        """Return a question about *topic*; *variant* selects the wording, modulo their number."""
        wordings = self._entries["topics"][topic]["questions"]
        return self._fill(wordings[variant % len(wordings)], values)

    def answer(self, topic: str, values: Values, *, short: bool = False) -> str:
        """Return the answer to a question about *topic*; *short*: in a form that a program can compare."""
        texts = self._entries["topics"][topic]
        return self._fill(texts.get("short", texts["answer"]) if short else texts["answer"], values)

    def word(self, word: Word) -> str:
        """Return *word* in this language."""
        return str(self._entries[word.group][word.key])

    def match_question(self, question: str) -> tuple[str, Values] | None:
        """Return topic and values of a question that this provider could have asked, None for any other."""
        for pattern, topic in self._patterns:
            match = pattern.fullmatch(normalized(question))
            if match is not None:
                keys = {
                    name: self._key_of(_GROUP_OF_PLACEHOLDER[name], text) for name, text in match.groupdict().items()
                }
                if all(keys.values()):
                    return topic, {name: Word(_GROUP_OF_PLACEHOLDER[name], key) for name, key in keys.items() if key}
        return None

    def _key_of(self, group: str, text: str) -> str | None:
        return next((key for key, word in self._entries[group].items() if normalized(word) == text), None)

    def _fill(self, template: str, values: Values) -> str:
        def value(placeholder: re.Match[str]) -> str:
            found = values[placeholder[1]]
            return self.word(found) if isinstance(found, Word) else str(found)

        filled = _PLACEHOLDER.sub(value, template)
        return filled[:1].upper() + filled[1:] if template.startswith("{") else filled


def normalized(text: str) -> str:
    """Return *text* in lower case, without punctuation at its ends and without repeated spaces."""
    return " ".join(text.replace("İ", "i").lower().strip(" ?？.。!！\"'").split())


def translations(language: str) -> Translations:
    """Return the texts of *language* ("zh" finds zh-CN); English for an unknown one."""
    wanted = language.lower()
    found = next((known for known in LANGUAGES if known.lower() == wanted), None)
    found = found or next((known for known in LANGUAGES if known[:2].lower() == wanted[:2]), LANGUAGES[0])
    return _load(found)


@cache
def _load(language: str) -> Translations:
    return Translations(language, tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def _pattern(template: str) -> re.Pattern[str]:
    """Return a pattern for the questions made of *template*, with a named group for each placeholder."""
    parts = _PLACEHOLDER.split(normalized(template))
    return re.compile(
        "".join(re.escape(part) if index % 2 == 0 else f"(?P<{part}>.+)" for index, part in enumerate(parts))
    )
