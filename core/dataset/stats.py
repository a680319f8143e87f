"""Counting entries: the promised statistics, facets that are filters, the balance of answers, the pace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import Session, col

from core.dataset.conditions import REVIEWING, Condition, conditions
from core.dataset.filters import NONE, EntryFilter
from core.db import Events, ImageDatasets, utc_now

_Entry = ImageDatasets
MOST_BARS = 200


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


_DECISION = case(
    (col(_Entry.confirmed).is_(True), "confirmed"), (col(_Entry.rejected).is_(True), "rejected"), else_="open"
)
_LENGTH = case(
    *(
        (func.length(col(_Entry.answer)) <= most, term)
        for most, term in ((10, "0..10"), (50, "11..50"), (200, "51..200"))
    ),
    else_=">200",
)
_FACETS: tuple[tuple[str, str, SQLCoreOperations[Any]], ...] = (
    ("is", "Decision", _DECISION),
    ("kind", "Kind of question", col(_Entry.kind)),
    ("type", "Answer type", col(_Entry.answer_type)),
    ("model", "Answered by", col(_Entry.model)),
    ("lang", "Language", col(_Entry.language)),
    ("score", "Stars", col(_Entry.score)),
    ("tag", "Tag", col(_Entry.tags)),
    ("length", "Length of the answer", _LENGTH),
    ("reason", "Reason for rejection", col(_Entry.reject_reason)),
)


def facets(session: Session, project_id: str, entry_filter: EntryFilter) -> list[Facet]:
    """Return the bars of the explore page; each facet counts as if nothing of its own were chosen.

    All of them come from one pass over the entries, and one more for each facet that the filter names.
    """
    whole = _combinations(session, conditions(project_id, entry_filter))
    made = []
    for place, (field, label, _) in enumerate(_FACETS):
        wider = entry_filter.without(field)
        rows = whole if wider == entry_filter else _combinations(session, conditions(project_id, wider))
        bars = _bars(field, [(row[place], row[-1]) for row in rows])
        if len(bars) > 1 or entry_filter.values(field):
            made.append(Facet(field, label, bars))
    return [*made, *_annotators(session, project_id, entry_filter)]


def _combinations(session: Session, where: Sequence[Condition]) -> Sequence[Any]:
    """Count the entries by every facet at once: combinations are few beside entries."""
    columns = [column for _, _, column in _FACETS]
    return session.execute(select(*columns, func.count()).where(*where).group_by(*columns)).all()


def _bars(field: str, counted: list[tuple[Any, int]]) -> tuple[FacetValue, ...]:
    counts: dict[Any, int] = {}
    for value, count in counted:
        for one in value.split(",") if field == "tag" else (value,):
            counts[one] = counts.get(one, 0) + count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0] in ("", 0), item[0]))
    return tuple(_bar(value, count) for value, count in ordered[:MOST_BARS])


def _annotators(session: Session, project_id: str, entry_filter: EntryFilter) -> list[Facet]:
    """Return who decided or edited, when they are several."""
    wanted = select(col(_Entry.id)).where(*conditions(project_id, entry_filter.without("by")))
    people = session.execute(
        select(col(Events.actor), func.count(distinct(col(Events.entity_id))))
        .where(
            col(Events.project_id) == project_id,
            col(Events.action).in_(REVIEWING),
            col(Events.undone_by).is_(None),
            col(Events.entity_id).in_(wanted),
        )
        .group_by(col(Events.actor))
        .order_by(func.count(distinct(col(Events.entity_id))).desc(), col(Events.actor))
        .limit(MOST_BARS)
    ).all()
    bars = tuple(FacetValue(actor, actor, count) for actor, count in people)
    return [Facet("by", "Annotator", bars)] if len(bars) > 1 or entry_filter.values("by") else []


def tag_names(session: Session, project_id: str, limit: int = 200) -> list[str]:
    query = (
        select(col(_Entry.tags), func.count()).where(*conditions(project_id, EntryFilter())).group_by(col(_Entry.tags))
    )
    bars = _bars("tag", [(tags, count) for tags, count in session.execute(query).all()])
    return [bar.value for bar in bars if bar.value != NONE][:limit]


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


def _bar(value: Any, count: int) -> FacetValue:
    if value in ("", 0):
        return FacetValue(NONE, "none", count)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return FacetValue(text, text, count)
