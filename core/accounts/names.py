"""Which names of accounts can be told from others by looking at them; the history shows nothing else of a person."""

import re
import unicodedata

# Printable by Unicode's account, and yet nothing is seen: joiners, fillers, blanks and variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_ALIKE = ("LATIN", "GREEK", "CYRILLIC")
"""Scripts with letters that look the same."""


def is_readable(name: str) -> bool:
    """Return whether *name* has no invisible characters, and no word that mixes letters which look the same."""
    if not name.isprintable() or _INVISIBLE.search(name):
        return False
    return all(len(_scripts(word)) < 2 for word in re.split(r"[\W\d_]+", name))


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(char, "") for char in word)
    return {script for name in names for script in _ALIKE if name.startswith(script)}
