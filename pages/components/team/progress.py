"""How far each person is with the review, how fast, and how far others agree with them."""

from typing import Any

import streamlit as st

from core.checks.progress import PACE_DAYS, PersonProgress
from pages.components.shared import moment, page, people


def show(project_id: str) -> None:
    """Draw one row for each person who reviews the project."""
    found = page.services().checks.people.progress(project_id)
    if not found:
        st.caption("Nobody has decided anything here yet.")
        return
    st.dataframe([_row(one) for one in found], hide_index=True, key="team-progress", height="content")
    st.caption(
        "Decided: entries whose present decision is theirs; entries with known answers count, too. Waiting: entries in "
        "their queue now; of a shared queue those that nobody else has loaded. "
        f"An hour: acts of review by the time between them in the last {PACE_DAYS} days; gaps of more than two minutes "
        "are pauses, and bulk actions do not count. Second reviews: those of entries that a second person has judged "
        "alike. Known answers: right ones until yesterday (UTC)."
    )


def sentences(own: PersonProgress) -> list[str]:
    """Return the progress of a person as sentences to that person; those without a number are left out."""
    lines = [f"{own.decided:,} decided, {own.waiting:,} waiting"]
    if own.second_waiting:
        lines.append(f"{own.second_waiting:,} second reviews waiting")
    if own.per_hour is not None:
        lines.append(f"{own.per_hour:,.0f} an hour in the last {PACE_DAYS} days, without pauses of over two minutes")
    if own.compared:
        lines.append(f"{own.alike:,} of {own.compared:,} judged alike by a second person")
    if own.known is not None:
        lines.append(f"{own.known.right:,} of {own.known.decided:,} known answers right until yesterday")
    return lines


def _row(one: PersonProgress) -> dict[str, Any]:
    return {
        "Person": people.shown(one.person),
        "Decided": one.decided,
        "Waiting": one.waiting,
        "Sent back": one.sent_back,
        "An hour": "" if one.per_hour is None else f"{one.per_hour:,.0f}",
        "Second reviews": f"{one.alike:,} of {one.compared:,} alike" if one.compared else "",
        "Known answers": f"{one.known.right:,} of {one.known.decided:,} right" if one.known else "",
        "Last decision": moment.text(one.last_at) if one.last_at else "",
    }
