"""The card that drafts twins: the same questions about similar images, with other answers."""

import streamlit as st

from core.checks.service import CheckReport
from core.checks.twins.service import TwinEstimate
from core.errors import VitrineError
from core.llm import session_keys
from pages.components.check import card, running
from pages.components.shared import model_picker, numbers, page
from pages.components.shared.numbers import pluralize

_MOST = 200


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that get twins."""
    st.subheader("Draft twins", anchor=False)
    report = page.services().checks.newest(project_id, "twins")
    if report is None or not report.result["twins"]:
        card.not_run(
            "Would the answer differ for another image? The same question is asked about a similar image, and both "
            "are kept when the answers differ. Nobody can guess both.",
            "Free with offline/see. Another model takes one to three calls a question. The cost is shown first.",
        )
    else:
        _numbers(report)
    if running.show(project_id, "twins"):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.services().checks.newest(project_id, "guessable") is None:
            st.caption("First check how many answers can be guessed.")
        elif st.button("Draft twins", icon=":material/compare:", key="twins-open"):
            _dialog(project_id, query)
        if report is not None and report.result["twins"]:
            page.link("curate", "Review them", icon="rate_review", q="tag:twin")
            page.link("explore", "Show them", icon="search", q="tag:twin")


def _numbers(report: CheckReport) -> None:
    result = report.result
    before, after = st.columns(2)
    for column, label, values in ((before, "Before", result["before"]), (after, "Now", result["after"])):
        column.metric(
            label, f"{round(values['share'] * 100)} of 100", numbers.pluralize(values["entries"], "entry"),
            delta_color="off", delta_arrow="off", help="Answers guessed from the question alone",
        )  # fmt: skip
    card.bar([("With a twin", result["with_twin"]), ("Without", result["questions"] - result["with_twin"])])
    st.caption(page.escape(running.of_when(report)))


@st.dialog("Draft twins")
def _dialog(project_id: str, query: str) -> None:
    st.text(
        "Answers that are guessed best come first. Similar images are asked in turn until the answer differs; "
        "images in which the same answer was found are left out."
    )
    choice = model_picker.show("twins")
    most = st.number_input("Questions at most", 1, 20_000, _MOST, key="twins-most")
    tries = st.slider("Images asked for each question at most", 1, 24, 3, key="twins-tries")
    config = {"query": query, "max_twins": int(most), "tries": tries, "llm_config": choice.config}
    try:
        with st.spinner("Looking for similar images"):
            estimate = page.services().twins.estimate(project_id, config)
    except VitrineError as error:
        st.info(page.escape(str(error)), icon=":material/info:")
        page.link("images", "Analyze images", icon="frame_inspect")
        return
    st.text(_cost(estimate))
    cap = None
    if estimate.cost_high != 0:
        cap = st.number_input(
            "Cost cap, in US dollars", min_value=0.01, value=None, placeholder="No cap", width=170, key="twins-cap"
        )
    label = f"Draft for {pluralize(estimate.questions, 'question')}"
    if st.button(label, type="primary", key="twins-start", disabled=choice.refused):
        task = page.services().tasks.create_task(project_id, "twin-drafting", config, cost_cap=cap)
        if choice.api_key:
            session_keys.register(task.id, choice.api_key, 0)
        page.services().engine.submit(task.id)
        running.follow(project_id, "twins", task.id)


def _cost(estimate: TwinEstimate) -> str:
    calls = (
        pluralize(estimate.calls_high, "call") if estimate.calls_low == estimate.calls_high
        else f"{numbers.text(estimate.calls_low)} to {numbers.text(estimate.calls_high)} calls"
    )  # fmt: skip
    if estimate.cost_low is None or estimate.cost_high is None:
        return f"{calls}, price unknown."
    if estimate.cost_high == 0:
        return f"{calls}, no cost."
    return f"{calls}, about {numbers.dollars(estimate.cost_low)} to {numbers.dollars(estimate.cost_high)}."
