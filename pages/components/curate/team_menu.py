"""The team menu: how entries are assigned to reviewers, and how many get a second review."""

import streamlit as st

from core.dataset import EntryFilter
from core.dataset.collaboration import ASSIGNMENTS, Plan
from core.errors import VitrineError
from pages.components.shared import numbers, page

_ASSIGNMENT_LABELS = {
    "all": "Everyone reviews everything",
    "shared": "Shared queue: each entry goes to one reviewer at a time",
    "divided": "Divided: each reviewer gets a fixed part",
}
_MESSAGE = "team-message"


def menu(project_id: str, actor: str) -> None:
    """Draw the menu with the review plan of the project."""
    with st.popover("Team", icon=":material/group:", key="team", on_change="rerun") as opened:
        if not opened.open:
            return
        plan = page.services().collaboration.review_plan(project_id)
        if sentence := missing(plan):
            st.warning(sentence)
        with st.form("team-form", border=False):
            st.radio(
                "Assignment of entries", ASSIGNMENTS, index=ASSIGNMENTS.index(plan.assignment),
                format_func=_ASSIGNMENT_LABELS.__getitem__, key="team-assignment",
            )  # fmt: skip
            st.text_input(
                "Reviewers, separated by commas", ", ".join(plan.people), key="team-reviewers",
                help="Each gets a part of the images, by chance, with all their entries: about equal parts of many "
                "images, uneven ones of few. Anyone else gets everything.",
            )  # fmt: skip
            st.number_input(
                "Images with a second review, in %", 0, 100, plan.second_percent, step=5, key="team-second",
                help="Entries decided there wait for a review by a second person. Explore shows how far the two agree.",
            )  # fmt: skip
            st.form_submit_button("Save", key="team-save", on_click=_save, args=(project_id,))
        if message := st.session_state.pop(_MESSAGE, None):
            st.text(message)
        page.link("team", "Guidelines and progress", icon="menu_book", tab="Guidelines")
        if plan.second_percent:
            waiting = EntryFilter().with_term("second", actor)
            count = page.services().entries.count_entries(project_id, waiting)
            page.link("curate", f"Second reviews for you: {numbers.text(count)}", icon="group", q=str(waiting))


def missing(plan: Plan) -> str:
    """Return the sentence about parts of people who may not review any more, "" when there are none."""
    if not plan.missing:
        return ""
    names = ", ".join(map(page.escape, plan.missing))
    part, who_do = ("a part", "who does") if len(plan.missing) == 1 else ("parts", "who do")
    return (
        f"The divided review has {part} for {names}, {who_do} not review this project any more. "
        "Divide it again on Curate, under Team."
    )


def hint(plan: Plan, actor: str) -> None:
    """Ask a person without a name to enter one when the project is reviewed by a team."""
    if actor == "local" and (plan.assignment != "all" or plan.second_percent):
        st.caption("This project is reviewed by several people. Enter your name above to get your entries.")


def _save(project_id: str) -> None:
    state = st.session_state
    people = [name for name in state["team-reviewers"].split(",") if name.strip()]
    try:
        page.services().collaboration.set_review_plan(
            project_id, state["team-assignment"], people, state["team-second"]
        )
        state[_MESSAGE] = "Saved."
    except VitrineError as error:
        state[_MESSAGE] = str(error)
