"""Counting entries: the promised statistics, facets that are filters, the balance of answers, the pace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import Session, col

from core.dataset.conditions import Condition, conditions
from core.dataset.filters import NONE, EntryFilter
from core.db import Events, ImageDatasets, utc_now

_Entry = ImageDatasets
SCORE_STEPS = tuple(step / 2 for step in range(1, 11))


@dataclass(frozen=True)
class FacetValue:
    """One bar: the term ``field:value`` that it stands for, and how many entries meet it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Facet:
    field: str
    label: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True)
class Balance:
    """The short answers to one kind of question, the most frequent first."""

    kind: str
    total: int
    answers: tuple[tuple[str, int], ...]

    @property
    def leading_share(self) -> float:
        return self.answers[0][1] / self.total if self.answers else 0.0


def dataset_stats(session: Session, project_id: str) -> dict[str, Any]:
    where = conditions(project_id, EntryFilter())
    total, confirmed, rejected, rated, rating, images = session.execute(
        select(
            func.count(),
            func.sum(_one_if(col(_Entry.confirmed).is_(True))),
            func.sum(_one_if(col(_Entry.rejected).is_(True))),
            func.sum(_one_if(col(_Entry.score) > 0)),
            func.sum(_Entry.score),
            func.count(distinct(col(_Entry.image_id))),
        ).where(*where)
    ).one()
    by_type = session.execute(
        select(col(_Entry.answer_type), func.count()).where(*where).group_by(_Entry.answer_type)
    ).all()
    return {
        "total_entries": total,
        "confirmed_entries": confirmed or 0,
        "rejected_entries": rejected or 0,
        "open_entries": total - (confirmed or 0) - (rejected or 0),
        "average_score": round(rating / rated, 2) if rated else 0.0,
        "by_answer_type": dict(sorted(by_type)),
        "unique_images": images,
    }


def facets(session: Session, project_id: str, entry_filter: EntryFilter) -> list[Facet]:
    """Return the bars of the explore page; each facet counts as if nothing of its own were chosen."""

    def where(field: str) -> list[Condition]:
        return conditions(project_id, entry_filter.without(field))

    decision = case(
        (col(_Entry.confirmed).is_(True), "confirmed"), (col(_Entry.rejected).is_(True), "rejected"), else_="open"
    )
    columns: list[tuple[str, str, SQLCoreOperations[Any]]] = [
        ("is", "Decision", decision),
        ("kind", "Kind of question", col(_Entry.kind)),
        ("type", "Answer type", col(_Entry.answer_type)),
        ("model", "Model", col(_Entry.model)),
        ("lang", "Language", col(_Entry.language)),
        ("score", "Rating", col(_Entry.score)),
        ("reason", "Reason for rejection", col(_Entry.reject_reason)),
    ]
    made = [Facet(field, label, _grouped(session, column, where(field))) for field, label, column in columns]
    made.append(Facet("tag", "Tag", _tags(session, where("tag"))))
    return [facet for facet in made if len(facet.values) > 1 or entry_filter.values(facet.field)]


def tag_names(session: Session, project_id: str, limit: int = 200) -> list[str]:
    return [bar.value for bar in _tags(session, conditions(project_id, EntryFilter())) if bar.value != NONE][:limit]


def balance(
    session: Session, project_id: str, entry_filter: EntryFilter, *, answers_per_kind: int = 6
) -> list[Balance]:
    """Return, for each kind of question, how its answers are distributed."""
    answer = func.lower(func.trim(col(_Entry.answer)))
    where = conditions(project_id, entry_filter)
    rows = session.execute(
        select(col(_Entry.kind), answer, func.count())
        .where(*where, func.length(_Entry.answer) <= 40)
        .group_by(_Entry.kind, answer)
        .order_by(func.count().desc(), answer)
    ).all()
    kinds: dict[str, list[tuple[str, int]]] = {}
    for kind, text, count in rows:
        kinds.setdefault(kind, []).append((text, count))
    made = [
        Balance(kind, sum(n for _, n in answers), tuple(answers[:answers_per_kind])) for kind, answers in kinds.items()
    ]
    return sorted(made, key=lambda one: (-one.total, one.kind))


def decisions_per_day(session: Session, project_id: str, days: int = 30) -> list[tuple[date, int]]:
    """Return how many entries were confirmed or rejected on each of the last *days*, today last."""
    today = utc_now().date()
    day = func.date(Events.at)
    rows = session.execute(
        select(day, func.count())
        .where(
            col(Events.project_id) == project_id,
            col(Events.action).in_(("confirm", "reject")),
            col(Events.undone_by).is_(None),
            col(Events.at) >= utc_now() - timedelta(days=days),
        )
        .group_by(day)
    ).all()
    counts = {str(found): count for found, count in rows}
    return [(one := today - timedelta(days=back), counts.get(one.isoformat(), 0)) for back in range(days - 1, -1, -1)]


def _one_if(condition: Condition) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _grouped(session: Session, column: SQLCoreOperations[Any], where: Sequence[Condition]) -> tuple[FacetValue, ...]:
    rows = session.execute(
        select(column, func.count()).where(*where).group_by(column).order_by(func.count().desc(), column)
    ).all()
    return tuple(_bar(value, count) for value, count in rows)


def _bar(value: Any, count: int) -> FacetValue:
    if value in ("", 0):
        return FacetValue(NONE, "none", count)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return FacetValue(text, text, count)


def _tags(session: Session, where: Sequence[Condition]) -> tuple[FacetValue, ...]:
    """Tags are counted here, not in SQL: different combinations are few, whatever the number of entries."""
    counts: dict[str, int] = {}
    for tags, count in session.execute(
        select(col(_Entry.tags), func.count()).where(*where).group_by(_Entry.tags)
    ).all():
        for tag in tags.split(","):
            counts[tag] = counts.get(tag, 0) + count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(_bar(tag, count) for tag, count in ordered)
