"""Statistics of entries: totals, facets, the balance of short answers, decisions per day."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import Session, col

from core.dataset.conditions import REVIEWING, Condition, conditions
from core.dataset.filters import EntryFilter
from core.db import IMPORTED, Events, ImageDatasets, utc_now
from core.search_line import NONE, Facet, FacetValue

_Entry = ImageDatasets
MAX_VALUES = 200
MAX_BALANCE_CHARS = 40
"""Longer answers are left out of the balance: they are rarely given twice."""


@dataclass(frozen=True)
class Balance:
    """The short answers to one kind of question, the most frequent first."""

    kind: str
    total: int
    answers: tuple[tuple[str, int], ...]

    @property
    def leading_share(self) -> float:
        """The share of the most frequent answer, 0 to 1."""
        return self.answers[0][1] / self.total if self.answers else 0.0


@dataclass(frozen=True)
class DatasetStats:
    """The statistics that ``get_dataset_stats`` promises; *average_score* is over rated entries, 0 without any."""

    total_entries: int
    confirmed_entries: int
    rejected_entries: int
    open_entries: int
    average_score: float
    by_answer_type: tuple[tuple[str, int], ...]
    unique_images: int

    def as_dict(self) -> dict[str, Any]:
        """Return a new dictionary, whose ``by_answer_type`` is one too."""
        return asdict(self) | {"by_answer_type": dict(self.by_answer_type)}


def dataset_stats(session: Session, project_id: str) -> DatasetStats:
    """Count and rate the entries of a project."""
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
    return DatasetStats(
        total_entries=total,
        confirmed_entries=confirmed or 0,
        rejected_entries=rejected or 0,
        open_entries=total - (confirmed or 0) - (rejected or 0),
        average_score=round(rating / rated, 2) if rated else 0.0,
        by_answer_type=tuple(sorted((name, count) for name, count in by_type)),
        unique_images=images,
    )


_DECISION = case(
    (col(_Entry.confirmed).is_(True), "confirmed"), (col(_Entry.rejected).is_(True), "rejected"), else_="open"
)
LENGTHS = ("0..10", "11..50", "51..200", ">200")
"""Bins of the length of an answer in characters, as search terms."""
_LENGTH = case(
    *((func.length(col(_Entry.answer)) <= most, term) for most, term in zip((10, 50, 200), LENGTHS, strict=False)),
    else_=LENGTHS[-1],
)
_ORIGIN = case((col(_Entry.origin) == IMPORTED, IMPORTED), (col(_Entry.model) == "", "person"), else_="model")
_FACETS: tuple[tuple[str, str, SQLCoreOperations[Any]], ...] = (
    ("is", "Decision", _DECISION),
    ("kind", "Kind of question", col(_Entry.kind)),
    ("type", "Answer type", col(_Entry.answer_type)),
    ("model", "Answered by", col(_Entry.model)),
    ("origin", "Where the answer is from", _ORIGIN),
    ("lang", "Language", col(_Entry.language)),
    ("score", "Stars", col(_Entry.score)),
    ("tag", "Tag", col(_Entry.tags)),
    ("length", "Length of the answer", _LENGTH),
    ("reason", "Reason for rejection", col(_Entry.reject_reason)),
)


def facets(session: Session, project_id: str, entry_filter: EntryFilter) -> list[Facet]:
    """Return the facets with more than one value; each counts as if the filter did not name its own field.

    They need one scan of the entries, and one more for each facet that the filter names.
    """
    all_rows = _combinations(session, conditions(project_id, entry_filter))
    found = []
    for position, (field, label, _) in enumerate(_FACETS):
        wider = entry_filter.without(field)
        rows = all_rows if wider == entry_filter else _combinations(session, conditions(project_id, wider))
        values = _facet_values(field, [(row[position], row[-1]) for row in rows])
        if len(values) > 1 or entry_filter.values(field):
            found.append(Facet(field, label, values))
    return [*found, *_annotators(session, project_id, entry_filter)]


def _combinations(session: Session, where: Sequence[Condition]) -> Sequence[Any]:
    """Count the entries by all facets at once: there are far fewer combinations than entries."""
    columns = [column for _, _, column in _FACETS]
    return session.execute(select(*columns, func.count()).where(*where).group_by(*columns)).all()


def _facet_values(field: str, counted: list[tuple[Any, int]]) -> tuple[FacetValue, ...]:
    counts: dict[Any, int] = {}
    for value, count in counted:
        for single in value.split(",") if field == "tag" else (value,):
            counts[single] = counts.get(single, 0) + count
    ordered = sorted(counts.items(), key=_order_of(field))
    return tuple(_facet_value(value, count, field) for value, count in ordered[:MAX_VALUES])


def _order_of(field: str) -> Callable[[tuple[Any, int]], Any]:
    """Return the key by which the values of a facet are sorted: bins in their order, others by frequency."""
    if field == "length":
        return lambda item: LENGTHS.index(item[0])
    if field == "score":
        return lambda item: -item[0]
    return lambda item: (-item[1], item[0] in ("", 0), item[0])


def _annotators(session: Session, project_id: str, entry_filter: EntryFilter) -> list[Facet]:
    """Return the facet of the people who reviewed, when there are several."""
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
        .limit(MAX_VALUES)
    ).all()
    values = tuple(FacetValue(actor, actor, count) for actor, count in people)
    return [Facet("by", "Annotator", values)] if len(values) > 1 or entry_filter.values("by") else []


def tag_names(session: Session, project_id: str, limit: int = 200) -> list[str]:
    """Return the tags in use, most frequent first."""
    query = (
        select(col(_Entry.tags), func.count()).where(*conditions(project_id, EntryFilter())).group_by(col(_Entry.tags))
    )
    values = _facet_values("tag", [(tags, count) for tags, count in session.execute(query).all()])
    return [tag.value for tag in values if tag.value != NONE][:limit]


def balance(session: Session, where: Sequence[Condition], *, answers_per_kind: int = 6) -> list[Balance]:
    """Return the distribution of short answers for each kind of question, the largest kind first."""
    answer = func.lower(func.trim(col(_Entry.answer)))
    rows = session.execute(
        select(col(_Entry.kind), answer, func.count())
        .where(*where, func.length(_Entry.answer) <= MAX_BALANCE_CHARS)
        .group_by(_Entry.kind, answer)
        .order_by(func.count().desc(), answer)
    ).all()
    kinds: dict[str, list[tuple[str, int]]] = {}
    for kind, text, count in rows:
        kinds.setdefault(kind, []).append((text, count))
    balances = [
        Balance(kind, sum(n for _, n in answers), tuple(answers[:answers_per_kind])) for kind, answers in kinds.items()
    ]
    return sorted(balances, key=lambda balance: (-balance.total, balance.kind))


def decisions_per_day(session: Session, project_id: str, days: int = 30) -> list[tuple[date, int]]:
    """Return how many entries were confirmed or rejected on each of the last *days*, today last.

    An entry counts once a day: the reason of a rejection is a second event of it.
    """
    today = utc_now().date()
    day = func.date(Events.at)
    rows = session.execute(
        select(day, func.count(distinct(col(Events.entity_id))))
        .where(
            col(Events.project_id) == project_id,
            col(Events.action).in_(("confirm", "reject")),
            col(Events.undone_by).is_(None),
            col(Events.at) >= utc_now() - timedelta(days=days),
        )
        .group_by(day)
    ).all()
    counts = {str(found): count for found, count in rows}
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return [(date, counts.get(date.isoformat(), 0)) for date in dates]


def _one_if(condition: Condition) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _facet_value(value: Any, count: int, field: str) -> FacetValue:
    if value in ("", 0):
        return FacetValue(NONE, _NONE_LABELS.get(field, NONE), count)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return FacetValue(text, _LENGTH_LABELS.get(text, text) if field == "length" else text, count)


_NONE_LABELS = {
    "model": "no model", "score": "not rated", "tag": "no tag", "reason": "not rejected, or no reason",
    "kind": "no kind",
}  # fmt: skip
_LENGTH_LABELS = dict(
    zip(LENGTHS, ("up to 10 characters", "11 to 50", "51 to 200", "over 200 characters"), strict=True)
)
