"""The words of the offline provider, one file per language: filling gaps, and recognising its own questions."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.llm.offline.topics import Slots, Word

_FOLDER = Path(__file__).parent / "phrases"
# English first: it is the fallback.
LANGUAGES = ("en", *sorted(path.stem for path in _FOLDER.glob("*.toml") if path.stem != "en"))
_GAP = re.compile(r"\{(\w+)\}")
# What a gap in a question stands for.
_GAP_GROUPS = {"color": "colors", "other": "colors"}


class Phrases:
    """The phrases of one language."""

    def __init__(self, language: str, found: Mapping[str, Any]) -> None:
        self.language = language
        self._found = found
        self._patterns = [
            (_pattern(question), topic)
            for topic, phrases in found["topics"].items()
            for question in phrases["questions"]
        ]

    def text(self, name: str, slots: Slots) -> str:
        return self._fill(self._found["texts"][name], slots)

    def question(self, topic: str, way: int, slots: Slots) -> str:
        """Return one way to ask about *topic*; *way* is taken round the ways there are."""
        ways = self._found["topics"][topic]["questions"]
        return self._fill(ways[way % len(ways)], slots)

    def answer(self, topic: str, slots: Slots) -> str:
        return self._fill(self._found["topics"][topic]["answer"], slots)

    def word(self, word: Word) -> str:
        return str(self._found[word.group][word.key])

    def recognise(self, question: str) -> tuple[str, Slots] | None:
        """Return topic and filled gaps of a question this provider could have asked, None for any other."""
        for pattern, topic in self._patterns:
            match = pattern.fullmatch(normalised(question))
            if match is not None:
                gaps = {name: self._key_of(_GAP_GROUPS[name], said) for name, said in match.groupdict().items()}
                if all(gaps.values()):
                    return topic, {name: Word(_GAP_GROUPS[name], key) for name, key in gaps.items() if key}
        return None

    def _key_of(self, group: str, said: str) -> str | None:
        return next((key for key, word in self._found[group].items() if normalised(word) == said), None)

    def _fill(self, template: str, slots: Slots) -> str:
        def value(gap: re.Match[str]) -> str:
            slot = slots[gap[1]]
            return self.word(slot) if isinstance(slot, Word) else str(slot)

        filled = _GAP.sub(value, template)
        return filled[:1].upper() + filled[1:] if template.startswith("{") else filled


def normalised(text: str) -> str:
    """Return *text* without case, outer punctuation and repeated spaces."""
    return " ".join(text.replace("İ", "i").lower().strip(" ?？.。!！\"'").split())


def phrases(language: str) -> Phrases:
    """Return the phrases of *language* ("zh" finds zh-CN); English for any other."""
    wanted = language.lower()
    found = next((known for known in LANGUAGES if known.lower() == wanted), None)
    found = found or next((known for known in LANGUAGES if known[:2].lower() == wanted[:2]), LANGUAGES[0])
    return _load(found)


@cache
def _load(language: str) -> Phrases:
    return Phrases(language, tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def _pattern(template: str) -> re.Pattern[str]:
    parts = _GAP.split(normalised(template))
    return re.compile(
        "".join(re.escape(part) if index % 2 == 0 else f"(?P<{part}>.+)" for index, part in enumerate(parts))
    )
