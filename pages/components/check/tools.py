"""The card that says which answers tools support and contradict, and how far their objections can be trusted."""

from typing import Any

import pandas as pd
import streamlit as st

from core.checks.service import CheckReport
from core.checks.tool_opinions.tester import NOT_LOOKED_AT
from pages.components.check import card, running
from pages.components.shared import numbers, page
from pages.components.shared.numbers import pluralize

_TOOLS = {
    "present": "Objects: it is there", "absent": "Objects: it is not there",
    "enough": "Objects: at least as many", "not more": "Objects: at most as many", "place": "Objects: where it is",
    "color": "Colors", "text": "Text that was read", "quote": "Whether a text is there", "pixels": "Measured pixels",
    "schema": "JSON schema",
}  # fmt: skip
_SHOWN_REASONS = 3


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that a new run checks."""
    st.subheader("Opinions of tools", anchor=False)
    report = page.services().checks.newest(project_id, "tools")
    if report is None:
        card.not_run(
            "Which answers do the objects, words and colors found in the images contradict? They come first in the "
            "review queue, with what speaks against them.",
            "Free: no model, no network. Images have to be analyzed for objects and text before.",
        )
    else:
        _numbers(report)
    if not running.show(project_id, "tools"):
        with st.container(horizontal=True, vertical_alignment="center"):
            running.button(project_id, "tools", query, is_first=report is None)
            if report is not None and report.result["contradicts"]:
                page.link("curate", "Review them", icon="checklist", q=_line(report, "tools:contradicts"))
                page.link("explore", "Show them", icon="search", q=_line(report, "tools:contradicts"))
    if report is not None:
        with st.expander("By tool"):
            _tools(report.result)
        with st.expander("How it is computed"):
            _method(report)


def _numbers(report: CheckReport) -> None:
    result = report.result
    if not result["tested"]:
        st.text("No answer could be tested.")
        _reasons(result)
        if any(reason["reason"] == NOT_LOOKED_AT for reason in result["reasons"]):
            page.link("images", "Analyze images", icon="frame_inspect")
        st.caption(page.escape(running.of_when(report)))
        return
    st.metric(
        "Answers that a tool contradicts", numbers.text(result['contradicts']),
        f"of {pluralize(result['tested'], 'answer')} that tools can test",
        delta_color="off", delta_arrow="off",
        help=f"{pluralize(result['entries'], 'entry')} were looked at. An objection is a reason to look, not a proof.",
    )  # fmt: skip
    card.bar([
        ("Contradicted", result["contradicts"]), ("Supported", result["supports"]), ("Cannot say", result["unsure"]),
    ])  # fmt: skip
    if own := result.get("same_tools"):
        st.caption(
            f"{pluralize(own, 'answer')} of offline/see {'agrees' if own == 1 else 'agree'} with the tools that it "
            "uses itself: that proves nothing, so a person has to look."
        )
    st.caption(page.escape(running.of_when(report)))


def _tools(result: dict[str, Any]) -> None:
    rows = [
        {
            "Tool": _TOOLS.get(row["tool"], row["tool"]), "Contradicted": row["contradicts"],
            "Supported": row["supports"], "Cannot say": row["unsure"],
            "Right objections": None if row["precision"] is None else row["precision"] * 100,
            "Known answers": row["right"], "Thresholds": "tuned here" if row["source"] == "confirmed" else "default",
        } for row in result["tools"]
    ]  # fmt: skip
    if not rows:
        st.caption("No tool could test any of these answers.")
        return
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="tools-rows",
        column_config=numbers.percents("Right objections", help="Estimated, if one answer in ten is wrong.")
        | numbers.counts("Contradicted", "Supported", "Cannot say", "Known answers"),
    )


def _method(report: CheckReport) -> None:
    st.markdown(
        "Questions about whether, where, how many, what color and what is written are read, and their answers compared "
        "with what was found in the image. Two thresholds for each tool say when that counts as support and when as "
        "contradiction. With 40 confirmed answers or more of a kind they are tuned on these and the same answers made "
        "wrong, and measured on images that they were not tuned on."
    )
    _reasons(report.result)


def _reasons(result: dict[str, Any]) -> None:
    for reason in result["reasons"][:_SHOWN_REASONS]:
        st.caption(page.escape(f"{pluralize(reason['entries'], 'entry')}: {reason['reason']}"))


def _line(report: CheckReport, term: str) -> str:
    return f"{report.query} {term}".strip()
