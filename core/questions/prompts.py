"""Prompt templates: one folder of text files per language, with checked variables.

A language that has no folder is requested by its name in the English prompt.
"""

import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import InvalidInputError

DIRECTORY = Path(__file__).parent / "prompts"
"""One folder per language, named by its code, with one text file for each of :data:`NAMES`."""

NAMES = (
    "questions", "answers", "questions_and_answers", "examples", "several", "several_questions", "grounding", "boxes",
    "evidence", "verifiable", "verifiable_questions", "verifiable_again",
)  # fmt: skip


@dataclass(frozen=True)
class Language:
    """A language that has prompts."""

    name: str
    """In English."""
    own_name: str


LANGUAGES = {
    "en": Language("English", "English"),
    "zh-CN": Language("Simplified Chinese", "简体中文"),
    "tr": Language("Turkish", "Türkçe"),
}
"""By code (ISO 639, with a region where it matters). A new language is one line here and one folder of prompts."""


@dataclass(frozen=True)
class Prompt:
    """A template with ``$variables``; *name* identifies it in error messages."""

    name: str
    text: str

    @property
    def variables(self) -> frozenset[str]:
        """The names of the variables in the text, without the ``$``."""
        return frozenset(string.Template(self.text).get_identifiers())

    def check(self, allowed: frozenset[str]) -> None:
        """Check that every variable is in *allowed*.

        Raises:
            InvalidInputError: a variable is not allowed, or a ``$`` is not followed by a name.
        """
        template = string.Template(self.text)
        if not template.is_valid():
            raise InvalidInputError(
                f"The prompt {self.name} has a $ without a variable name. Write $$ for a dollar sign."
            )
        unknown = sorted(self.variables - allowed)
        if unknown:
            known = ", ".join(f"${name}" for name in sorted(allowed))
            raise InvalidInputError(f"The prompt {self.name} uses the unknown variable ${unknown[0]}. Use {known}.")

    def render(self, **values: str) -> str:
        """Return the text with every variable replaced by its value.

        Raises:
            InvalidInputError: a variable has no value.
        """
        self.check(frozenset(values))
        return string.Template(self.text).substitute(values).strip()


@cache
def load(name: str, language: str) -> Prompt:
    """Return the prompt *name*, one of :data:`NAMES`, in *language*; in English when that has no prompts."""
    folder = language if language in LANGUAGES else "en"
    return Prompt(f"{folder}/{name}", (DIRECTORY / folder / f"{name}.txt").read_text(encoding="utf-8"))


def language_name(language: str) -> str:
    """Return the English name of a language given by its code; anything else is a name already."""
    return LANGUAGES[language].name if language in LANGUAGES else language
