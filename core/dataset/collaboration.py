"""Several people: saved views, how entries are handed out, who has what before them, second readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core.dataset import queries
from core.dataset.agreement import Agreement, ModelAccuracy, answers, of_models, of_readers, readings
from core.dataset.filters import EntryFilter, parse_search
from core.db import Database, EntryLeases, ReviewPlans, SavedViews, cached_until_write, utc_now
from core.errors import InvalidInputError

HANDINGS = ("all", "shared", "divided")
LEASE_S = 120
"""Long enough to think about one entry; the desk renews what it still has three times as often."""
_LEAST = 4
"""So many are handed to one person even when they are the last ones."""
MAX_NAME_CHARS = 60


@dataclass(frozen=True)
class Plan:
    """How entries are handed out: to all alike, shared without overlap, or divided among *people*."""

    handing: str = "all"
    people: tuple[str, ...] = ()
    second_percent: int = 0

    def own(self, entry_filter: EntryFilter, actor: str) -> EntryFilter:
        """Return the filter of what *actor* gets; whoever is not among *people* gets everything."""
        if self.handing == "shared" and not entry_filter.values("second"):
            return entry_filter.with_term("free", actor)
        if self.handing == "divided" and actor in self.people and not entry_filter.values("second"):
            return entry_filter.with_term("share", f"{self.people.index(actor) + 1}/{len(self.people)}")
        return entry_filter


class TeamWork:
    """What people who review together agree on."""

    _db: Database

    # Saved views

    def saved_views(self, project_id: str) -> list[SavedViews]:
        """Return the project's views by name."""
        query = select(SavedViews).where(SavedViews.project_id == project_id).order_by(col(SavedViews.name))
        with self._db.reading() as session:
            return list(session.exec(query))

    def save_view(self, project_id: str, name: str, query: str, *, actor: str = "local") -> SavedViews:
        """Keep a search line under a name; a view of that name gets the new line.

        Raises:
            InvalidInputError: the name is empty or too long, or the line cannot be read.
        """
        name = _name(name, "the view")
        line = str(parse_search(query))
        with self._db.transaction() as session:
            view = _view(session, project_id, name) or SavedViews(project_id=project_id, name=name, query=line)
            view.query, view.created_by = line, actor
            session.add(view)
            return view

    def delete_view(self, project_id: str, name: str) -> bool:
        """Forget a view and return whether there was one."""
        with self._db.transaction() as session:
            view = _view(session, project_id, name)
            if view is not None:
                session.delete(view)
            return view is not None

    # Handing out

    @cached_until_write
    def review_plan(self, project_id: str) -> Plan:
        """Return how the project's entries are handed out."""
        with self._db.reading() as session:
            stored = session.get(ReviewPlans, project_id)
            return Plan(stored.handing, tuple(stored.people), stored.second_percent) if stored else Plan()

    def set_review_plan(
        self, project_id: str, handing: str, people: Sequence[str] = (), second_percent: int = 0
    ) -> Plan:
        """Say how the project's entries are handed out.

        Raises:
            InvalidInputError: an unknown way, nobody to divide among, or a percentage outside 0 to 100.
        """
        if handing not in HANDINGS:
            raise InvalidInputError(f"Hand entries out to {', '.join(HANDINGS)}, not {handing}.", field="handing")
        names = tuple(dict.fromkeys(_name(name, "a reviewer") for name in people))
        if handing == "divided" and not names:
            raise InvalidInputError("Name the people among whom the entries are divided.", field="people")
        if not 0 <= second_percent <= 100:
            raise InvalidInputError("Between 0 and 100 % can be seen by two.", field="second_percent")
        with self._db.transaction() as session:
            session.merge(
                ReviewPlans(project_id=project_id, handing=handing, people=list(names), second_percent=second_percent)
            )
        return Plan(handing, names, second_percent)

    def hand_out(
        self, project_id: str, entry_filter: EntryFilter, actor: str, *, limit: int, after: str | None = None
    ) -> queries.EntryPage:
        """Return the next entries for *actor*; of shared ones nobody else gets them while the lease lasts."""
        plan = self.review_plan(project_id)
        own = plan.own(entry_filter, actor)
        if plan.handing != "shared" or own == entry_filter:
            with self._db.reading() as session:
                return queries.find_entries(session, project_id, own, limit=limit, after=after, not_skipped_by=actor)
        with self._db.transaction() as session:
            page = queries.find_entries(session, project_id, own, limit=limit, after=after, not_skipped_by=actor)
            if page.next_cursor is None and len(page.items) > _LEAST:  # whoever comes next finds the other half
                limit = max(_LEAST, len(page.items) // 2)
                page = queries.find_entries(session, project_id, own, limit=limit, after=after, not_skipped_by=actor)
            _lease(session, project_id, actor, [entry.id for entry in page.items])
            return page

    def keep(self, project_id: str, entry_ids: Sequence[str], actor: str) -> int:
        """Renew *actor*'s leases on these entries and return how many are still theirs."""
        with self._db.transaction() as session:
            mine = (col(EntryLeases.project_id) == project_id, col(EntryLeases.holder) == actor)
            statement = update(EntryLeases).where(*mine, col(EntryLeases.entry_id).in_(entry_ids))
            renewed = session.execute(statement.values(until=utc_now() + timedelta(seconds=LEASE_S)))
            return int(renewed.rowcount)  # type: ignore[attr-defined]

    # Second readings

    @cached_until_write
    def agreement(self, project_id: str) -> Agreement:
        """Return how far two readers of the same entries agree."""
        with self._db.reading() as session:
            return of_readers(readings(session, project_id))

    @cached_until_write
    def model_accuracy(self, project_id: str) -> list[ModelAccuracy]:
        """Return each model's VQA accuracy against the answers of people, best first."""
        with self._db.reading() as session:
            return of_models(answers(session, project_id))


def _name(name: str, what: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise InvalidInputError(f"Give {what} a name of at most {MAX_NAME_CHARS} characters.", field="name")
    return name


def _view(session: Session, project_id: str, name: str) -> SavedViews | None:
    query = select(SavedViews).where(SavedViews.project_id == project_id, SavedViews.name == name)
    return session.exec(query).first()


def _lease(session: Session, project_id: str, actor: str, entry_ids: Sequence[str]) -> None:
    """Give *actor* these entries, and sweep what has run out."""
    now = utc_now()
    ended = (col(EntryLeases.project_id) == project_id, col(EntryLeases.until) < now)
    session.execute(delete(EntryLeases).where(*ended))
    session.execute(delete(EntryLeases).where(col(EntryLeases.entry_id).in_(entry_ids)))
    until = now + timedelta(seconds=LEASE_S)
    session.add_all(
        EntryLeases(entry_id=entry_id, project_id=project_id, holder=actor, until=until) for entry_id in entry_ids
    )
