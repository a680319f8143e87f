"""The card that says whether several answers of models agree with each other and with the stored answer."""

import pandas as pd
import streamlit as st

from core.checks.service import CheckReport
from pages.components.check import asking, card, running
from pages.components.shared import numbers, page

_CHECK = "consensus"
_METHOD = (
    "One model is asked five times, or several models once each. Answers that mean the same are one group: numbers, "
    "labels and JSON by value, texts by WordLlama vectors (cosine of at least 0.5), unless they differ in a number, a "
    "color, a side or a “not”. The doubt of an entry is the entropy of its groups, 0 when all answers mean the same, "
    "100 when no two do (semantic entropy, Farquhar et al. 2024). A model can be sure and wrong: the doubt says how "
    "far models agree, not who is right. The vectors know English best."
)


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that a new run asks about."""
    st.subheader("Do models agree?", anchor=False)
    report = page.services().checks.newest(project_id, _CHECK)
    if report is None:
        card.not_run(
            "Where several answers of models contradict each other, or all of them the stored one, "
            "a person should look.",
            "Asks one model five times, or several models once, about each of 200 entries. The cost is shown first.",
        )
    else:
        _numbers(report)
    if not running.show(project_id, _CHECK):
        with st.container(horizontal=True, vertical_alignment="center"):
            asking.button(project_id, _CHECK, query, is_first=report is None, several=True)
            if report is not None and report.result["agreed"] < report.result["entries"]:
                page.link("explore", "Another answer", icon="search", q="consensus:no")
            if report is not None and report.result["doubtful"]:
                page.link("explore", "In doubt", icon="search", q="doubt:>50")
    if report is not None:
        with st.expander("By kind of question"):
            _kinds(report)
        with st.expander("How it is computed"):
            st.markdown(_METHOD)


def _numbers(report: CheckReport) -> None:
    result = report.result
    low, high = result["interval"]
    st.metric(
        "Stored answers that models agree with", f"{round(result['share'] * 100)} of 100",
        f"between {round(low * 100)} and {round(high * 100)}", delta_color="off", delta_arrow="off",
        help=f"{numbers.text(result['agreed'])} of {numbers.text(result['entries'])}: the stored answer is the "
        f"most frequent one, or one of them. The range has {numbers.percent(0.95)} confidence.",
    )  # fmt: skip
    rest = result["entries"] - result["agreed"] - result["sure_of_another"]
    card.bar([("The stored answer", result["agreed"]), ("Another one", result["sure_of_another"]), ("Unclear", rest)])
    st.caption(page.escape(asking.of_what(report)))


def _kinds(report: CheckReport) -> None:
    rows = [
        {
            "Kind": row["value"] or "none", "Entries": row["entries"], "Agreed": row["share"] * 100,
            "Mean doubt": row["doubt"] * 100,
        }
        for row in report.result["kinds"]
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="consensus-kinds",
        column_config=numbers.percents("Agreed", "Mean doubt") | numbers.counts("Entries"),
    )  # fmt: skip
