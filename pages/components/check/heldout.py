"""The card that says what of the project is in a test set, and leaves it out of exports."""

import streamlit as st

from core.checks.service import CheckReport
from core.dataset import parse_search
from core.dataset.values import LEAVE_OUT
from pages.components.check import card
from pages.components.shared import moment, numbers, page, reviewer_name, undo
from pages.components.shared.numbers import pluralize

_LAST = "heldout-batch"
_LINE = "heldout:yes"


def show(project_id: str, query: str) -> None:
    """Draw the card; a comparison is about the whole project, whatever *query* is."""
    st.subheader("Not in the test set", anchor=False)
    _offer_undo(project_id)
    report = page.services().checks.newest(project_id, "heldout")
    if report is None:
        card.not_run(
            "Are images or questions of this project in the test set that a model will be measured on? Then the "
            "result is worth nothing. The test set is only compared, not imported.",
            "Free: no model, no network. 1,000 images take about a minute.",
        )
    else:
        _numbers(project_id, report)
    page.link("images", "Compare with a test set", icon="compare", **{"as": "In a test set"})


def _numbers(project_id: str, report: CheckReport) -> None:
    result = report.result
    st.metric(
        f"Images that are also in {page.escape(result['set'])}", numbers.text(result['images']),
        help=f"Compared with {pluralize(result['compared']['images'], 'image')} and "
        f"{pluralize(result['compared']['questions'], 'question')} there.",
    )  # fmt: skip
    total = page.services().entries.count_entries(project_id, parse_search("-is:rejected"))
    card.bar([
        ("Image and question there", result["both"]), ("Only the image", result["image"]),
        ("Only the question", result["question"]), ("Not there", max(total - result["entries"], 0)),
    ])  # fmt: skip
    st.caption(f"Of {moment.text(report.ended_at)}, all entries.")
    line = f"{_LINE} -tag:{LEAVE_OUT}"
    waiting = page.services().entries.count_entries(project_id, parse_search(line))
    with st.container(horizontal=True, vertical_alignment="center"):
        if waiting:
            if st.button(
                f"Leave {pluralize(waiting, 'entry')} out of exports", icon=":material/block:", key="heldout-leave-out",
                help=f"Tags them {LEAVE_OUT}; nothing is deleted.",
            ):  # fmt: skip
                done = page.services().review.bulk(
                    project_id, parse_search(line), "tag", LEAVE_OUT, actor=reviewer_name.name()
                )
                st.session_state[_LAST] = (project_id, done.batch_id, done.changed)
                st.rerun()
        elif result["both"] + result["image"]:
            st.caption("Exports leave out what is in the test set.")
        if result["entries"]:
            page.link("explore", "Show them", icon="search", q=_LINE)


def _offer_undo(project_id: str) -> None:
    last = st.session_state.get(_LAST)
    if last is None or last[0] != project_id:
        return
    _, batch_id, changed = last
    if undo.offer(f"{pluralize(changed, 'entry')} left out of exports.", "heldout"):
        page.services().review.undo(project_id, batch_id=batch_id, actor=reviewer_name.name())
        del st.session_state[_LAST]
        st.rerun()
