"""The search line: words and ``field:value`` terms, parsed into an EntryFilter and formatted back.

    cat "red bus" kind:count score:<3 model:gpt-4o -tag:draft edited:yes is:open

Terms of one field are alternatives (``kind:count kind:color`` finds both), except words and tags, which must all
match. A leading minus negates a term. ``none`` means a missing value.
"""

from dataclasses import dataclass

from core.db import SPLITS
from core.search_line import NONE, WORD, YES_NO, Fields, SearchFilter, SearchTerm

STATES = ("open", "confirmed", "rejected")

FIELDS: Fields = {
    "is": ("decision", STATES),
    "flagged": ("flagged for a second look", YES_NO),
    "edited": ("edited by a person after a model generated it", YES_NO),
    "doubtful": ("marked for review when it was generated", YES_NO),
    "kind": ("kind of question", ()),
    "answer": ("the whole answer, as in answer:yes", ()),
    "type": ("answer type", ("text", "label", "custom_format")),
    "model": ("who answered", ()),
    "lang": ("language", ()),
    "tag": ("tag", ()),
    "score": ("rating, as in score:4, score:<3 or score:2..4", ()),
    "length": ("characters in the answer, as in length:>200", ()),
    "side": ("longer side of the image in px, as in side:<640", ()),
    "pinned": ("split that somebody put its image into; none: by hash", (*SPLITS, NONE)),
    "created": ("day or month, as in created:2026-05, created:2026-05-01 or created:>2026-05-01", ()),
    "by": ("who decided or edited", ()),
    "skipped": ("who skipped it", ()),
    "reason": ("why it was rejected", ()),
    "image": ("part of the name of one of its images, or the id of one", ()),
    "images": ("number of images, as in images:>1", ()),
    "conversation": ("id of the conversation it is a turn of", ()),
    "origin": ("who gave the answer", ("person", "model", "imported")),
    "id": ("id of the entry", ()),
    "task": ("id of the task that generated it", ()),
    "check": ("quality check that it fails", ()),
    "guessable": (
        "whether the answer was guessed without the image, or its chance in percent, as in guessable:>80",
        (),
    ),
    "heldout": (
        "in the test set that was compared last: its image; with both, image and question; the others apart",
        (*YES_NO, "both", "image", "question"),
    ),
    "prune": ("proposed to be left out, so that fewer answers can be guessed", YES_NO),
    "judge": ("mean score of the judge, 1 to 5, as in judge:<3; only while it is trusted", ()),
    "worth": ("among the next entries that are worth reviewing", YES_NO),
    "arena": ("which model answered better, as in arena:one>other, or arena:one=wrong for a wrong answer", ()),
    "verifiable": ("how a program can verify the answer", ("exact", "number", "set", "json", "iou", "anls", "no")),
    "tools": ("what tools that looked at the image say of the answer", ("contradicts", "supports", "unsure")),
    "blind": ("whether a model that was asked gave the stored answer without the image", YES_NO),
    "seen": ("whether a model that was asked gave the stored answer with the image", YES_NO),
    "consensus": ("whether the stored answer is the most frequent one of models that were asked", YES_NO),
    "doubt": ("how far answers of models disagree, in percent, as in doubt:>50", ()),
    "second": ("needs a second review, by the name of the reviewer", ()),
    "sent": ("sent back to the person named, who has not looked again yet", ()),
    "share": ("an equal share of the images, as in share:1/3", ()),
    "free": ("not leased to anyone but the reviewer named", ()),
}
"""The fields of a search line: meaning, and the allowed values where they are fixed."""

ALL_MUST_MATCH = (WORD, "tag")


@dataclass(frozen=True)
class Term(SearchTerm):
    """One condition; *field* is a key of FIELDS, or WORD for a text in the question, answer or image name."""

    fields = FIELDS


@dataclass(frozen=True)
class EntryFilter(SearchFilter[Term]):
    """A selection of a project's entries; without terms it selects all of them."""

    term_type = Term
    all_must_match = ALL_MUST_MATCH

    def for_review(self) -> "EntryFilter":
        """Return the filter of a review queue: open entries, and decided ones that two reviewers judged differently."""
        return self if "readers" in self.values("check") else self.undecided()

    def undecided(self) -> "EntryFilter":
        """Return the filter narrowed to open entries, unless it says which, by decision or id for example."""
        selects = any(term.field in ("is", "second", "sent", "id") for term in self.terms)
        return self if selects else self.with_term("is", "open")


def parse_search(line: str) -> EntryFilter:
    """Parse a search line.

    Raises:
        InvalidInputError: a field does not exist, or its value is not allowed.
    """
    return EntryFilter.parse(line)
