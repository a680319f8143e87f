"""The search line: words and ``field:value`` terms, parsed into an EntryFilter and formatted back.

    cat "red bus" kind:count score:<3 model:gpt-4o -tag:draft edited:yes is:open

Terms of one field are alternatives (``kind:count kind:color`` finds both), except words and tags, which must all
match. A leading minus negates a term. ``none`` means a missing value.
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
    "edited": ("edited by a person after a model generated it", _YES_NO),
    "doubtful": ("marked for review when it was generated", _YES_NO),
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
    "image": ("id of an image, also of a second or further one", ()),
    "images": ("number of images, as in images:>1", ()),
    "conversation": ("id of the conversation it is a turn of", ()),
    "origin": ("who gave the answer", ("person", "model", "imported")),
    "id": ("id of the entry", ()),
    "task": ("id of the task that generated it", ()),
    "check": ("quality check that it fails", ()),
    "second": ("needs a second review, by the name of the reviewer", ()),
    "share": ("an equal share of the images, as in share:1/3", ()),
    "free": ("not leased to anyone but the reviewer named", ()),
}
"""The fields of a search line: meaning, and the allowed values where they are fixed."""

ALL_MUST_MATCH = (WORD, "tag")


@dataclass(frozen=True)
class Term:
    """One condition; *field* is a key of FIELDS, or WORD for a text in the question, answer or image name."""

    field: str
    value: str
    negated: bool = False

    def __post_init__(self) -> None:
        if self.field != WORD and self.field not in FIELDS:
            raise InvalidInputError(
                f"There is no field called {self.field}. Use {', '.join(FIELDS)}, or put the word in quotes.", field="q"
            )
        allowed = FIELDS[self.field][1] if self.field else ()
        if allowed and self.value not in allowed:
            raise InvalidInputError(f"{self.field}: takes {', '.join(allowed)}, not {self.value}.", field="q")
        if not self.value:
            raise InvalidInputError(f"Write a value after {self.field}: or remove it.", field="q")

    def __str__(self) -> str:
        value = self.value
        if re.search(r'[\s"\\]', value) or (self.field == WORD and (":" in value or value[0] == "-")):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return ("-" if self.negated else "") + (f"{self.field}:{value}" if self.field else value)


@dataclass(frozen=True)
class EntryFilter:
    """A selection of a project's entries; without terms it selects all of them."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(str(term) for term in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def values(self, field: str) -> tuple[str, ...]:
        """Return the values of the terms of *field* that are not negated."""
        return tuple(term.value for term in self.terms if term.field == field and not term.negated)

    def with_term(self, field: str, value: str, *, negated: bool = False) -> "EntryFilter":
        """Return the filter with one more term."""
        term = Term(field, value, negated)
        return self if term in self.terms else replace(self, terms=(*self.terms, term))

    def without(self, field: str) -> "EntryFilter":
        """Return the filter without any term of *field*."""
        return replace(self, terms=tuple(term for term in self.terms if term.field != field))

    def toggled(self, field: str, value: str) -> "EntryFilter":
        """Return the filter with this term added, or removed when it has it."""
        term = Term(field, value)
        if term in self.terms:
            return replace(self, terms=tuple(other for other in self.terms if other != term))
        return self.with_term(field, value)

    def for_review(self) -> "EntryFilter":
        """Return the filter of a review queue: open entries, unless it selects by decision, second review or id."""
        selects = any(term.field in ("is", "second", "id") for term in self.terms)
        return self if selects else self.with_term("is", "open")


_TERM = re.compile(r'(?P<minus>-?)(?:(?P<field>[A-Za-z]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>\S+))')


def parse_search(line: str) -> EntryFilter:
    """Parse a search line.

    Raises:
        InvalidInputError: a field does not exist, or its value is not allowed.
    """
    terms = [_term(match) for match in _TERM.finditer(line)]
    return EntryFilter(tuple(dict.fromkeys(term for term in terms if term is not None)))


def _term(match: re.Match[str]) -> Term | None:
    quoted = match["quoted"]
    value = match["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    if match["field"] is None and not value.strip('"'):
        return None
    return Term((match["field"] or WORD).lower(), value, bool(match["minus"]))
