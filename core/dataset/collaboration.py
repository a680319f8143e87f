"""Collaboration of several reviewers: saved views, the review plan, leases on entries, agreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core import audit
from core.arguments import tidy_name
from core.dataset import agreement, queries
from core.dataset.agreement import Agreement, ModelAccuracy
from core.dataset.assignment import ALONE, LEASE_S, unset_assignment
from core.dataset.conditions import usable_search
from core.dataset.filters import EntryFilter
from core.dataset.honeypots.mixing import add, anchor_of, mixed, mixing_of, waiting
from core.dataset.reviewers import not_reviewing, reviewer_named
from core.db import Database, EntryLeases, ReviewPlans, SavedViews, cached_until_write, utc_now
from core.errors import InvalidInputError, NotFoundError

ASSIGNMENTS = ("all", "shared", "divided")
_MIN_LEASED = 4
"""Minimum batch: one reviewer may lease up to this many entries even if no others are left."""
MAX_NAME_CHARS = 60


@dataclass(frozen=True)
class Plan:
    """How entries are assigned: ``all`` to everyone, ``shared`` by leases, or ``divided`` among *people*."""

    assignment: str = ALONE
    people: tuple[str, ...] = ()
    second_percent: int = 0
    """Percentage of the images whose entries need a second review."""
    missing: tuple[str, ...] = ()
    """Those of *people* who may not review the project any more, while it is divided."""

    def assigned(self, entry_filter: EntryFilter, actor: str) -> EntryFilter:
        """Return the filter narrowed to what *actor* may review; people outside the plan may review everything."""
        if entry_filter.values("second") or entry_filter.values("sent"):
            return entry_filter
        if self.assignment == "shared":
            return entry_filter.with_term("free", actor)
        if self.assignment == "divided" and actor in self.people:
            return entry_filter.with_term("share", f"{self.people.index(actor) + 1}/{len(self.people)}")
        return entry_filter


class CollaborationService:
    """Manages the review of a project by several people: plan, leases, second reviews, agreement."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    # Saved views

    @cached_until_write
    def saved_views(self, project_id: str) -> list[SavedViews]:
        """Return the saved search lines of the project by name."""
        query = select(SavedViews).where(SavedViews.project_id == project_id).order_by(col(SavedViews.name))
        with self._db.reading() as session:
            return list(session.exec(query))

    def save_view(
        self, project_id: str, name: str, query: str, *, new_name: str | None = None, actor: str = "local"
    ) -> SavedViews:
        """Save a search line under a name, in place of the one that has this name; with *new_name* it is called that.

        Raises:
            InvalidInputError: a name is empty or too long, *new_name* is that of another view, or the line cannot be
                read; nothing is saved then.
        """
        name = _name(name, "the view")
        new_name = None if new_name is None else _name(new_name, "the view")
        line = str(usable_search(query))
        with self._db.transaction() as session:
            view = _view(session, project_id, name) or SavedViews(project_id=project_id, name=name, query=line)
            view.query, view.created_by = line, actor
            session.add(view)
            audit.record(session, "view.save", view, actor=actor, search=line)
            if new_name is not None:
                _rename(session, view, new_name)
            return view

    def rename_view(self, project_id: str, name: str, new_name: str) -> SavedViews:
        """Give a saved view another name.

        Raises:
            InvalidInputError: the new name is empty, too long or that of another view.
            NotFoundError: there is no such view.
        """
        new_name = _name(new_name, "the view")
        with self._db.transaction() as session:
            view = _view(session, project_id, name)
            if view is None:
                raise NotFoundError("This view does not exist any more. Choose another one.")
            _rename(session, view, new_name)
            return view

    def delete_view(self, project_id: str, name: str) -> bool:
        """Delete a saved view and return whether it existed."""
        with self._db.transaction() as session:
            view = _view(session, project_id, name)
            if view is not None:
                session.delete(view)
                audit.record(session, "view.delete", view)
            return view is not None

    def bring_back_view(self, project_id: str, view: SavedViews) -> None:
        """Store a deleted view of the project again, as it was.

        Raises:
            InvalidInputError: another view has its name by now.
        """
        with self._db.transaction() as session:
            if _view(session, project_id, view.name) is not None:
                raise InvalidInputError(f"There is a view called {view.name}. Rename it first.", field="name")
            again = SavedViews(**{**view.model_dump(), "project_id": project_id})
            session.add(again)
            audit.record(session, "view.save", again, search=view.query)

    # Assignment

    @cached_until_write
    def review_plan(self, project_id: str) -> Plan:
        """Return how the project's entries are assigned to reviewers.

        Until somebody says otherwise, people with accounts share the queue, and one person alone has all of it.
        """
        with self._db.reading() as session:
            stored = session.get(ReviewPlans, project_id)
            if stored is None:
                return Plan(unset_assignment(self._db.settings))
            people, is_divided = tuple(stored.people), stored.assignment == "divided"
            missing = not_reviewing(session, project_id, people) if is_divided else ()
            return Plan(stored.assignment, people, stored.second_percent, missing)

    def set_review_plan(
        self, project_id: str, assignment: str, people: Sequence[str] = (), second_percent: int = 0
    ) -> Plan:
        """Set how the project's entries are assigned to reviewers.

        Args:
            assignment: one of ASSIGNMENTS.
            people: the reviewers among whom the images are divided.
            second_percent: 0 to 100.

        Raises:
            InvalidInputError: the assignment is unknown, a name or the percentage is out of range, or where images
                are divided, *people* is empty or, with accounts, names somebody who may not review the project.
        """
        if assignment not in ASSIGNMENTS:
            raise InvalidInputError(
                f"{assignment} is not a way to assign entries. Use one of {', '.join(ASSIGNMENTS)}.", field="assignment"
            )
        names = tuple(dict.fromkeys(_name(name, "a reviewer") for name in people))
        if assignment == "divided" and not names:
            raise InvalidInputError("Name the people among whom the entries are divided.", field="people")
        if not 0 <= second_percent <= 100:
            raise InvalidInputError("Choose between 0 and 100% for second reviews.", field="second_percent")
        with self._db.transaction() as session:
            if assignment == "divided" and self._db.settings.has_accounts:  # nobody else would get their part
                own = (reviewer_named(session, project_id, name, field="people") for name in names)
                names = tuple(dict.fromkeys(own))
            stored = session.get(ReviewPlans, project_id) or ReviewPlans(project_id=project_id)
            stored.assignment, stored.people, stored.second_percent = assignment, list(names), second_percent
            session.add(stored)
            audit.record(
                session, "plan.change", project_id=project_id, assignment=assignment, people=names,
                second_percent=second_percent,
            )  # fmt: skip
        return Plan(assignment, names, second_percent)

    def open_entries(
        self, project_id: str, entry_filter: EntryFilter, actor: str, *, limit: int, after: str | None = None
    ) -> queries.EntryPage:
        """Return the next entries that *actor* would be assigned, and assign none."""
        assigned = self.review_plan(project_id).assigned(entry_filter, actor)
        with self._db.reading() as session:
            return _next_entries(session, project_id, assigned, actor, limit, after)

    @cached_until_write
    def count_queue(self, project_id: str, entry_filter: EntryFilter, actor: str) -> int:
        """Count the entries that *actor* would be assigned for the filter; of those not decided, unless it says so."""
        assigned = self.review_plan(project_id).assigned(entry_filter.for_review(), actor)
        with self._db.reading() as session:
            mixing = mixing_of(session, project_id, assigned, actor)
            honeypots = len(waiting(session, mixing)) if mixing is not None else 0
            return queries.count_entries(session, project_id, assigned, not_skipped_by=actor) + honeypots

    @cached_until_write
    def count_leased(self, project_id: str, entry_filter: EntryFilter, actor: str) -> int:
        """Count the entries of a review queue that others than *actor* hold at the moment."""
        plan = self.review_plan(project_id)
        if plan.assignment != "shared":
            return 0
        with self._db.reading() as session:
            every, free = (
                queries.count_entries(session, project_id, wanted, not_skipped_by=actor)
                for wanted in (entry_filter, plan.assigned(entry_filter, actor))
            )
            return every - free

    def assign_entries(
        self, project_id: str, entry_filter: EntryFilter, actor: str, *, limit: int, after: str | None = None
    ) -> queries.EntryPage:
        """Return the next entries for *actor*; under a ``shared`` plan they are leased to them for LEASE_S."""
        plan = self.review_plan(project_id)
        assigned = plan.assigned(entry_filter, actor)
        if plan.assignment != "shared" or assigned == entry_filter:
            self._add_honeypots(project_id, assigned, actor, limit, after)
            return self.open_entries(project_id, entry_filter, actor, limit=limit, after=after)
        with self._db.transaction() as session:
            _add_honeypots(session, project_id, assigned, actor, limit, after)
            page = _next_entries(session, project_id, assigned, actor, limit, after)
            if page.next_cursor is None and len(page.items) > _MIN_LEASED:  # leave half of the last ones to others
                limit = max(_MIN_LEASED, len(page.items) // 2)
                page = _next_entries(session, project_id, assigned, actor, limit, after)
            _lease(session, project_id, actor, [entry.id for entry in page.items])
            return page

    def _add_honeypots(
        self, project_id: str, entry_filter: EntryFilter, actor: str, limit: int, after: str | None
    ) -> None:
        """Make the honeypots of the next page, if they are switched on; else nothing is written."""
        with self._db.reading() as session:
            if mixing_of(session, project_id, entry_filter, actor) is None:
                return
        with self._db.transaction() as session:
            _add_honeypots(session, project_id, entry_filter, actor, limit, after)

    def renew_leases(self, project_id: str, entry_ids: Sequence[str], actor: str) -> int:
        """Renew *actor*'s leases on these entries and return how many *actor* still holds."""
        with self._db.transaction() as session:
            own = (col(EntryLeases.project_id) == project_id, col(EntryLeases.holder) == actor)
            statement = update(EntryLeases).where(*own, col(EntryLeases.entry_id).in_(entry_ids))
            renewed = session.execute(statement.values(until=utc_now() + timedelta(seconds=LEASE_S)))
            return int(renewed.rowcount)  # type: ignore[attr-defined]

    # Agreement

    @cached_until_write
    def agreement(self, project_id: str) -> Agreement:
        """Return how far the two reviewers of the same entries agree."""
        with self._db.reading() as session:
            return agreement.of_reviewers(agreement.double_reviews(session, project_id))

    @cached_until_write
    def model_accuracy(self, project_id: str) -> tuple[ModelAccuracy, ...]:
        """Return each model's VQA accuracy against the answers of people, best first."""
        with self._db.reading() as session:
            return tuple(agreement.of_models(agreement.answers(session, project_id)))


def _next_entries(
    session: Session, project_id: str, entry_filter: EntryFilter, actor: str, limit: int, after: str | None
) -> queries.EntryPage:
    """Return the next page of a queue with the honeypots that were made for it."""
    anchor = anchor_of(session, after)
    page = queries.find_entries(session, project_id, entry_filter, limit=limit, after=anchor, not_skipped_by=actor)
    mixing = mixing_of(session, project_id, entry_filter, actor)
    if mixing is None:
        return page
    return mixed(session, page, waiting(session, mixing), actor, limit=limit, anchor=anchor, after=after)


def _add_honeypots(
    session: Session, project_id: str, entry_filter: EntryFilter, actor: str, limit: int, after: str | None
) -> None:
    mixing = mixing_of(session, project_id, entry_filter, actor)
    if mixing is not None:
        anchor = anchor_of(session, after)
        page = queries.find_entries(session, project_id, entry_filter, limit=limit, after=anchor, not_skipped_by=actor)
        add(session, mixing, page.items)


def _name(name: str, what: str) -> str:
    name = tidy_name(name)
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise InvalidInputError(f"Give {what} a name of at most {MAX_NAME_CHARS} characters.", field="name")
    return name


def _view(session: Session, project_id: str, name: str) -> SavedViews | None:
    query = select(SavedViews).where(SavedViews.project_id == project_id, SavedViews.name == name)
    return session.exec(query).first()


def _rename(session: Session, view: SavedViews, name: str) -> None:
    """Give a view a name that no other one of its project has."""
    other = _view(session, view.project_id, name)
    if other is not None and other.id != view.id:
        raise InvalidInputError(f"There is a view called {name}. Choose another name.", field="name")
    was, view.name = view.name, name
    session.add(view)
    audit.record(session, "view.rename", view, was=was)


def _lease(session: Session, project_id: str, actor: str, entry_ids: Sequence[str]) -> None:
    """Lease these entries to *actor*, and delete the project's expired leases."""
    now = utc_now()
    expired = (col(EntryLeases.project_id) == project_id, col(EntryLeases.until) < now)
    session.execute(delete(EntryLeases).where(*expired))
    session.execute(delete(EntryLeases).where(col(EntryLeases.entry_id).in_(entry_ids)))
    until = now + timedelta(seconds=LEASE_S)
    session.add_all(
        EntryLeases(entry_id=entry_id, project_id=project_id, holder=actor, until=until) for entry_id in entry_ids
    )
