"""A person's own review: what waits for them, their pace, and how far others agree."""

import streamlit as st

from core.dataset import EntryFilter
from pages.components.curate import sent_back
from pages.components.shared import numbers, page
from pages.components.team import progress


def menu(project_id: str, person: str) -> None:
    """Draw it behind a button; nothing for somebody without a name."""
    if person == "local":
        return
    with st.popover("Your review", icon=":material/monitoring:", key="own-review", on_change="rerun") as opened:
        if opened.open:
            _sentences(project_id, person)


def cell(project_id: str, person: str) -> None:
    """Draw it in a frame, for somebody who has decided something or has something to decide."""
    own = page.services().checks.people.progress_of(project_id, person)
    if own.total or own.sent_back or own.second_waiting:
        with st.container(border=True, key="own-progress"):
            st.caption("Your review")
            _sentences(project_id, person)
            sent_back.link(project_id, person)


def _sentences(project_id: str, person: str) -> None:
    own = page.services().checks.people.progress_of(project_id, person)
    for line in progress.sentences(own):
        st.text(line)
    if own.second_waiting:
        queue = str(EntryFilter().with_term("second", person))
        page.link("curate", f"Second reviews for you: {numbers.text(own.second_waiting)}", icon="group", q=queue)
