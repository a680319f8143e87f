"""Prompts: files with checked variables, one per language where one was written, English for the rest."""

import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import InvalidInputError

_DIRECTORY = Path(__file__).parent / "prompts"

NAMES = ("questions", "answers", "questions_and_answers", "examples")
LANGUAGES = {"en": "English", "zh-CN": "Simplified Chinese", "tr": "Turkish"}
"""Languages with prompts of their own, and their names; any other is asked for by name in English."""


@dataclass(frozen=True)
class Prompt:
    """A text with ``$variables``; *name* is what errors call it."""

    name: str
    text: str

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(string.Template(self.text).get_identifiers())

    def check(self, allowed: frozenset[str]) -> None:
        """Refuse variables that nothing will fill.

        Raises:
            InvalidInputError: a variable is unknown, or a ``$`` stands alone.
        """
        template = string.Template(self.text)
        if not template.is_valid():
            raise InvalidInputError(f"A $ stands alone in the prompt {self.name}. Write $$ for a dollar sign.")
        unknown = sorted(self.variables - allowed)
        if unknown:
            known = ", ".join(f"${name}" for name in sorted(allowed))
            raise InvalidInputError(f"The prompt {self.name} uses ${unknown[0]}, which nothing fills. Use {known}.")

    def render(self, **values: str) -> str:
        """Return the text with every variable filled.

        Raises:
            InvalidInputError: a variable has no value.
        """
        self.check(frozenset(values))
        return string.Template(self.text).substitute(values).strip()


@cache
def load(name: str, language: str) -> Prompt:
    """Return the prompt *name* in *language*, in English when it was not written in it."""
    own = _DIRECTORY / f"{name}.{language}.txt"
    path = own if language in LANGUAGES and own.exists() else _DIRECTORY / f"{name}.en.txt"
    return Prompt(path.name, path.read_text(encoding="utf-8"))


def language_name(language: str) -> str:
    """Return the language in words: a code's name, or *language* itself when it is one already."""
    return LANGUAGES.get(language, language)
