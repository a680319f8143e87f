"""The card that says how many answers a model knows without the image and with it."""

from typing import Any

import pandas as pd
import streamlit as st

from core.checks.service import CheckReport
from pages.components.check import asking, card, running
from pages.components.shared import numbers, page

_CHECK = "second-opinion"


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that a new run asks about."""
    st.subheader("What the image is worth", anchor=False)
    report = page.services().checks.newest(project_id, _CHECK)
    if report is None:
        card.not_run(
            "How many answers does a model know without the image, and how many with it? "
            "The difference is what the image is worth.",
            "Asks a model twice about each of 200 entries. The cost is shown first; built-in models are free.",
        )
    else:
        _numbers(report)
    if not running.show(project_id, _CHECK):
        with st.container(horizontal=True, vertical_alignment="center"):
            asking.button(project_id, _CHECK, query, is_first=report is None)
            if report is not None and report.result["blind"]["right"]:
                page.link("explore", "Known without", icon="search", q="blind:yes")
            if report is not None and _wrong(report.result):
                page.link("explore", "Wrong with it", icon="search", q="seen:no")
    if report is not None:
        with st.expander("By kind of question"):
            _kinds(report.result)
        with st.expander("How it is computed"):
            st.markdown(_METHOD)


_METHOD = (
    "The same entries are asked twice, with the image and without it, and both times the model has to answer. Answers "
    "count as equal as in the VQA challenge, labels in any order, JSON by value; “yes, there is” counts as yes. "
    "Answers of more than 8 words and boxes are left out, since they are hardly ever given in the same words twice. "
    "A model that refuses to guess has not known the answer. Intervals: Wilson for shares, Newcombe for their "
    "difference."
)


def _wrong(result: dict[str, Any]) -> bool:
    return "seen" in result and result["seen"]["right"] < result["entries"]


def _numbers(report: CheckReport) -> None:
    result = report.result
    blind = result["blind"]
    if "worth" in result:
        low, high = result["worth"]["interval"]
        st.metric(
            "More answers known with the image",
            f"{_of_100(result['worth']['share'])} of 100", f"between {_of_100(low)} and {_of_100(high)}",
            delta_color="off", delta_arrow="off",
            help=f"{numbers.text(result['seen']['right'])} with the image, {numbers.text(blind['right'])} without it, "
            f"of {numbers.text(result['entries'])}. The range has {numbers.percent(0.95)} confidence.",
        )  # fmt: skip
        with_it = max(result["seen"]["share"] - blind["share"], 0.0)
        rest = 1 - blind["share"] - with_it
        card.bar([("Known without it", blind["share"]), ("Only with it", with_it), ("Not known", rest)])
    else:
        low, high = blind["interval"]
        st.metric(
            "Answers known without the image", f"{_of_100(blind['share'])} of 100",
            f"between {_of_100(low)} and {_of_100(high)}", delta_color="off", delta_arrow="off",
        )  # fmt: skip
        card.bar([("Known", blind["share"]), ("Not known", 1 - blind["share"])])
    st.caption(page.escape(asking.of_what(report)))


def _of_100(share: float) -> int:
    return round(share * 100)


def _kinds(result: dict[str, Any]) -> None:
    rows = []
    for row in result["kinds"]:
        shown = {"Kind": row["value"] or "none", "Entries": row["entries"]}
        for label, name in (("Without", "blind"), ("With", "seen"), ("Difference", "worth")):
            if name in row:
                low, high = row[name]["interval"]
                shown[label] = f"{_of_100(row[name]['share'])} ({_of_100(low)} to {_of_100(high)})"
        rows.append(shown)
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="second-opinion-kinds",
        column_config=numbers.counts("Entries") | numbers.words("Without", "With", "Difference"),
    )
    st.caption(f"Of 100 answers, with the range that has {numbers.percent(0.95)} confidence.")
