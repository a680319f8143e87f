"""How far each person is with the review of a project, how fast, and how far others agree with them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.checks import effort, readers
from core.checks.readers import ReaderAccuracy
from core.dataset import agreement
from core.db import HELD_BACK, Accounts, Events, ImageDatasets, Memberships, ReviewPlans

PACE_DAYS = 30
MIN_REVIEW_S = 60.0
"""A pace of a few seconds says nothing."""
_DECISIONS = ("confirm", "reject", "reopen")
_JUDGED = (*_DECISIONS, "second")


@dataclass(frozen=True)
class PersonProgress:
    """The review of one person in one project."""

    person: str
    decided: int
    """Entries whose present decision is theirs, known answers among them: else the number would tell which they are."""
    waiting: int
    """Entries in their queue at the moment: of a shared queue those that nobody else has on the screen."""
    sent_back: int
    """Entries that were sent back to them and wait for another look."""
    second_waiting: int
    """Entries that wait for their second review."""
    last_at: datetime | None
    """When they decided last, or gave a second review."""
    timed: int
    """Acts of review in the last ``PACE_DAYS`` days; bulk actions are none."""
    review_s: float
    """The time of these acts: each takes as long as since the one before; longer gaps than two minutes are pauses."""
    compared: int
    """Entries that they and a second person have judged."""
    alike: int
    """Those of them that both judged alike."""
    known: ReaderAccuracy | None
    """How often they were right on known answers, by decisions of the days before this one (UTC); None without any."""

    @property
    def total(self) -> int:
        """What they have decided and what waits for them."""
        return self.decided + self.waiting

    @property
    def per_hour(self) -> float | None:
        """Acts of review in an hour of reviewing; None with less than ``MIN_REVIEW_S`` of it."""
        return self.timed / self.review_s * 3600 if self.review_s >= MIN_REVIEW_S else None

    @property
    def agreement(self) -> float | None:
        """The share of entries with a second review that both judged alike; None without any."""
        return self.alike / self.compared if self.compared else None


@dataclass(frozen=True)
class Queues:
    """What waits for a person."""

    waiting: int
    sent_back: int
    second_waiting: int


def reviewers(session: Session, project_id: str) -> list[str]:
    """Return who reviews a project: members who may, people of the plan, and all who have decided, by name."""
    members = select(Accounts.name).join(Memberships, col(Memberships.account_id) == Accounts.id).where(
        Memberships.project_id == project_id, Memberships.role != "viewer", col(Accounts.disabled_at).is_(None)
    )  # fmt: skip
    decided = select(Events.actor).where(Events.project_id == project_id, col(Events.action).in_(_JUDGED)).distinct()
    plan = session.get(ReviewPlans, project_id)
    names = {*session.exec(members), *session.exec(decided), *(plan.people if plan is not None else ())}
    return sorted(names, key=str.lower)


def progress(
    session: Session, project_id: str, queues: dict[str, Queues], now: datetime, *, only: str | None = None
) -> list[PersonProgress]:
    """Return the progress of each person of *queues*, in their order.

    Args:
        session: The session.
        project_id: The project.
        queues: What waits for each person.
        now: The time that days are counted from.
        only: The one person that is asked about, None for several.
    """
    decided, last_at = _decided(session, project_id, only), _last_at(session, project_id, only)
    pace = effort.pace(session, project_id, now - timedelta(days=PACE_DAYS), person=only)
    compared, alike = _agreement(session, project_id)
    known = {one.reader: one for one in readers.known_answers(session, project_id, now).readers}
    return [
        PersonProgress(
            person, decided.get(person, 0), own.waiting, own.sent_back, own.second_waiting, last_at.get(person),
            *pace.get(person, (0, 0.0)), compared[person], alike[person], known.get(person),
        )
        for person, own in queues.items()
    ]  # fmt: skip


def _decided(session: Session, project_id: str, only: str | None) -> dict[str, int]:
    """Return how many entries have a decision of each person that nobody has changed since."""
    later = aliased(Events)
    changed = select(1).where(
        col(later.entity_id) == col(Events.entity_id), col(later.id) > col(Events.id),
        col(later.action).in_(_DECISIONS), col(later.undone_by).is_(None),
    )  # fmt: skip
    entry = ImageDatasets
    query = (
        select(Events.actor, func.count(func.distinct(col(Events.entity_id))))
        .join(ImageDatasets, col(entry.id) == Events.entity_id)
        .where(
            Events.project_id == project_id,
            *([Events.actor == only] if only is not None else []),
            or_(
                and_(col(Events.action) == "confirm", col(entry.confirmed)),
                and_(col(Events.action) == "reject", col(entry.rejected)),
            ),
            col(Events.undone_by).is_(None),
            or_(col(entry.deleted_at).is_(None), col(entry.deleted_at) == HELD_BACK),
            ~changed.correlate(Events).exists(),
        )
        .group_by(col(Events.actor))
    )
    return dict(session.exec(query).all())


def _last_at(session: Session, project_id: str, only: str | None) -> dict[str, datetime]:
    query = select(Events.actor, func.max(Events.at)).where(
        Events.project_id == project_id, col(Events.action).in_(_JUDGED),
        *([Events.actor == only] if only is not None else []),
    )  # fmt: skip
    return dict(session.exec(query.group_by(col(Events.actor))).all())


def _agreement(session: Session, project_id: str) -> tuple[Counter[str], Counter[str]]:
    """Return how many entries each person and another one have judged, and how many of these alike."""
    compared, alike = Counter[str](), Counter[str]()
    for review in agreement.double_reviews(session, project_id):
        for person in (review.first_by, review.second_by):
            compared[person] += 1
            alike[person] += review.first == review.second
    return compared, alike
