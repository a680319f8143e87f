"""The syntax of search lines, words and ``field:value`` terms, for whatever is searched; and the facets of its fields.

    cat "red bus" kind:count score:<3 -tag:draft

A leading minus negates a term. ``none`` means a missing value. A value with spaces is put in quotes. Terms of one field
are alternatives, and ``OR`` may stand between them. One word is found as a part of words too, several in quotes only as
whole words.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, ClassVar, Generic, Self, TypeVar

from core.errors import InvalidInputError

WORD = ""
NONE = "none"
YES_NO = ("yes", "no")
MAX_TERMS = 60
"""Each term is a condition; 600 negated words took 17 s over 20,000 images, and SQLite takes at most 1,000 nested."""
MAX_CHARS = 4_000
_OR = "OR"

Fields = Mapping[str, tuple[str, tuple[str, ...]]]
"""By name: the meaning, and the allowed values where they are fixed."""


@dataclass(frozen=True)
class SearchTerm:
    """One condition; *field* is a key of ``fields``, or WORD for a word."""

    fields: ClassVar[Fields] = {}

    field: str
    value: str
    negated: bool = False

    def __post_init__(self) -> None:
        if self.field != WORD and self.field not in self.fields:
            raise InvalidInputError(_unknown_field(self.field, self.fields), field="q")
        if not self.value:
            raise InvalidInputError(f"Write a value after {self.field}: or remove it.", field="q")
        allowed = self.fields[self.field][1] if self.field else ()
        if allowed and self.value not in allowed:
            raise InvalidInputError(f"{self.field}: takes {', '.join(allowed)}, not {self.value}.", field="q")

    def __str__(self) -> str:
        value = self.value
        if re.search(r'[\s"\\]', value) or (self.field == WORD and (":" in value or value[0] == "-" or value == _OR)):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return ("-" if self.negated else "") + (f"{self.field}:{value}" if self.field else value)


T = TypeVar("T", bound=SearchTerm)


@dataclass(frozen=True)
class SearchFilter(Generic[T]):
    """A selection by terms; without terms it selects everything."""

    term_type: ClassVar[type[SearchTerm]] = SearchTerm
    all_must_match: ClassVar[tuple[str, ...]] = (WORD,)
    """Fields of which every term must match; terms of any other field are alternatives."""

    terms: tuple[T, ...] = ()

    def __str__(self) -> str:
        return " ".join(str(term) for term in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def values(self, field: str) -> tuple[str, ...]:
        """Return the values of the terms of *field* that are not negated."""
        return tuple(term.value for term in self.terms if term.field == field and not term.negated)

    def with_term(self, field: str, value: str, *, negated: bool = False) -> Self:
        """Return the filter with one more term."""
        term: Any = self.term_type(field, value, negated)
        return self if term in self.terms else replace(self, terms=(*self.terms, term))

    def without(self, field: str) -> Self:
        """Return the filter without any term of *field*."""
        return replace(self, terms=tuple(term for term in self.terms if term.field != field))

    def beside(self, field: str) -> Self:
        """Return what a further term of *field* adds to: the filter, without the alternatives to that term."""
        if field in self.all_must_match:
            return self
        return replace(self, terms=tuple(term for term in self.terms if term.field != field or term.negated))

    def toggled(self, field: str, value: str) -> Self:
        """Return the filter with this term added, or removed when it has it."""
        term = self.term_type(field, value)
        if term in self.terms:
            return replace(self, terms=tuple(other for other in self.terms if other != term))
        return self.with_term(field, value)

    def toggled_all(self, other: Self) -> Self:
        """Return the filter with all terms of *other* added, or removed when it has all of them."""
        if all(term in self.terms for term in other.terms):
            return replace(self, terms=tuple(term for term in self.terms if term not in other.terms))
        return replace(self, terms=tuple(dict.fromkeys((*self.terms, *other.terms))))

    def minus(self, part: Self) -> Self:
        """Return the filter without the terms of *part*."""
        return replace(self, terms=tuple(term for term in self.terms if term not in part.terms))

    def parts(self) -> list[Self]:
        """Return the conditions as filters of their own: a term each, or the alternatives of a field together."""
        together: dict[object, list[T]] = {}
        for term in self.terms:
            is_alone = term.negated or term.field in self.all_must_match
            together.setdefault(term if is_alone else term.field, []).append(term)
        return [replace(self, terms=tuple(terms)) for terms in together.values()]

    @classmethod
    def parse(cls, line: str) -> Self:
        """Parse a search line.

        Raises:
            InvalidInputError: a field does not exist, its value is not allowed, OR stands between terms that are no
                alternatives, or the line is longer than MAX_CHARS or has more than MAX_TERMS terms.
        """
        if len(line) > MAX_CHARS:
            raise InvalidInputError(f"A search line has at most {MAX_CHARS:,} characters. Shorten it.", field="q")
        # SQLite ends a text at a null character, and PostgreSQL refuses it.
        matches = list(_TERM.finditer(line.replace("\0", " ")))
        terms: list[Any] = [None if _is_or(match) else _term(match, cls.term_type) for match in matches]
        for at, match in enumerate(matches):
            if _is_or(match):
                _check_or(terms[at - 1 : at] + terms[at + 1 : at + 2], cls.all_must_match)
        found = cls(tuple(dict.fromkeys(term for term in terms if term is not None)))
        if len(found.terms) > MAX_TERMS:
            raise InvalidInputError(f"A search line has at most {MAX_TERMS} terms. Remove some.", field="q")
        return found


F = TypeVar("F", bound=SearchFilter[Any])


@dataclass(frozen=True)
class EmptyReason:
    """A part of a search line that leaves nothing."""

    part: str
    """The term, or the words."""
    alone: int
    """How many rows it finds alone."""
    without: int
    """How many the rest finds."""
    instead: str | None = None
    """A term that is spelled nearly the same and finds some."""


def why_empty(query: F, count: Callable[[F], int], instead: Callable[[F], str | None]) -> EmptyReason | None:
    """Return the part of *query* to remove or change: one that finds nothing alone, else what excludes most.

    None when the query finds rows, or has no terms.

    Args:
        count: counts the rows of a query.
        instead: returns what to search for in place of a part that finds nothing.
    """
    if not query or count(query):
        return None
    parts = query.parts()
    alone = [count(part) for part in parts]
    if 0 in alone:
        part = parts[alone.index(0)]
        return EmptyReason(str(part), 0, count(query.minus(part)), instead(part))
    without = [count(query.minus(part)) for part in parts]
    at = without.index(max(without))
    return EmptyReason(str(parts[at]), alone[at], without[at])


@dataclass(frozen=True)
class FacetValue:
    """A value of a facet: *value* as in the search term ``field:value``, and how many rows it finds."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Facet:
    """The values of one field of the search line, the most frequent first."""

    field: str
    label: str
    values: tuple[FacetValue, ...]


