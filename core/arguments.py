"""What the calls of the Python interface say about arguments that they cannot use: one sentence with what to pass."""

import os
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from core.errors import InvalidInputError

T = TypeVar("T")


def kind_of(value: Any) -> str:
    """Return what *value* is, for a sentence."""
    return "None" if value is None else f"a value of the type {type(value).__name__}"


def wrong_id(value: Any, name: str = "id") -> InvalidInputError:
    """Return the error for what is no id; callers often pass a row in place of its id."""
    return InvalidInputError(f"Pass the id of a row as text, such as project.id, not {kind_of(value)}.", field=name)


def require_id(value: Any, name: str) -> str:
    """Return *value*, an id.

    Raises:
        InvalidInputError: it is no text.
    """
    if not isinstance(value, str):
        raise wrong_id(value, name)
    return value


def require_text(value: Any, name: str) -> str:
    """Return *value*, a text.

    Raises:
        InvalidInputError: it is none.
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"Pass {name} as text, not {kind_of(value)}.", field=name)
    return value


_JOINERS = ("\u200c", "\u200d")
"""They have no width, and words of some languages and some emoji need them."""


def tidy_name(name: str) -> str:
    """Return a name on one line, with single spaces and without what nobody sees, such as signs that turn its order."""
    tidy = " ".join(name.split())
    if tidy.isprintable():
        return tidy
    seen = (char for char in tidy if char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return " ".join("".join(seen).split())


def require_count(value: Any, name: str) -> int:
    """Return *value*, a whole number that is not negative; at most what a database can count to.

    Raises:
        InvalidInputError: it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        shown = str(value) if isinstance(value, int | float) else kind_of(value)
        raise InvalidInputError(f"Pass {name} as a whole number from 0 on, not {shown}.", field=name)
    return min(value, 2**62)


def require_path(value: Any, name: str) -> "str | os.PathLike[str]":
    """Return *value*, a path.

    Raises:
        InvalidInputError: it is none.
    """
    if not isinstance(value, str | os.PathLike) or not str(value):
        what = "an empty text" if value == "" else kind_of(value)
        raise InvalidInputError(f"Pass {name} as a path, not {what}.", field=name)
    return value


def require_many(value: Any, name: str, of: str) -> Iterable[Any]:
    """Return *value*, something to iterate over that is no text; *of* says what is in it, such as "ids".

    Raises:
        InvalidInputError: it is something else.
    """
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise InvalidInputError(f"Pass {name} as a list of {of}, not {kind_of(value)}.", field=name)
    return value


MODEL_EXAMPLE = '{"provider": "openai", "model": "gpt-4o"}'


def require_config(value: Any, name: str, example: str = MODEL_EXAMPLE) -> Mapping[str, Any]:
    """Return *value*, a dictionary such as *example*; that of a model when there is none.

    Raises:
        InvalidInputError: it is none.
    """
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"Pass {name} as a dictionary such as {example}, not {kind_of(value)}.", field=name)
    return value


def require_row(value: Any, table: type[T], name: str, how: str) -> T:
    """Return *value*, a row of *table*; *how* says where it comes from.

    Raises:
        InvalidInputError: it is something else, such as its id.
    """
    if not isinstance(value, table):
        raise InvalidInputError(f"Pass {name} as {how} returns it, not {kind_of(value)}.", field=name)
    return value


def require_number(value: Any, name: str) -> float:
    """Return *value*, a number.

    Raises:
        InvalidInputError: it is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidInputError(f"Pass {name} as a number, not {kind_of(value)}.", field=name)
    return float(value)
