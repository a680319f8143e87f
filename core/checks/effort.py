"""What an accepted answer costs in money and in time of review, by model, kind and person.

Money comes from the ledger of calls, time from the decisions of people, and what was accepted from the entries as they
are now. The time of a decision is that since the decision before it of the same person. A longer gap than
``MAX_GAP_S`` is a pause: the decision then counts with the usual (median) time of the person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from statistics import median
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core.dataset.conditions import REVIEWING
from core.db import Events, ImageDatasets, LlmCalls, Tasks
from core.tasks.service import HAS_A_REPLY

MAX_GAP_S = 120.0
_ROWS_PER_READ = 5_000


@dataclass(frozen=True)
class Effort:
    """What went into the answers of one model, kind or person."""

    value: str
    entries: int
    """Of a person those that they decided."""
    accepted: int
    """Entries that are confirmed now."""
    cost: float | None
    """US dollars of the calls whose price is known; None for a person."""
    unpriced_calls: int
    """Calls that may have been paid, and whose price is not known: the true cost is higher."""
    review_s: float
    """Time of review."""
    timed: int
    """Decisions that the time is of."""

    @property
    def cost_each(self) -> float | None:
        """US dollars for each accepted answer; None when nothing was accepted or a price is not known."""
        return (
            self.cost / self.accepted if self.cost is not None and self.accepted and not self.unpriced_calls else None
        )

    @property
    def review_s_each(self) -> float | None:
        """Seconds of review for each accepted answer; None when nothing was accepted or timed."""
        return self.review_s / self.accepted if self.accepted and self.timed else None


@dataclass(frozen=True)
class EffortReport:
    """What accepted answers cost in all, and by model, kind and person; most accepted first."""

    total: Effort
    models: tuple[Effort, ...]
    """With all calls of the model in the project: also those that asked questions or failed."""
    kinds: tuple[Effort, ...]
    """With the calls that gave the answers; one that gave several is divided among them."""
    people: tuple[Effort, ...]


@dataclass
class _Sum:
    entries: int = 0
    accepted: int = 0
    cost: float = 0.0
    unpriced: float = 0.0
    review_s: float = 0.0
    timed: int = 0

    def effort(self, value: str, *, has_cost: bool = True) -> Effort:
        # The parts of a call without a price add up to a whole number, but for rounding.
        unpriced = -int(-round(self.unpriced, 6) // 1)
        cost = self.cost if has_cost else None
        return Effort(value, self.entries, self.accepted, cost, unpriced, self.review_s, self.timed)


@dataclass
class _Times:
    """Time and number of timed decisions, by entry and by person."""

    of_entry: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    of_person: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class _Act:
    actor: str
    at: datetime
    entry_id: str
    batch_id: str


def effort(session: Session, project_id: str) -> EffortReport:
    """Return what the accepted answers of a project cost."""
    entry = ImageDatasets
    columns = (entry.id, entry.kind, entry.model, entry.confirmed, entry.call_id)
    query = select(*columns).where(  # type: ignore[call-overload]
        entry.project_id == project_id, col(entry.deleted_at).is_(None)
    )
    rows = session.exec(query.execution_options(yield_per=_ROWS_PER_READ)).all()
    answers = Counter(call_id for *_, call_id in rows if call_id is not None)
    prices = _prices(session, project_id)
    times = _times(_acts(session, project_id))
    total, models, kinds = _Sum(), defaultdict[str, _Sum](_Sum), defaultdict[str, _Sum](_Sum)
    for id_, kind, model, confirmed, call_id in rows:
        for one in (total, models[model], kinds[kind]):
            one.entries += 1
            one.accepted += confirmed
            one.review_s += sum(times.of_entry[id_])
            one.timed += len(times.of_entry[id_])
        if call_id in prices:
            cost = prices[call_id][1]
            kinds[kind].cost += (cost or 0.0) / answers[call_id]
            kinds[kind].unpriced += (cost is None) / answers[call_id]
    for model, cost in prices.values():
        for one in (total, models[model]):
            one.cost += cost or 0.0
            one.unpriced += cost is None
    people = _people(session, project_id, times)
    return EffortReport(total.effort("all"), _sorted(models), _sorted(kinds), _sorted(people, has_cost=False))


def _sorted(sums: Mapping[str, _Sum], *, has_cost: bool = True) -> tuple[Effort, ...]:
    found = (one.effort(value, has_cost=has_cost) for value, one in sums.items())
    return tuple(sorted(found, key=lambda one: (-one.accepted, -one.entries, one.value)))


def _prices(session: Session, project_id: str) -> dict[int, tuple[str, float | None]]:
    """Return model and price of the calls of a project that cost something or may have."""
    of_tasks = col(LlmCalls.task_id).in_(select(Tasks.id).where(Tasks.project_id == project_id))
    given = select(ImageDatasets.call_id).where(
        ImageDatasets.project_id == project_id, col(ImageDatasets.call_id).is_not(None)
    )
    paid = or_(col(LlmCalls.cost).is_not(None), HAS_A_REPLY, col(LlmCalls.state) == "unknown")
    query = select(LlmCalls.id, LlmCalls.model, LlmCalls.cost).where(or_(of_tasks, col(LlmCalls.id).in_(given)), paid)
    return {id_: (model, cost) for id_, model, cost in session.exec(query) if id_ is not None}


def pace(
    session: Session, project_id: str, since: datetime, *, person: str | None = None
) -> dict[str, tuple[int, float]]:
    """Return for each person, or one, how many acts of review since then were timed, and the seconds they took."""
    among = [col(Events.at) >= since, *([Events.actor == person] if person is not None else [])]
    times = _times(_acts(session, project_id, among))
    return {actor: (len(took), sum(took)) for actor, took in times.of_person.items()}


def _acts(session: Session, project_id: str, among: Sequence[Any] = ()) -> Iterable[_Act]:
    """Yield the decisions of a project by person, in their order."""
    query = (
        select(Events.actor, Events.at, Events.entity_id, Events.batch_id)
        .where(
            Events.project_id == project_id, Events.entity == "entry", col(Events.action).in_((*REVIEWING, "skip")),
            *among,
        )
        .order_by(col(Events.actor), col(Events.at), col(Events.id))
    )  # fmt: skip
    return (_Act(*row) for row in session.exec(query.execution_options(yield_per=_ROWS_PER_READ)))


def _times(acts: Iterable[_Act]) -> _Times:
    """Return how long decisions took; those of a bulk action take no time of their own."""
    times = _Times()
    for actor, of_actor in groupby(acts, key=lambda act: act.actor):
        single = [group[0] for _, group in _batches(of_actor) if len(group) == 1]
        gaps = [_gap(earlier, later) for earlier, later in zip([None, *single], single, strict=False)]
        known = [gap for gap in gaps if gap is not None]
        if not known:
            continue
        usual = median(known)
        for act, gap in zip(single, gaps, strict=True):
            took_s = usual if gap is None else gap
            times.of_entry[act.entry_id].append(took_s)
            times.of_person[actor].append(took_s)
    return times


def _batches(acts: Iterable[_Act]) -> Iterable[tuple[str, list[_Act]]]:
    return ((batch_id, list(group)) for batch_id, group in groupby(acts, key=lambda act: act.batch_id))


def _gap(earlier: _Act | None, later: _Act) -> float | None:
    """Return the seconds between two decisions; None after a pause."""
    gap_s = (later.at - earlier.at).total_seconds() if earlier is not None else MAX_GAP_S + 1
    return gap_s if gap_s <= MAX_GAP_S else None


def _people(session: Session, project_id: str, times: _Times) -> dict[str, _Sum]:
    """Return for each person the entries that they decided and nobody decided otherwise since."""
    last = _last_decisions(
        session.exec(
            select(Events.entity_id, Events.action, Events.actor, ImageDatasets.confirmed)
            .join(ImageDatasets, col(ImageDatasets.id) == Events.entity_id)
            .where(
                Events.project_id == project_id, col(ImageDatasets.deleted_at).is_(None),
                col(Events.action).in_(("confirm", "reject", "reopen")), col(Events.undone_by).is_(None),
            )
            .order_by(col(Events.id))
        ).all()
    )  # fmt: skip
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    for action, actor, confirmed in last:
        sums[actor].entries += action != "reopen"
        sums[actor].accepted += action == "confirm" and confirmed
    for actor, took in times.of_person.items():
        sums[actor].review_s, sums[actor].timed = sum(took), len(took)
    return sums


def _last_decisions(rows: Sequence[tuple[str, str, str, bool]]) -> Iterable[tuple[str, str, bool]]:
    return {entry_id: (action, actor, confirmed) for entry_id, action, actor, confirmed in rows}.values()