def counted(
    values: Iterable[str], field: str, facets: Iterable[Facet], count: Callable[[str], int], *, zeros_last: bool
) -> tuple[FacetValue, ...]:
    """Return the values of a field with how many rows each finds, by its facet where that has the value."""
    known = {value.value: value for facet in facets for value in facet.values if facet.field == field}
    found = [known.get(value) or FacetValue(value, value, count(value)) for value in values]
    return tuple(sorted(found, key=lambda value: not value.count) if zeros_last else found)


def mended(line: str, filter_type: type[F]) -> str | None:
    """Return *line* with the nearest of the known fields and fixed values for those that do not exist.

    None when that makes no line that can be read, or the line has none that is mistyped.
    """
    fields = filter_type.term_type.fields

    def known(match: re.Match[str]) -> str:
        name, value = match["field"], match["bare"]
        if name is None:
            return match[0]
        field = name.lower() if name.lower() in fields else nearest_name(name, fields) or name
        allowed = fields[field][1] if field in fields and value else ()
        better = value if not allowed or value in allowed else nearest_name(value, allowed) or value
        return match[0].replace(f"{name}:{value or ''}", f"{field}:{better or ''}", 1)

    better = _TERM.sub(known, line)
    try:
        return None if better == line else str(filter_type.parse(better))
    except InvalidInputError:
        return None


def nearest_name(name: str, known: Any) -> str | None:
    """Return the most similar of the names in *known*, None when none is similar."""
    return next(iter(get_close_matches(name.lower(), list(known), 1, 0.6)), None)


# A comparison may follow the quotes: object:"traffic light">=2.
_TERM = re.compile(
    r"(?P<minus>-?)(?:(?P<field>[A-Za-z]+):)?"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"(?P<compared>(?:[<>]=?|=)\d+)?|(?P<bare>\S+))'
)


def _term(match: re.Match[str], term_type: type[SearchTerm]) -> SearchTerm | None:
    quoted = match["quoted"]
    value = match["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted) + (match["compared"] or "")
    if match["field"] is None and not value.strip('"'):
        return None
    if quoted is None and match["field"] is None and value[-1] == ":" and value[:-1].lower() in term_type.fields:
        return term_type(value[:-1].lower(), "", bool(match["minus"]))  # refused: the value is missing
    return term_type((match["field"] or WORD).lower(), value, bool(match["minus"]))


def _is_or(match: re.Match[str]) -> bool:
    return match["bare"] == _OR and match["field"] is None and not match["minus"]


def _check_or(neighbors: list[SearchTerm | None], all_must_match: tuple[str, ...]) -> None:
    """Refuse OR but between two terms of a field whose terms are alternatives: it would not do what it says."""
    fields = {term.field for term in neighbors if term is not None and not term.negated}
    alike = len(neighbors) == 2 and None not in neighbors and not any(term and term.negated for term in neighbors)
    if not alike or len(fields) != 1 or fields & set(all_must_match):
        raise InvalidInputError(
            'OR joins values of one field, as in is:open OR is:rejected. To search for it as a word, write "OR".',
            field="q",
        )


def _unknown_field(name: str, fields: Fields) -> str:
    close = nearest_name(name, fields)
    instead = f"Did you mean {close}:?" if close else f"Use {', '.join(fields)}."
    return f"There is no field called {name}. {instead} To search for it as a word, put it in quotes."
