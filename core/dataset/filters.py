"""The search line: words and ``field:value`` terms, read into an EntryFilter and written back.

    cat "red bus" kind:count score:<3 model:gpt-4o -tag:draft edited:yes is:open

Terms of one field are alternatives (``kind:count kind:color`` is either), except words and tags, which must all
match. A minus in front excludes. ``none`` stands for a missing value.
"""

import re
from dataclasses import dataclass, replace

from core.errors import InvalidInputError

WORD = ""
STATES = ("open", "confirmed", "rejected")
NONE = "none"
_YES_NO = ("yes", "no")

FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "is": ("decision", STATES),
    "flagged": ("flagged for a second look", _YES_NO),
    "edited": ("changed by a person after a model wrote it", _YES_NO),
    "doubtful": ("marked as odd when it was made", _YES_NO),
    "kind": ("kind of question", ()),
    "answer": ("the whole answer, as in answer:yes", ()),
    "type": ("answer type", ("text", "label", "custom_format")),
    "model": ("who answered", ()),
    "lang": ("language", ()),
    "tag": ("tag", ()),
    "score": ("rating, as in score:4, score:<3 or score:2..4", ()),
    "length": ("characters in the answer, as in length:>200", ()),
    "side": ("longer side of the image in px, as in side:<640", ()),
    "created": ("day or month, as in created:2026-05, created:2026-05-01 or created:>2026-05-01", ()),
    "by": ("who decided or edited", ()),
    "skipped": ("who skipped it", ()),
    "reason": ("why it was rejected", ()),
    "image": ("id of the image", ()),
    "id": ("id of the entry", ()),
    "task": ("id of the task that made it", ()),
    "check": ("quality check that it fails", ()),
    "second": ("waits for a second reader, by name", ()),
    "share": ("an even part of the images, as in share:1/3", ()),
    "free": ("before nobody but the one named", ()),
}
"""Every field a filter may name, its meaning, and its values when they are a closed list."""

ALL_MUST_MATCH = (WORD, "tag")


@dataclass(frozen=True)
class Term:
    """One condition; *field* is one of FIELDS, or WORD for a word anywhere in question, answer or image name."""

    field: str
    value: str
    negated: bool = False

    def __post_init__(self) -> None:
        if self.field != WORD and self.field not in FIELDS:
            raise InvalidInputError(
                f"There is no field called {self.field}. Use {', '.join(FIELDS)}, or put the word in quotes.", field="q"
            )
        closed = FIELDS[self.field][1] if self.field else ()
        if closed and self.value not in closed:
            raise InvalidInputError(f"{self.field}: takes {', '.join(closed)}, not {self.value}.", field="q")
        if not self.value:
            raise InvalidInputError(f"Write a value behind {self.field}: or take it away.", field="q")

    def __str__(self) -> str:
        value = self.value
        if re.search(r'[\s"\\]', value) or (self.field == WORD and (":" in value or value[0] == "-")):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return ("-" if self.negated else "") + (f"{self.field}:{value}" if self.field else value)


@dataclass(frozen=True)
class EntryFilter:
    """Which entries of a project are meant; empty means all of them."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(str(term) for term in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def values(self, field: str) -> tuple[str, ...]:
        """Return the values that *field* may take; excluded ones are left out."""
        return tuple(term.value for term in self.terms if term.field == field and not term.negated)

    def with_term(self, field: str, value: str, *, negated: bool = False) -> "EntryFilter":
        term = Term(field, value, negated)
        return self if term in self.terms else replace(self, terms=(*self.terms, term))

    def without(self, field: str) -> "EntryFilter":
        """Return the filter without any term of *field*."""
        return replace(self, terms=tuple(term for term in self.terms if term.field != field))

    def toggled(self, field: str, value: str) -> "EntryFilter":
        """Return the filter with this term added, or taken away when it was there."""
        term = Term(field, value)
        if term in self.terms:
            return replace(self, terms=tuple(other for other in self.terms if other != term))
        return self.with_term(field, value)

    def for_review(self) -> "EntryFilter":
        """Return the filter of a review queue: what is still open, unless it names what it is about."""
        named = any(term.field in ("is", "second", "id") for term in self.terms)
        return self if named else self.with_term("is", "open")


_PIECE = re.compile(r'(?P<minus>-?)(?:(?P<field>[A-Za-z]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>\S+))')


def parse_search(line: str) -> EntryFilter:
    """Read a search line; whatever the line, it is read, or refused with a sentence.

    Raises:
        InvalidInputError: a field does not exist, or its value makes no sense.
    """
    terms = [_term(piece) for piece in _PIECE.finditer(line)]
    return EntryFilter(tuple(dict.fromkeys(term for term in terms if term is not None)))


def _term(piece: re.Match[str]) -> Term | None:
    quoted = piece["quoted"]
    value = piece["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    if piece["field"] is None and not value.strip('"'):
        return None
    return Term((piece["field"] or WORD).lower(), value, bool(piece["minus"]))
