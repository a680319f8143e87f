"""How often each reader is right, by the honeypots that they decided."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.checks.intervals import wilson
from core.dataset.conditions import usable_search
from core.dataset.honeypots.known import count_known, is_same, is_short
from core.dataset.judge_trust import require_trusted_judge
from core.db import Honeypots, ImageDatasets, ReviewPlans, new_id, utc_now
from core.errors import InvalidInputError

USUAL_PERCENT = 3.0
MAX_PERCENT = 20.0


@dataclass(frozen=True)
class ReaderAccuracy:
    """How often a reader was right on known answers."""

    reader: str
    decided: int
    right: int
    interval: tuple[float, float]
    """Of the share of right decisions, at 95 % by Wilson's score method."""

    @property
    def share(self) -> float:
        """0 to 1; 0 without a decision."""
        return self.right / self.decided if self.decided else 0.0


@dataclass(frozen=True)
class KnownAnswers:
    """Whether entries with known answers are mixed into the queues of readers, and how readers decided them."""

    percent: float
    """Of each reader's queue; 0 is off."""
    query: str
    """The search line of decided entries that the owner knows to be right; empty for none."""
    known: int
    """Entries that can be mixed in: those that two people judged alike, and confirmed ones of *query*."""
    readers: tuple[ReaderAccuracy, ...]
    """Decisions of the days before this one, most decisions first."""


def known_answers(session: Session, project_id: str, now: datetime | None = None) -> KnownAnswers:
    """Return the setting and what came of it.

    Decisions count from the next day (UTC) on: otherwise a reader who looks after each decision would see which one
    was about a known answer.
    """
    plan = session.get(ReviewPlans, project_id)
    query = plan.honeypot_query if plan is not None else ""
    return KnownAnswers(
        plan.honeypot_percent if plan is not None else 0.0, query, count_known(session, project_id, query),
        tuple(_readers(session, project_id, now or utc_now())),
    )  # fmt: skip


def set_known_answers(session: Session, project_id: str, percent: float, query: str, assignment: str) -> None:
    """Set the share of each reader's queue that is known, and which entries the owner knows.

    Args:
        session: The session.
        project_id: The project.
        percent: 0 to ``MAX_PERCENT``.
        query: The search line of the entries that the owner knows.
        assignment: How entries are assigned where nobody has said it yet.

    Raises:
        InvalidInputError: the share is not 0 to ``MAX_PERCENT``, the search line cannot be read or has a value that
            its field does not take, or it is by a judge that is not trusted.
    """
    if not 0 <= percent <= MAX_PERCENT:
        raise InvalidInputError(f"Choose between 0 and {MAX_PERCENT:g}% known answers.", field="percent")
    wanted = usable_search(query)
    require_trusted_judge(session, project_id, wanted)
    line = str(wanted)
    plan = session.get(ReviewPlans, project_id) or ReviewPlans(project_id=project_id, assignment=assignment)
    plan.honeypot_percent, plan.honeypot_query = percent, line
    plan.honeypot_seed = plan.honeypot_seed or new_id()
    session.add(plan)


def judged(honeypot: Honeypots, entry: ImageDatasets) -> bool | None:
    """Return whether the reader decided a honeypot rightly; None when that cannot be told.

    A right answer has to be confirmed, a wrong one rejected or replaced by the right one. A right free text in other
    words, and a changed question, are not judged.
    """
    if entry.decision == "open" or entry.is_deleted or entry.question != (entry.generated_question or entry.question):
        return None
    is_changed = not is_same(entry.answer, honeypot.shown_answer, entry.answer_type)
    if honeypot.is_right:
        if entry.confirmed and is_changed and not is_short(honeypot.shown_answer, entry.answer_type):
            return None
        return entry.confirmed and not is_changed
    if entry.rejected:
        return True
    right = honeypot.right_answer
    return is_changed and (not right or is_same(entry.answer, right, entry.answer_type))


def _readers(session: Session, project_id: str, now: datetime) -> list[ReaderAccuracy]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(Honeypots, ImageDatasets)
        .join(ImageDatasets, col(ImageDatasets.id) == Honeypots.entry_id)
        .where(Honeypots.project_id == project_id, col(ImageDatasets.update_at) < today)
    )
    decided: defaultdict[str, list[bool]] = defaultdict(list)
    for honeypot, entry in session.exec(query):
        if (is_right := judged(honeypot, entry)) is not None:
            decided[honeypot.reader].append(is_right)
    found = [ReaderAccuracy(name, len(one), sum(one), wilson(sum(one), len(one))) for name, one in decided.items()]
    return sorted(found, key=lambda reader: (-reader.decided, reader.reader))
