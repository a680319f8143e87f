"""The card that tells how often readers are right, by entries with known answers in their queues."""

import pandas as pd
import streamlit as st

from core.checks.readers import USUAL_PERCENT, KnownAnswers, ReaderAccuracy
from pages.components.check import card
from pages.components.shared import numbers, page, people
from pages.components.shared.numbers import pluralize

_SAVED = "known-saved"


def show(project_id: str, query: str) -> None:
    """Draw the card; it is about the whole project, so *query* changes nothing."""
    st.subheader("How often reviewers are right", anchor=False)
    found = page.services().checks.people.known_answers(project_id)
    if found.readers:
        _numbers(found.readers)
    else:
        card.not_run(
            "A few entries with known answers, mixed into each reviewer's queue, tell how often the reviewer is right.",
            "They are shown like any other entry, and decisions on them change nothing. Numbers come the day after.",
        )
    _form(project_id, found)


def _numbers(readers: tuple[ReaderAccuracy, ...]) -> None:
    right, decided = sum(one.right for one in readers), sum(one.decided for one in readers)
    st.metric(
        "Known answers decided correctly", f"{round(100 * right / decided)} of 100",
        help=f"{numbers.text(right)} of {numbers.text(decided)}, by {pluralize(len(readers), 'reader')}.",
    )  # fmt: skip
    rows = [
        {
            "Reader": people.shown(one.reader), "Known answers": one.decided, "Right": one.share * 100,
            "From": one.interval[0] * 100, "To": one.interval[1] * 100,
        }
        for one in readers
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="known-readers",
        column_config={
            "Right": st.column_config.ProgressColumn(format=numbers.percent_format(), min_value=0, max_value=100),
            **numbers.percents("From", "To"), **numbers.counts("Known answers"),
        },
    )  # fmt: skip
    st.caption(
        f"The true share lies between From and To with {numbers.percent(0.95)} confidence. Today's decisions count "
        "from tomorrow on."
    )


def _form(project_id: str, found: KnownAnswers) -> None:
    with st.form("known-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        percent = st.number_input(
            "Known answers in a queue, in %", 0.0, 20.0, found.percent, 1.0, format="%g", key="known-percent",
            width=220,
            help=f"0 turns it off; {USUAL_PERCENT:g} is usual. Known are entries that two people judged alike.",
        )  # fmt: skip
        line = st.text_input(
            "Entries you know to be right", found.query, key="known-query", width=220, placeholder="tag:gold",
            help="A search line. Confirmed entries that it finds count as known, too.",
        )  # fmt: skip
        if st.form_submit_button("Save", key="known-save"):
            with page.show_errors():
                page.services().checks.people.set_known_answers(project_id, percent, line)
                st.session_state[_SAVED] = True
                st.rerun()
    if st.session_state.pop(_SAVED, False):
        st.text("Saved.")
    if found.percent and not found.known:
        st.caption("No answer is known yet: let a second person review some entries, or name entries that you know.")
    elif found.percent:
        st.caption(f"{pluralize(found.known, 'known answer')} to draw from.")
