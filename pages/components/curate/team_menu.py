"""How a project's entries are handed out to the people who review them."""

import streamlit as st

from core.dataset import EntryFilter
from core.dataset.collaboration import HANDINGS, Plan
from core.errors import VitrineError
from pages.components.shared import page

_WORDS = {
    "all": "Everybody gets everything",
    "shared": "Nobody gets what another has",
    "divided": "Each person gets a part",
}
_SAID = "handing-said"


def menu(project_id: str, actor: str) -> None:
    """Draw the menu in which a team says how it works."""
    with st.popover("Team", icon=":material/group:", key="handing", on_change="rerun") as opened:
        if not opened.open:
            return
        plan = page.services().dataset.review_plan(project_id)
        with st.form("handing-form", border=False):
            st.radio(
                "Entries to review", HANDINGS, index=HANDINGS.index(plan.handing), format_func=_WORDS.__getitem__,
                key="handing-way",
            )  # fmt: skip
            st.text_input(
                "People, with commas between", ", ".join(plan.people), key="handing-people",
                help="Each gets an even part of the images, with all entries of an image. Others get everything.",
            )  # fmt: skip
            st.number_input(
                "Seen by two, % of the images", 0, 100, plan.second_percent, step=5, key="handing-second",
                help="What one person decided there waits for a second one; Explore shows how far they agree.",
            )  # fmt: skip
            st.form_submit_button("Save", key="handing-save", on_click=_save, args=(project_id,))
        if said := st.session_state.pop(_SAID, None):
            st.text(said)
        if plan.second_percent:
            waiting = EntryFilter().with_term("second", actor)
            count = page.services().dataset.count_entries(project_id, waiting)
            page.link("curate", f"Second readings for you: {count:,}", icon="group", q=str(waiting))


def hint(plan: Plan, actor: str) -> None:
    """Say what a person without a name misses."""
    if actor == "local" and (plan.handing != "all" or plan.second_percent):
        st.caption("This project is reviewed by several people. Give your name above to get your own entries.")


def _save(project_id: str) -> None:
    state = st.session_state
    people = [name for name in (state["handing-people"] or "").split(",") if name.strip()]
    try:
        page.services().dataset.set_review_plan(
            project_id, state["handing-way"], people, int(state["handing-second"] or 0)
        )
        state[_SAID] = "Saved."
    except VitrineError as error:
        state[_SAID] = str(error)
