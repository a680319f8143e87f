"""How many answers were guessed, of which kind, and which questions give their answers away."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.checks.answers import is_long
from core.checks.base import CheckedEntry
from core.checks.guess.words import contexts, words_of
from core.checks.intervals import wilson

MAX_PATTERNS = 10
_MIN_PATTERN_ENTRIES = 5
_MIN_PATTERN_SHARE = 0.5
# A longer beginning that has nearly the same entries says more about them.
_SAME_ENTRIES = 0.9
GROUPS = ("kind", "language", "model")
MAX_VALUES = 20


@dataclass(frozen=True)
class Guessed:
    """An entry with what was guessed."""

    entry: CheckedEntry
    answer: str
    """Normalized, as the guess."""
    guess: str
    chance: float

    @property
    def is_right(self) -> bool:
        return self.guess == self.answer != ""


def report(guessed: Sequence[Guessed]) -> dict[str, Any]:
    """Return the numbers of a run as JSON; shares are 0 to 1."""
    return {
        **_figures(guessed),
        "interval": list(wilson(sum(one.is_right for one in guessed), len(guessed))),
        "long_answers": sum(is_long(one.entry) for one in guessed),
        "groups": {name: _by(name, guessed) for name in GROUPS},
        "patterns": patterns(guessed),
    }


def _figures(guessed: Sequence[Guessed]) -> dict[str, Any]:
    (answer, count), *_ = Counter(one.answer for one in guessed).most_common(1) or [("", 0)]
    right, total = sum(one.is_right for one in guessed), len(guessed)
    return {
        "entries": total, "guessed": right, "share": right / total if total else 0.0,
        "majority": {"answer": answer, "entries": count, "share": count / total if total else 0.0},
    }  # fmt: skip


def _by(name: str, guessed: Sequence[Guessed]) -> list[dict[str, Any]]:
    groups: dict[str, list[Guessed]] = defaultdict(list)
    for one in guessed:
        groups[getattr(one.entry, name)].append(one)
    largest = sorted(groups, key=lambda value: (-len(groups[value]), value))[:MAX_VALUES]
    return [{"value": value, **_figures(groups[value])} for value in largest]


def patterns(guessed: Sequence[Guessed]) -> list[dict[str, Any]]:
    """Return beginnings and ends of questions of which one answer is most of the answers, those of most entries first.

    An entry counts for one of them only.
    """
    entries_of: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(guessed):
        for context in dict.fromkeys(contexts(words_of(one.entry.question))):
            entries_of[context].append(number)
    candidates = _candidates(entries_of, [one.answer for one in guessed])
    found: list[dict[str, Any]] = []
    covered: set[int] = set()
    while candidates and len(found) < MAX_PATTERNS:
        given = {text: numbers - covered for text, (_, numbers) in candidates.items()}
        most = max(len(numbers) for numbers in given.values())
        if most < _MIN_PATTERN_ENTRIES:
            break
        text = max((text for text in given if len(given[text]) >= _SAME_ENTRIES * most), key=_says_most)
        answer, numbers = candidates.pop(text)
        total = len(entries_of[text])
        found.append({"text": text, "entries": total, "answer": answer, "share": len(numbers) / total})
        covered |= numbers
    return found


def _says_most(context: str) -> tuple[bool, bool, int]:
    return not context.startswith("..."), not context.endswith("..."), len(context)


def _candidates(entries_of: Mapping[str, Iterable[int]], answers: Sequence[str]) -> dict[str, tuple[str, set[int]]]:
    """Return by context its main answer, and which entries have it."""
    found = {}
    for text, numbers in entries_of.items():
        counted = Counter(answers[number] for number in numbers)
        answer, count = counted.most_common(1)[0]
        if answer and count >= _MIN_PATTERN_ENTRIES and count >= _MIN_PATTERN_SHARE * counted.total():
            found[text] = (answer, {number for number in numbers if answers[number] == answer})
    return found
