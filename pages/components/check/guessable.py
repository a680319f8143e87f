"""The card that says how many answers can be guessed without the image, and which questions give them away."""

from typing import Any

import pandas as pd
import streamlit as st

from core.checks.guess.report import GROUPS
from core.checks.service import CheckReport
from pages.components.check import card, running
from pages.components.shared import answer_form, numbers, page
from pages.components.shared.numbers import pluralize

_FIELDS = {"kind": "Kind", "language": "Language", "model": "Answered by"}
_SHOWN_PATTERNS = 5


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that a new run checks."""
    st.subheader("Guessable without the image", anchor=False)
    report = page.services().checks.newest(project_id, "guessable")
    if report is None:
        card.not_run(
            "How many answers can be guessed from the words of the question? "
            "A model trained on them learns to guess instead of looking.",
            "Free: no model, no network. 10,000 entries take a few seconds.",
        )
    else:
        _numbers(report)
    if not running.show(project_id, "guessable"):
        with st.container(horizontal=True, vertical_alignment="center"):
            running.button(project_id, "guessable", query, is_first=report is None)
            if report is not None and report.result["guessed"]:
                _link("Show them", report, "guessable:yes")
    if report is not None:
        with st.expander("By kind, language and model"):
            _groups(report.result)
        with st.expander("How it is computed"):
            _method(report)


def _numbers(report: CheckReport) -> None:
    result = report.result
    low, high = result["interval"]
    st.metric(
        "Answers guessed from the question alone",
        f"{round(result['share'] * 100)} of 100",
        f"{round(result['majority']['share'] * 100)} of 100 by always answering "
        f"“{page.escape(answer_form.readable_answer(result['majority']['answer'])) or 'nothing'}”",
        delta_color="off", delta_arrow="off",
        help=f"{numbers.text(result['guessed'])} of {pluralize(result['entries'], 'entry')}; "
        f"between {numbers.percent(low)} and {numbers.percent(high)} with {numbers.percent(0.95)} confidence.",
    )  # fmt: skip
    card.bar([("Guessed", result["share"]), ("Not guessed", 1 - result["share"])])
    for pattern in result["patterns"][:_SHOWN_PATTERNS]:
        answer = page.escape(answer_form.readable_answer(pattern["answer"]))
        st.markdown(
            f"{numbers.percent(pattern['share']).capitalize()} of *{page.escape(pattern['text'])}* are **{answer}** "
            f"({pluralize(pattern['entries'], 'entry')})"
        )
    st.caption(page.escape(running.of_when(report)))


def _groups(result: dict[str, Any]) -> None:
    for name in GROUPS:
        rows = [
            {
                _FIELDS[name]: row["value"] or ("A person" if name == "model" else "none"),
                "Entries": row["entries"],
                "Guessed": row["share"] * 100,
                "Most frequent answer": row["majority"]["share"] * 100,
            }
            for row in result["groups"][name]
        ]
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, key=f"guessable-{name}",
            column_config=numbers.percents("Guessed", "Most frequent answer") | numbers.counts("Entries"),
        )  # fmt: skip


def _method(report: CheckReport) -> None:
    st.markdown(
        "Each answer is guessed from its question by what the questions about *other* images teach: images are dealt "
        "into five parts, and four of them teach how the fifth is answered. Near-duplicates, variants and pages of one "
        "PDF are in one part, so an image never teaches about itself. The guesser combines how often each answer "
        "follows a beginning or an end of a question with a linear classifier on the words. It knows no image, so "
        "what it guesses a model can learn without looking. Better guessers exist: read the number as *at least*."
    )
    if long := report.result["long_answers"]:
        st.caption(
            f"{pluralize(long, 'answer')} of more than 8 words {'counts' if long == 1 else 'count'} as not guessed "
            "unless they are equal word for word, so for them the number says little."
        )


def _link(label: str, report: CheckReport, term: str) -> None:
    page.link("explore", label, icon="search", q=f"{report.query} {term}".strip())
