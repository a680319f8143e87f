"""What the checks say of the people who review: how often they are right, and what their time brings."""

from datetime import date

from core import audit
from core.checks import effort, progress, readers
from core.checks.effort import EffortReport
from core.checks.progress import PersonProgress, Queues
from core.checks.readers import KnownAnswers
from core.dataset import CollaborationService, EntryFilter, MessageService
from core.dataset.assignment import unset_assignment
from core.db import Database, cached_until_write, utc_now


class PeopleChecks:
    """Mixes entries with known answers into the queues of readers, and tells how readers do."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._collaboration = CollaborationService(db_session)
        self._messages = MessageService(db_session)

    def known_answers(self, project_id: str) -> KnownAnswers:
        """Return whether honeypots are mixed into the queues of readers, and how often each reader was right on them.

        A honeypot is an entry with a known answer, shown like any other. Decisions count from the next day (UTC) on, so
        that nobody can tell by the numbers which entry was one.
        """
        with self._db.reading() as session:
            return readers.known_answers(session, project_id)

    def set_known_answers(self, project_id: str, percent: float, query: str = "") -> None:
        """Mix entries with known answers into the queues of readers.

        Known are entries that two people judged alike, and the confirmed ones of *query*. What a reader decides on
        them changes no entry.

        Args:
            percent: of each reader's queue, 0 (off) to 20; 3 is usual.
            query: the search line of entries that you know to be right, such as ``tag:gold``.

        Raises:
            InvalidInputError: the share is out of range, or the search line cannot be read.
        """
        with self._db.transaction() as session:
            readers.set_known_answers(session, project_id, percent, query, unset_assignment(self._db.settings))
            audit.record(session, "plan.change", project_id=project_id, known_answers_percent=str(percent))

    @cached_until_write
    def effort(self, project_id: str) -> EffortReport:
        """Return what an accepted answer costs in money and in time of review, by model, kind and person.

        Gaps of more than two minutes between two decisions of a person are pauses, and bulk actions take no time.
        """
        with self._db.reading() as session:
            return effort.effort(session, project_id)

    def progress(self, project_id: str) -> tuple[PersonProgress, ...]:
        """Return how far people are with the review, how fast, and how far others agree with them, by name.

        Numbers are those of the moment, but for the pace (of the last 30 days) and for known answers (until yesterday).
        """
        return self._progress(project_id, None, utc_now().date())

    def progress_of(self, project_id: str, person: str) -> PersonProgress:
        """Return the same of one person, also when they have decided nothing."""
        return self._progress(project_id, person, utc_now().date())[0]

    @cached_until_write
    def _progress(self, project_id: str, person: str | None, _day: date) -> tuple[PersonProgress, ...]:
        with self._db.reading() as session:
            people = [person] if person is not None else progress.reviewers(session, project_id)
        queues = {name: self._queues(project_id, name) for name in people}
        with self._db.reading() as session:
            return tuple(progress.progress(session, project_id, queues, utc_now(), only=person))

    def _queues(self, project_id: str, person: str) -> Queues:
        needs_second = self._collaboration.review_plan(project_id).second_percent > 0
        seconds = EntryFilter().with_term("second", person)
        return Queues(
            self._collaboration.count_queue(project_id, EntryFilter(), person),
            self._messages.count_open(project_id, person),
            self._collaboration.count_queue(project_id, seconds, person) if needs_second else 0,
        )
