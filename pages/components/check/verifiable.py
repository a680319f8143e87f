"""The card that says how many answers a program can verify, by which checker."""

import streamlit as st

from core.checks.service import CheckReport
from pages.components.check import card, running
from pages.components.shared import numbers, page
from pages.components.shared.numbers import pluralize

_CHECKERS = {
    "exact": "the same words",
    "number": "the same number",
    "set": "the same labels",
    "json": "the same values",
    "iou": "boxes that overlap",
    "anls": "nearly the same text",
}


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that a new run checks."""
    st.subheader("Verifiable by a program", anchor=False)
    report = page.services().checks.newest(project_id, "verifiable")
    if report is None:
        card.not_run(
            "Which answers can a program mark as right or wrong? Only those can train a model by rewards, "
            "and they compare models without a judge.",
            "Free: no model, no network. 100,000 entries take a few seconds.",
        )
    else:
        _numbers(report)
    if not running.show(project_id, "verifiable"):
        with st.container(horizontal=True, vertical_alignment="center"):
            running.button(project_id, "verifiable", query, is_first=report is None)
            if report is not None and report.result["verifiable"]:
                line = _line(report, "-verifiable:no")
                page.link("export", "Export them", icon="package_2", which=page.EXPORT_ALL, q=line)
            if report is not None and report.result["verifiable"] < report.result["entries"]:
                page.link("explore", "Show the others", icon="search", q=_line(report, "verifiable:no"))


def _numbers(report: CheckReport) -> None:
    result = report.result
    st.metric(
        "Answers that a program can verify", f"{round(result['share'] * 100)} of 100",
        help=f"{numbers.text(result['verifiable'])} of {pluralize(result['entries'], 'entry')}. "
        "Each passes its own checker.",
    )  # fmt: skip
    parts = [(_CHECKERS.get(checker, checker).capitalize(), count) for checker, count in result["checkers"].items()]
    card.bar([*parts, ("By no program", result["entries"] - result["verifiable"])])
    st.caption(page.escape(running.of_when(report)))


def _line(report: CheckReport, term: str) -> str:
    return f"{report.query} {term}".strip()
