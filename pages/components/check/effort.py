"""The card that tells what an accepted answer costs in money and in time of review."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.checks.effort import MAX_GAP_S, Effort
from pages.components.check import card
from pages.components.shared import numbers, page, people
from pages.components.shared.numbers import pluralize

_GROUPS = {"models": "By model", "kinds": "By kind", "people": "By person"}
_NONE = {"models": "A person", "kinds": "none", "people": "none"}


def show(project_id: str, query: str) -> None:
    """Draw the card; it is about the whole project, so *query* changes nothing."""
    st.subheader("What an accepted answer costs", anchor=False)
    found = page.services().checks.people.effort(project_id)
    if not found.total.accepted:
        card.not_run(
            "How much money and how many seconds of review go into an answer that a person accepts?",
            "Counted from calls and decisions, as soon as the first entry is confirmed.",
        )
        return
    total = found.total
    st.caption(f"Of {pluralize(total.accepted, 'entry')} confirmed up to now.")
    seconds, money = st.columns(2)
    seconds.metric("Time of review for each", _seconds(total), help=f"Of {pluralize(total.timed, 'timed decision')}.")
    money.metric("Model calls for each", _money(total.cost_each), help=f"{_money(total.cost)} in all.")
    if total.unpriced_calls:
        st.caption(f"The price of {pluralize(total.unpriced_calls, 'call')} is not known, so the true cost is higher.")
    chosen = st.segmented_control(
        "Show", list(_GROUPS), default="models", format_func=_GROUPS.__getitem__, key="effort-by", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    _table(getattr(found, chosen), chosen)
    with st.expander("How it is computed"):
        st.markdown(
            f"The time of a decision is that since the decision before it of the same person. A gap of more than "
            f"{MAX_GAP_S / 60:.0f} minutes is a pause and counts as the usual time of the person; bulk actions take no "
            "time. Costs are those of the calls that are stored: by model with questions and failures, by kind only "
            "those that gave the answers. Without every price there is no cost for each answer."
        )


def _table(rows: Sequence[Effort], group: str) -> None:
    table = [
        {
            "": _shown(one.value, group),
            "Accepted": one.accepted,
            "Of": one.entries,
            "Seconds each": one.review_s_each,
            **({} if group == "people" else {"US$ each": one.cost_each, "US$": one.cost}),
            **({} if group == "people" else {"Calls without a price": one.unpriced_calls}),
        }
        for one in rows
    ]
    st.dataframe(
        pd.DataFrame(table), hide_index=True, key=f"effort-{group}", placeholder="",
        column_config={
            "Seconds each": st.column_config.NumberColumn(format="%.1f"),
            "US$ each": st.column_config.NumberColumn(format="%.4f"),
            "US$": st.column_config.NumberColumn(format="%.2f"),
            **numbers.counts("Accepted", "Of", "Calls without a price"),
        },
    )  # fmt: skip


def _shown(value: str, group: str) -> str:
    return people.shown(value) if group == "people" else value or _NONE[group]


def _seconds(total: Effort) -> str:
    return "not timed" if total.review_s_each is None else f"{numbers.text(total.review_s_each)} s"


def _money(amount: float | None) -> str:
    return "not known" if amount is None else f"${numbers.text(amount, 4)}"
