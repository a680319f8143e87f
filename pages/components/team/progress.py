"""How far each person is with the review, how fast, and how far others agree with them."""

from typing import Any

import streamlit as st

from core.checks.progress import PACE_DAYS, PersonProgress
from pages.components.shared import moment, numbers, page, people, refreshed

_REFRESH_S = 60.0


def show(project_id: str) -> None:
    """Draw one row for each person who reviews the project, each minute anew."""
    refreshed.show(lambda: _draw(project_id), every_s=_REFRESH_S)


def _draw(project_id: str) -> None:
    found = page.services().checks.people.progress(project_id)
    if not found:
        st.caption("Nobody has decided anything here yet.")
        return
    st.dataframe(
        [_row(one) for one in found],
        hide_index=True,
        key="team-progress",
        placeholder="",
        height="content",
        column_config=numbers.counts("Decided", "Waiting", "Sent back", "An hour")
        | numbers.words("Second reviews", "Known answers"),
    )
    st.caption(
        "Decided: entries whose present decision is theirs; entries with known answers count, too. Waiting: entries in "
        "their queue now; of a shared queue those that nobody else has loaded. "
        f"An hour: acts of review by the time between them in the last {PACE_DAYS} days; gaps of more than two minutes "
        "are pauses, and bulk actions do not count. Second reviews: of the entries that two people have judged, those "
        "that both judged alike. Known answers: right ones until yesterday (UTC)."
    )


def sentences(own: PersonProgress) -> list[str]:
    """Return the progress of a person as sentences to that person; those without a number are left out."""
    lines = [f"{numbers.text(own.decided)} decided, {numbers.text(own.waiting)} waiting"]
    if own.per_hour is not None:
        lines.append(
            f"{numbers.text(own.per_hour)} an hour in the last {PACE_DAYS} days, without pauses of over two minutes"
        )
    if own.compared:
        lines.append(f"{numbers.text(own.alike)} of {numbers.text(own.compared)} judged alike by a second person")
    if own.known is not None:
        lines.append(
            f"{numbers.text(own.known.right)} of {numbers.text(own.known.decided)} known answers right until yesterday"
        )
    return lines


def _row(one: PersonProgress) -> dict[str, Any]:
    return {
        "Person": people.shown(one.person),
        "Decided": one.decided,
        "Waiting": one.waiting,
        "Sent back": one.sent_back,
        "An hour": None if one.per_hour is None else round(one.per_hour),
        "Second reviews": f"{numbers.text(one.alike)} of {numbers.text(one.compared)} alike" if one.compared else "",
        "Known answers": f"{numbers.text(one.known.right)} of {numbers.text(one.known.decided)} right"
        if one.known
        else "",
        "Last decision": moment.ago(one.last_at) if one.last_at else "",
    }
