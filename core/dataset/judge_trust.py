"""Scores of a judge filter entries only while they are trusted."""

from sqlmodel import Session, col, select

from core.dataset.filters import EntryFilter
from core.db import CheckRuns
from core.errors import InvalidInputError

JUDGE = "judge"
"""Both the search term and the name of the check."""


def require_trusted_judge(session: Session, project_id: str, entry_filter: EntryFilter) -> None:
    """Refuse a filter by the scores of a judge that is not trusted.

    Raises:
        InvalidInputError: the filter has a term ``judge:``, and the newest run was found not to agree with people's
            reviews, or could not be compared with them yet, or there is none.
    """
    if not any(term.field == JUDGE for term in entry_filter.terms):
        return
    newest = (
        select(CheckRuns.result)
        .where(
            CheckRuns.project_id == project_id, CheckRuns.check_name == JUDGE, col(CheckRuns.ended_at).is_not(None)
        )
        .order_by(col(CheckRuns.ended_at).desc())
    )  # fmt: skip
    result = session.exec(newest.limit(1)).first()
    if result is None:
        raise InvalidInputError("judge: finds nothing before a judge has run. Run the check judge first.", field="q")
    trust = result.get("trust")
    trust = trust if isinstance(trust, dict) else {}  # that of an imported project may be anything
    if trust.get("answer") != "yes":
        raise InvalidInputError(
            f"judge: cannot be used, because the judge is not trusted ({trust.get('answer', 'not yet')}: "
            f"{trust.get('sentence', 'it was not compared with reviews')}). "
            "Review more of the entries that it judged, or run it again.",
            field="q",
        )
