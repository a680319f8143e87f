"""The card of the judge: its scores, whether they may be trusted, and its rubric."""

from typing import Any

import pandas as pd
import streamlit as st

from core.checks.judging.rubric import DEFAULT, MAX_LINE_CHARS, MAX_LINES
from core.checks.service import CheckReport
from pages.components.check import asking, card, running
from pages.components.shared import numbers, page
from pages.components.shared.numbers import pluralize

_TRUST = {"yes": "Yes", "no": "No", "not yet": "Not yet"}
_BIASES = {
    "length": "Likes long answers", "position": "Likes what stands first or last",
    "one score": "Always the same score", "own answers": "Likes answers of its own model",
}  # fmt: skip
_FOUND = {True: "Found", False: "Not found", None: "Too little to tell"}
_METHOD = (
    "A model sees each image with question and answer, and gives each line of the rubric a score from 1 to 5 with a "
    "reason. It is also asked about entries that you reviewed, one at a time; bulk actions do not count. "
    "*Agrees in 80 of 100* means: of 100 pairs of a confirmed and a rejected entry, it scores the confirmed one higher "
    "in 80. Some entries are asked about twice, with the lines in reversed order. Until the judge is trusted, "
    "`judge:<3` finds nothing and says why."
)


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that a new run asks about."""
    st.subheader("A judge with your rubric", anchor=False)
    report = page.services().checks.newest(project_id, "judge")
    if report is None:
        card.not_run(
            "A model scores every entry along three to five lines that you write. "
            "Its scores can filter entries once they agree with your reviews.",
            "Asks a model once about each entry and about 100 that you reviewed. The cost is shown first.",
        )
    else:
        _numbers(report)
    rubric = _rubric(report)
    if not running.show(project_id, "judge"):
        with st.container(horizontal=True, vertical_alignment="center"):
            asking.button(project_id, "judge", query, is_first=report is None, rubric=rubric)
            if report is not None:
                _compare(project_id, "judge")
                if report.result["trust"]["answer"] == "yes":
                    page.link("explore", "Low scores", icon="search", q=f"{report.query} judge:<3".strip())
    if report is not None:
        details(report, _METHOD)


def show_ratings(project_id: str, query: str) -> None:
    """Draw the card of FineVision's four ratings."""
    st.subheader("FineVision's ratings", anchor=False)
    report = page.services().checks.newest(project_id, "ratings")
    if report is None:
        card.not_run(
            "A model rates relevance, need of the image, fit to the image and form of every entry, from 1 to 5. "
            "The FineVision export carries the ratings.",
            "Asks a model once about each entry and about 100 that you reviewed. The cost is shown first.",
        )
    else:
        _numbers(report)
    if not running.show(project_id, "ratings"):
        with st.container(horizontal=True, vertical_alignment="center"):
            asking.button(project_id, "ratings", query, is_first=report is None)
            if report is not None:
                _compare(project_id, "ratings")
    if report is not None:
        details(report, "")


def _numbers(report: CheckReport) -> None:
    result = report.result
    word = _TRUST[result["trust"]["answer"]]
    st.metric("Mean score, 1 to 5", numbers.text(result["mean"], 1), help=pluralize(result["entries"], "entry"))
    card.bar([(f"Score {score}:", result["scores"][str(score)]) for score in (5, 4, 3, 2, 1)])
    st.markdown(f"May it be trusted? **{word}**: {page.escape(result['trust']['sentence'])}.", help=_interval(result))
    st.caption(page.escape(asking.of_what(report)))


def _interval(result: dict[str, Any]) -> str | None:
    agreement = result["trust"]["agreement"]
    if agreement["low"] is None:
        return None
    alpha = (
        ""
        if agreement["alpha"] is None
        else f" Krippendorff's alpha of the verdicts: {numbers.text(agreement['alpha'], 2)}."
    )
    return (
        f"Between {round(agreement['low'] * 100)} and {round(agreement['high'] * 100)} of 100 "
        f"({numbers.percent(0.95)} confidence), from {pluralize(agreement['reviewed'], 'reviewed entry')}. "
        f"It confirms and rejects as you do in {agreement['same_verdicts']} of {agreement['verdicts']}.{alpha}"
    )


def _rubric(report: CheckReport | None) -> list[str]:
    lines = [line["text"] for line in report.result["lines"]] if report is not None else list(DEFAULT)
    with st.expander("The rubric"):
        text = st.text_area(
            "Lines", "\n".join(lines), key="judge-rubric", height=140, max_chars=MAX_LINES * MAX_LINE_CHARS,
            help="Three to five lines, each a statement that is true of a good entry.",
        )  # fmt: skip
    return [line.strip() for line in text.splitlines() if line.strip()]


def _compare(project_id: str, check: str) -> None:
    if st.button(
        "Compare again", icon=":material/compare:", key=f"compare-{check}",
        help="With what you reviewed since. Asks no model.",
    ):  # fmt: skip
        with page.show_errors():
            page.services().checks.compare_again(project_id, check)
            st.rerun()


def details(report: CheckReport, method: str) -> None:
    """Draw the lines of the rubric, the biases that were looked for, and how all of it is computed."""
    result = report.result
    with st.expander("By line, and known biases"):
        rows = [
            {
                "Line": line["text"], "Mean": round(line["mean"], 1),
                "Agrees": None if line["agreement"] is None else f"{round(line['agreement'] * 100)} of 100",
            }
            for line in result["lines"]
        ]  # fmt: skip
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, key=f"{report.check}-lines", column_config=numbers.words("Agrees")
        )
        st.dataframe(
            pd.DataFrame([
                {"Bias": _BIASES[bias["name"]], "Result": _FOUND[bias["found"]], "Entries": bias["entries"]}
                for bias in result["trust"]["biases"]
            ]),
            hide_index=True, key=f"{report.check}-biases", column_config=numbers.counts("Entries"),
        )  # fmt: skip
    if method:
        with st.expander("How it is computed"):
            st.markdown(method)
