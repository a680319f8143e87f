"""What the checks say of the people who review: how often they are right, and what their time brings."""

from core import audit
from core.checks import effort, readers
from core.checks.effort import EffortReport
from core.checks.readers import KnownAnswers
from core.dataset.assignment import unset_assignment
from core.db import Database, cached_until_write


class PeopleChecks:
    """Mixes entries with known answers into the queues of readers, and tells how readers do."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

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
