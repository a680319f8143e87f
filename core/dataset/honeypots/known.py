"""Entries with known answers, and how one is shown to a reader: as it is, or with an answer that is surely wrong.

An answer is known when two people gave the same verdict on it, or when the owner named it by a search line. Wrong ones
are made only where they are certain: the other one of yes and no, another number, another label. Entries that two
people rejected for a wrong answer are shown as they are.
"""

import contextlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from core.dataset import second_review
from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter, parse_search
from core.dataset.vqa import normal_answer
from core.db import Events, Honeypots, ImageDatasets, Images, in_library
from core.errors import InvalidInputError

_Entry = ImageDatasets
_WRONG_REASONS = ("wrong answer", "not in the image")
_OPPOSITES = {"yes": "no", "no": "yes"}
_WHOLE_NUMBER = re.compile(r"\d{1,4}")


@dataclass(frozen=True)
class Known:
    """A known entry as it is shown to a reader; *right* is empty when only known is that *shown* is wrong."""

    source: ImageDatasets
    shown: str
    right: str

    @property
    def is_right(self) -> bool:
        return self.shown == self.right


def is_known(owners_query: str, project_id: str) -> ColumnElement[bool]:
    """Return the condition of entries whose answer is known to be right, or known to be wrong."""
    second = (
        select(1)
        .where(
            Events.project_id == _Entry.project_id, Events.entity_id == _Entry.id, second_review.holds(),
        )
        .correlate(_Entry)
        .exists()
    )  # fmt: skip
    # The second reviewer's verdict flags the entry when it differs.
    agreed = and_(second, col(_Entry.flagged).is_(False))
    known = agreed
    if owners_query:
        # A line of an imported archive may be anything; it must not close the queue of the readers.
        with contextlib.suppress(InvalidInputError):
            known = or_(agreed, and_(*conditions(project_id, parse_search(owners_query))))
    wrong = and_(col(_Entry.rejected).is_(True), col(_Entry.reject_reason).in_(_WRONG_REASONS), agreed)
    alone = and_(col(_Entry.more_image_ids) == "", col(_Entry.conversation_id).is_(None))
    return and_(alone, or_(and_(col(_Entry.confirmed).is_(True), known), wrong))


def count_known(session: Session, project_id: str, owners_query: str) -> int:
    """Count the entries with known answers."""
    where = (*conditions(project_id, EntryFilter()), is_known(owners_query, project_id))
    return session.exec(select(func.count()).select_from(_Entry).where(*where)).one()


def draw(
    session: Session, project_id: str, owners_query: str, entry_filter: EntryFilter, reader: str, count: int, model: str
) -> list[Known]:
    """Return up to *count* known entries of the filter that *reader* has not seen, those of *model* first."""
    # Whoever started a task is named as the creator of what a model answered.
    acted = or_(col(Events.action) != "create", col(_Entry.model) == "")
    touched = select(1).where(Events.entity_id == _Entry.id, Events.actor == reader, acted).correlate(_Entry)
    used = select(Honeypots.source_id).where(Honeypots.project_id == project_id, Honeypots.reader == reader)
    there = select(1).where(Images.id == _Entry.image_id, in_library()).correlate(_Entry)
    query = select(_Entry).where(
        *conditions(project_id, entry_filter), is_known(owners_query, project_id),
        ~touched.exists(), there.exists(), col(_Entry.id).not_in(used),
    )  # fmt: skip
    found = session.exec(query.order_by(col(_Entry.model) != model, func.random()).limit(count))
    return [_shown(entry) for entry in found]


def _shown(entry: ImageDatasets) -> Known:
    if entry.rejected:
        return Known(entry, entry.answer, "")
    wrong = wrong_answer(entry) if random.random() < 0.5 else None
    return Known(entry, entry.answer if wrong is None else wrong, entry.answer)


def wrong_answer(entry: ImageDatasets) -> str | None:
    """Return an answer that is surely wrong, in the form of the right one; None where none is certain."""
    if entry.answer_type == "label" and isinstance(entry.options, list):
        return _other_label(entry.answer, entry.options)
    if entry.answer_type != "text":
        return None
    bare = entry.answer.strip().rstrip(".")
    if (opposite := _OPPOSITES.get(bare.lower())) is not None:
        return _like(entry.answer, bare, opposite)
    if _WHOLE_NUMBER.fullmatch(bare):
        number = int(bare) + random.choice((1, 2, -1))
        return entry.answer.replace(bare, str(number if number >= 0 else int(bare) + 1), 1)
    return None


def is_same(answer: str, other: str, answer_type: str) -> bool:
    """Return whether two answers count as the same: words as the VQA challenge normalizes them, JSON by value."""
    if answer_type != "text":
        try:
            return bool(_value(answer) == _value(other))
        except ValueError:
            pass
    return normal_answer(answer) == normal_answer(other)


def is_short(answer: str, answer_type: str) -> bool:
    """Return whether another answer than this one is surely wrong, and not only worded differently."""
    bare = answer.strip().rstrip(".").lower()
    return answer_type == "label" or bare in _OPPOSITES or _WHOLE_NUMBER.fullmatch(bare) is not None


def _other_label(answer: str, options: Sequence[str]) -> str | None:
    try:
        labels = json.loads(answer)
    except ValueError:
        return None
    others = [option for option in options if option not in labels]
    if not isinstance(labels, list) or len(labels) != 1 or not others:
        return None
    return json.dumps([random.choice(others)], ensure_ascii=False)


def _like(answer: str, bare: str, word: str) -> str:
    """Return the answer with *word* in the place of *bare*, in its case."""
    cased = word.upper() if bare.isupper() else word.capitalize() if bare[0].isupper() else word
    return answer.replace(bare, cased, 1)


def _value(answer: str) -> Any:
    value = json.loads(answer)
    return sorted(map(str, value)) if isinstance(value, list) else value
